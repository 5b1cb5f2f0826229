import * as v from "valibot";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import { decodeCredential, encodeCredential, type Token } from "../token/token.ts";
import {
  AccessDomainSchema,
  CleanTextSchema,
  CredentialSchema,
  FormatSchema,
  IdSchema,
  PolicySchema,
  SecretSchema,
  TimeSchema,
} from "../vault/backup.ts";
import type { NamedDraft } from "./enrollment-storing.ts";

/** The longest part, in UTF-16 units of JSON: with what stands around it, it is one line to an agent. */
const MAX_PART = 60_000;

/** What all parts together may have: more than the largest backup. In UTF-16 units. */
const MAX_PARTS = 64 * 1024 * 1024;

const DraftSchema = v.object({
  name: CleanTextSchema,
  isChosen: v.boolean(),
  issuer: CleanTextSchema,
  account: CleanTextSchema,
  serial: CleanTextSchema,
  format: FormatSchema,
  credential: CredentialSchema,
  secret: SecretSchema,
  pin: v.nullable(
    v.variant("type", [
      v.object({ type: v.literal("user"), policy: PolicySchema }),
      v.object({ type: v.literal("server") }),
    ]),
  ),
  past: v.nullable(
    v.object({
      id: v.nullable(IdSchema),
      accessDomain: AccessDomainSchema,
      favorite: v.boolean(),
      enrolledAt: TimeSchema,
    }),
  ),
});

/**
 * Drafts as texts that are short enough for an agent's lines, with their secrets and all that is
 * stored of them. Null where one of them is too long for a line.
 */
export function draftParts(drafts: readonly NamedDraft[]): readonly string[] | null {
  const parts: string[] = [];
  let part = "";
  let length = 0;
  for (const draft of drafts) {
    const line = encodeDraft(draft);
    // as it stands in JSON, with its quotation marks escaped
    const size = JSON.stringify(line).length;
    if (size > MAX_PART) return null;
    if (part !== "" && length + size > MAX_PART) {
      parts.push(part);
      part = "";
      length = 0;
    }
    part += `${line}\n`;
    length += size;
  }
  return part === "" ? parts : [...parts, part];
}

/**
 * Reverses {@link draftParts}: `next` gives one part after the other, and an empty text behind the
 * last. Rejects with FobError `usage` for what no issuer could have given, and for too much.
 */
export async function readDraftParts(next: () => Promise<string>): Promise<NamedDraft[]> {
  const drafts: NamedDraft[] = [];
  let left = MAX_PARTS;
  for (let part = await next(); part !== ""; part = await next()) {
    left -= part.length;
    if (left < 0) throw new FobError("usage", t("the request holds too many tokens"));
    for (const line of part.split("\n")) if (line !== "") drafts.push(decodeDraft(line));
  }
  return drafts;
}

function encodeDraft({ name, isChosen, draft, past }: NamedDraft): string {
  const { issuer, account, serial, format, credential, secret, pin = null } = draft;
  return JSON.stringify({
    ...{ name, isChosen, issuer, account, serial, format, pin },
    credential: encodeCredential(credential),
    secret: Buffer.from(secret).toString("base64"),
    past: past ? { ...past, id: past.id ?? null, enrolledAt: past.enrolledAt.toISOString() } : null,
  });
}

function decodeDraft(line: string): NamedDraft {
  const { name, isChosen, credential, pin, past, ...rest } = parse(line);
  if (name === null) throw wrongDraft();
  return {
    name,
    isChosen,
    draft: {
      ...{ ...rest, name, fields: [], findings: [] },
      credential: decodeCredential(credential),
      ...(pin ? { pin } : {}),
    },
    ...(past ? { past: decodePast(past) } : {}),
  };
}

function decodePast({ id, enrolledAt, ...rest }: NonNullable<v.InferOutput<typeof DraftSchema>["past"]>) {
  const past: Pick<Token, "accessDomain" | "favorite" | "enrolledAt"> = { ...rest, enrolledAt: new Date(enrolledAt) };
  return id === null ? past : { ...past, id };
}

function parse(line: string): v.InferOutput<typeof DraftSchema> {
  try {
    const parsed = v.safeParse(DraftSchema, JSON.parse(line), { abortEarly: true });
    if (parsed.success) return parsed.output;
  } catch {
    // its message would repeat what was received, which is a secret
  }
  throw wrongDraft();
}

function wrongDraft(): FobError {
  return new FobError("usage", t("the request holds a token that is damaged, or out of bounds"));
}
