import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { readCell, updateCell } from "#vault/cells/cell.ts";
import { HEADER_FORMAT, headerCell, type VaultLayout, vaultFolder } from "#vault/cells/layout.ts";
import { KEYCHAIN_KINDS } from "./keychain-kind.ts";
import { MAX_SCRYPT } from "./keys.ts";

const atMost = (limit: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limit));
const base64 = v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]+={0,2}$/), v.maxLength(256));

const StretchingSchema = v.object({
  name: v.literal("scrypt"),
  N: atMost(MAX_SCRYPT.N),
  r: atMost(MAX_SCRYPT.r),
  p: atMost(MAX_SCRYPT.p),
  salt: base64,
});

/** The name of the vault's key in its key store; absent for the first key of the vault. */
const keyItem = v.optional(v.pipe(v.string(), v.regex(/^key-[0-9a-f]{16}$/)));

const SlotSchema = v.variant("type", [
  v.object({ type: v.literal("keychain"), wrapped: base64, keyItem }),
  v.object({
    type: v.literal("keychain-pin"),
    stretching: StretchingSchema,
    wrapped: base64,
    keyItem,
    // recognizes the vault's key without the PIN; vaults of earlier versions get it at the next
    // right PIN
    keyCheck: v.optional(base64),
  }),
  v.object({ type: v.literal("passphrase"), stretching: StretchingSchema, wrapped: base64 }),
  v.object({ type: v.literal("recovery"), wrapped: base64 }),
  v.object({ type: v.literal("biometric"), wrapped: base64 }),
]);

const HeaderSchema = v.object({
  format: v.literal(HEADER_FORMAT.name),
  version: atMost(HEADER_FORMAT.version),
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  keychain: v.picklist(KEYCHAIN_KINDS),
  // empty in a home that was exported for a grant
  slots: v.pipe(v.array(SlotSchema), v.maxLength(16)),
});

/**
 * The only part of a vault that is readable without a key: its id, the kind of its keychain, and
 * the wrapped vault key.
 */
export type Header = v.InferOutput<typeof HeaderSchema>;

/** One way to open the vault: the vault key, wrapped under another key. */
export type Slot = Header["slots"][number];

/**
 * The header of the vault below `home`, or null when there is no vault. Throws FobError `invalid`
 * for a damaged, foreign or newer header, and for a missing one beside tokens, because a new header
 * could not open them.
 */
export function readHeader(home: string): Header | null {
  const value = readCell(headerCell(home));
  if (value !== null) return parseHeader(value);
  if (!hasTokens(home)) return null;
  // the vault may have been created since the first read
  const again = readCell(headerCell(home));
  if (again !== null) return parseHeader(again);
  throw new FobError(
    "invalid",
    t`${headerCell(home).folder} is missing, and the tokens of this vault open with it alone`,
    {
      hint: t("restore this folder from a backup of the vault folder; nothing was changed"),
    },
  );
}

/** Whether there are tokens below a home, in use or removed. */
function hasTokens(home: string): boolean {
  return ["index", "tokens", "removed"].some((name) => isFilled(join(vaultFolder(home), name)));
}

function isFilled(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => !name.startsWith("."));
  } catch {
    // it does not exist or is not a folder; code that needs it reports that
    return false;
  }
}

/** Whether the home was exported for a grant: its header has no slot. */
export function isExported({ slots }: Header): boolean {
  return slots.length === 0;
}

/**
 * Writes the first header of a vault. Returns the effective one: another process may have written
 * first.
 */
export function createHeader(home: string, header: Omit<Header, "format" | "version">): Header {
  const version = versionOf(header);
  const created: Header = { format: HEADER_FORMAT.name, version, ...header };
  updateCell(headerCell(home), (current) => (current === null ? encode(created) : null));
  return readHeader(home) ?? created;
}

/**
 * Replaces the slots of an existing header; `change` is called again if another process has written
 * first.
 */
export function updateSlots(
  { home }: VaultLayout,
  change: (slots: readonly Slot[]) => Slot[],
): void {
  updateCell(headerCell(home), (current) => {
    if (current === null) throw new FobError("invalid", t`the vault in ${home} has vanished`);
    const header = parseHeader(current);
    return encode({ ...header, slots: change(header.slots) });
  });
}

/**
 * Replaces the slots of the vault if they are still those in `seen`, and returns the new header.
 * Throws FobError `denied` when another process has changed them.
 */
export function replaceSlots(
  { home }: VaultLayout,
  seen: Header,
  next: Pick<Header, "slots"> & Partial<Pick<Header, "keychain">>,
): Header {
  const replaced: Header = { ...seen, ...next };
  updateCell(headerCell(home), (current) => {
    const header = current && parseHeader(current);
    if (header?.id === seen.id && isSame(header.slots, seen.slots)) return encode(replaced);
    throw new FobError(
      "denied",
      t("another process has changed what opens this vault meanwhile: nothing was changed"),
      {
        hint: t("try again with the PIN that counts now"),
      },
    );
  });
  return parseHeader(encode(replaced));
}

/** A new vault id: 128 random bits in hexadecimal. */
export function newVaultId(): string {
  return randomBytes(16).toString("hex");
}

/** Compares JSON: the schema gives parsed slots their keys in the same order. */
function isSame(a: readonly Slot[], b: readonly Slot[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * The version is the lowest one whose fobs know the keychain, so that earlier ones can say that
 * they do not.
 */
function encode(header: Header): Buffer {
  return Buffer.from(JSON.stringify({ ...header, version: versionOf(header) }));
}

function versionOf({ keychain }: Pick<Header, "keychain">): number {
  return keychain === "tpm" ? HEADER_FORMAT.version : 1;
}

function parseHeader(value: Buffer): Header {
  const json = parseJson(value);
  const version = v.safeParse(
    v.object({ format: v.literal(HEADER_FORMAT.name), version: v.number() }),
    json,
  );
  if (version.success && version.output.version > HEADER_FORMAT.version) {
    throw new FobError(
      "invalid",
      t`this vault has format ${version.output.version}, which needs a newer fob`,
      {
        hint: t("update fob; nothing was changed"),
      },
    );
  }
  const header = v.safeParse(HeaderSchema, json);
  if (header.success) return header.output;
  throw new FobError("invalid", t("the header of the vault is not one that fob wrote"), {
    hint: t("restore it from a backup of the vault folder; nothing was changed"),
  });
}

function parseJson(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString());
  } catch {
    // the schema reports undefined as not a header
    return undefined;
  }
}
