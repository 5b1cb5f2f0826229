import type { EnrollmentDraft } from "#enrollment/draft.ts";
import type { KeptFields } from "#token/codec.ts";
import type { Credential } from "#token/credential.ts";
import type { Token } from "#token/token.ts";

/** A draft and the name of its token. */
export interface NamedDraft {
  readonly name: string;
  /** Whether a person chose the name: then it is this one or none. */
  readonly isChosen: boolean;
  readonly draft: EnrollmentDraft<Credential>;
  /** Its fields in the vault of a backup. */
  readonly past?: Partial<Pick<Token, "id">> & KeptFields;
}
