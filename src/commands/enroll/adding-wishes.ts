import type { Holding } from "#token/token.ts";

/** The commands that add drafts. */
export const ADDING_COMMANDS = ["enroll", "import", "restore"] as const;

type AddingCommand = (typeof ADDING_COMMANDS)[number];

/** The command that adds the drafts, and its options. */
export interface AddingWishes {
  readonly by: AddingCommand;
  /** The name that a person gave, who so knows that it is another token. */
  readonly name?: string | undefined;
  /** Whether every token gets a PIN. */
  readonly pin: boolean;
  readonly replace: boolean;
  readonly keepBoth: boolean;
  /** The chip that holds the secrets; absent for the vault. */
  readonly hold?: Holding | undefined;
  /** What tells the tokens that servers are asked for, where that is known: see `keyAtServer`. */
  readonly online?: readonly string[] | undefined;
}
