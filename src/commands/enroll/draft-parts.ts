import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { parseJson } from "#token/bounded-json.ts";
import { MAX_CODES } from "#token/code-list.ts";
import { tokenSchemas } from "#token/codec.ts";
import { encodeCredential } from "#token/credential-codec.ts";
import { pinBytes } from "#token/secret.ts";
import { PIN_ORDERS } from "#token/token.ts";
import {
  NoteSchema,
  PolicySchema,
  RecoveryCodesSchema,
  SecretSchema,
} from "#vault/backup/backup.ts";
import type { ChosenPin } from "./enrollment-pins.ts";
import type { NamedDraft } from "./named-draft.ts";

/**
 * The longest part, in UTF-16 units. A draft is JSON, and JSON inside JSON has at most twice as
 * many, or six times at the two ends of a part: with what stands around it, a part is one line to
 * an agent.
 */
const MAX_PART = 30_000;

/** The longest draft: it comes from a file or a reply that is not longer. In UTF-16 units. */
const MAX_DRAFT = 8 * 1024 * 1024;

/** What all parts together may have: more than the largest backup. In UTF-16 units. */
const MAX_PARTS = 64 * 1024 * 1024;

/**
 * How many values a draft may have in its JSON: four times as many as any, and those of its codes.
 */
const MAX_VALUES = 200 + 4 * MAX_CODES;

/** A draft on its way to an agent. */
export interface SentDraft extends NamedDraft {
  /** The PIN that was chosen before a server made it. */
  readonly chosen?: ChosenPin | null;
}

const {
  id,
  name,
  issuer,
  account,
  serial,
  format,
  credential,
  pin: _pin,
  ...keptFields
} = tokenSchemas();

const DraftSchema = v.strictObject({
  name,
  tags: keptFields.tags,
  favorite: keptFields.favorite,
  note: NoteSchema,
  recoveryCodes: RecoveryCodesSchema,
  isChosen: v.boolean(),
  issuer,
  account,
  serial,
  format,
  credential,
  secret: SecretSchema,
  pin: v.nullable(
    v.variant("type", [
      v.object({ type: v.literal("user"), policy: PolicySchema }),
      v.object({ type: v.literal("server"), order: v.picklist(PIN_ORDERS) }),
    ]),
  ),
  chosen: v.optional(
    v.nullable(
      v.object({
        pin: v.pipe(v.string(), v.minLength(1), v.maxLength(1024)),
        policy: PolicySchema,
      }),
    ),
    null,
  ),
  past: v.nullable(v.strictObject({ ...keptFields, id: v.nullable(id) })),
});

/**
 * Drafts with their secrets and all stored fields, as texts short enough for an agent's lines: one
 * line of JSON each, cut into parts. Null where they are too much for an agent.
 */
export function draftParts(drafts: readonly SentDraft[]): readonly string[] | null {
  const lines = drafts.map((draft) => `${encodeDraft(draft)}\n`);
  const text = lines.join("");
  if (text.length > MAX_PARTS || lines.some(({ length }) => length > MAX_DRAFT)) return null;
  const count = Math.ceil(text.length / MAX_PART);
  return Array.from({ length: count }, (_, i) => text.slice(i * MAX_PART, (i + 1) * MAX_PART));
}

/**
 * Reverses {@link draftParts}: `next` gives one part after the other, and an empty text behind the
 * last. Rejects with FobError `usage` for what no issuer could have given, and for too much.
 */
export async function readDraftParts(next: () => Promise<string>): Promise<SentDraft[]> {
  const drafts: SentDraft[] = [];
  let left = MAX_PARTS;
  let begun: string[] = [];
  let length = 0;
  for (let part = await next(); part !== ""; part = await next()) {
    left -= part.length;
    if (left < 0) throw new FobError("usage", t("the request holds too many tokens"));
    const [end = "", ...lines] = part.split("\n");
    begun.push(end);
    length += end.length;
    for (const line of lines) {
      if (length > 0) drafts.push(decodeDraft(begun.join("")));
      begun = [line];
      length = line.length;
    }
    if (length > MAX_DRAFT) throw wrongDraft();
  }
  if (length > 0) throw wrongDraft();
  return drafts;
}

function encodeDraft({ name, isChosen, draft, past, chosen }: SentDraft): string {
  return JSON.stringify({
    name,
    isChosen,
    issuer: draft.issuer,
    account: draft.account,
    serial: draft.serial,
    format: draft.format,
    tags: draft.tags ?? [],
    favorite: draft.favorite ?? false,
    note: draft.note ?? null,
    recoveryCodes: draft.recoveryCodes ?? [],
    pin: draft.pin ?? null,
    credential: encodeCredential(draft.credential),
    secret: Buffer.from(draft.secret).toString("base64"),
    chosen: chosen ? { ...chosen, pin: chosen.pin.toString("utf8") } : null,
    past: past ? { ...past, id: past.id ?? null } : null,
  });
}

function decodeDraft(line: string): SentDraft {
  const { isChosen, pin, past, chosen, note, ...rest } = parse(line);
  const draft = { ...rest, ...(note === null ? {} : { note }) };
  const { name } = draft;
  if (name === null) throw wrongDraft();
  return {
    name,
    isChosen,
    draft: { ...draft, name, fields: [], findings: [], ...(pin ? { pin } : {}) },
    ...(past ? { past: decodePast(past) } : {}),
    chosen: chosen && { ...chosen, pin: pinBytes(chosen.pin) },
  };
}

function decodePast({
  id,
  ...kept
}: NonNullable<v.InferOutput<typeof DraftSchema>["past"]>): NonNullable<NamedDraft["past"]> {
  return id === null ? kept : { ...kept, id };
}

function parse(line: string): v.InferOutput<typeof DraftSchema> {
  try {
    const parsed = v.safeParse(DraftSchema, parseJson(line, { values: MAX_VALUES }), {
      abortEarly: true,
    });
    if (parsed.success) return parsed.output;
  } catch {
    // its message would repeat what was received, which is a secret
  }
  throw wrongDraft();
}

function wrongDraft(): FobError {
  return new FobError("usage", t("the request holds a token that is damaged, or out of bounds"));
}
