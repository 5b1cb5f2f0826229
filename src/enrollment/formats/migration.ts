import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { EnrollmentFormat, ParsedFile } from "#enrollment/draft.ts";
import { checkSecretSize, judgeSecret } from "#enrollment/secret-text.ts";
import type { HashAlgorithm } from "#otp/algorithm.ts";
import { shortenName } from "#token/clean-name.ts";
import type { OtpCredential } from "#token/credential.ts";
import type { DraftField, Finding, ParsedToken } from "#token/draft/parsed-token.ts";
import { cleanName, labelOf } from "#token/draft/uri-label.ts";
import { type Field, ProtocolBufferError, readFields } from "./protocol-buffer.ts";
import { looksLikeSteamGuard, STEAM_GUARD, steamByIssuer } from "./steam.ts";

/**
 * Google Authenticator puts at most ten tokens into a code; a code with more than this is refused.
 */
const MAX_TOKENS = 1_000;

/**
 * `otpauth-migration://offline?data=...`, the export of Google Authenticator: tokens in a protocol
 * buffer in Base64, in one or several batches. Each batch is enrolled separately; a finding gives
 * its number and the total.
 */
export const migration = {
  id: "migration",
  example: "otpauth-migration://offline?data=...",
  matches: (text) => /^otpauth-migration:\/\//i.test(text),
  parse(text) {
    const { drafts, refusals } = parseMigration(text);
    if (refusals[0] !== undefined) throw new FobError("invalid", refusals[0]);
    return [...drafts];
  },
  many: { name: "Google Authenticator", parse: async (text) => parseMigration(text) },
} as const satisfies EnrollmentFormat;

/** Each entry is parsed alone; only the structure around them must be valid. */
function parseMigration(text: string): ParsedFile {
  const payload = readPayload(readData(text));
  if (payload.entries.length === 0)
    throw new FobError("invalid", t("the migration code holds no token"));
  const drafts: ParsedToken[] = [];
  const refusals: string[] = [];
  for (const [i, bytes] of payload.entries.entries()) {
    try {
      drafts.push(toDraft(readEntry(bytes), payload));
    } catch (error) {
      if (!(error instanceof FobError)) throw error;
      const name = nameIn(bytes) ?? t`token ${i + 1}`;
      refusals.push(payload.entries.length === 1 ? error.message : t`${name}: ${error.message}`);
    }
  }
  return { drafts, refusals };
}

/** The name of an entry for a message; null where it has no name, or is broken. */
function nameIn(bytes: Buffer): string | null {
  try {
    const fields = new Fields(bytes);
    return shortenName(fields.bytes(2).toString("utf8") || fields.bytes(3).toString("utf8"));
  } catch (error) {
    if (error instanceof ProtocolBufferError) return null;
    throw error;
  }
}

interface Entry {
  readonly secret: Buffer;
  readonly name: string;
  readonly issuer: string;
  readonly algorithm: number;
  readonly digits: number;
  readonly type: number;
  readonly counter: bigint;
}

interface Payload {
  /** Not yet read. */
  readonly entries: readonly Buffer[];
  readonly batchSize: number;
  readonly batchIndex: number;
}

/** The numbers of the protocol buffer; 0 is an absent value. */
const ALGORITHMS: readonly (HashAlgorithm | null)[] = ["SHA1", "SHA1", "SHA256", "SHA512", null];
const DIGITS: readonly number[] = [6, 6, 8];
const TYPES: readonly ("hotp" | "totp")[] = ["totp", "hotp", "totp"];

function readData(text: string): Buffer {
  const data = /[?&]data=([^&#]*)/i.exec(text)?.[1];
  if (!data) throw new FobError("invalid", t("data is missing from the migration code"));
  // a plus is a character of Base64 here, whether it was encoded or not; some programs use the
  // URL-safe letters
  const base64 = data
    .replace(/%2b/gi, "+")
    .replace(/%2f/gi, "/")
    .replace(/%3d/gi, "=")
    .replace(/\s/g, "+");
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(base64))
    throw new FobError("invalid", t("data of the migration code is not Base64"));
  const letters = base64.replaceAll("=", "");
  // four characters are three bytes, and one alone is not even one
  if (letters.length % 4 === 1)
    throw new FobError("invalid", t("data of the migration code is damaged"));
  return Buffer.from(letters.replaceAll("-", "+").replaceAll("_", "/"), "base64");
}

function readPayload(data: Buffer): Payload {
  try {
    const fields = new Fields(data);
    const entries = fields.all(1);
    if (entries.length > MAX_TOKENS)
      throw new FobError("invalid", t`the migration code holds more than ${MAX_TOKENS} tokens`);
    return {
      entries,
      batchSize: fields.number(3, 1),
      batchIndex: fields.number(4, 0),
    };
  } catch (cause) {
    if (!(cause instanceof ProtocolBufferError)) throw cause;
    throw new FobError("invalid", t("data of the migration code is damaged"), { cause });
  }
}

function readEntry(bytes: Buffer): Entry {
  try {
    const fields = new Fields(bytes);
    return {
      secret: fields.bytes(1),
      name: fields.bytes(2).toString("utf8"),
      issuer: fields.bytes(3).toString("utf8"),
      algorithm: fields.number(4, 0),
      digits: fields.number(5, 0),
      type: fields.number(6, 0),
      counter: readCounter(fields.varint(7, 0n)),
    };
  } catch (cause) {
    if (!(cause instanceof ProtocolBufferError)) throw cause;
    throw new FobError("invalid", t("the entry ends before its data does"), { cause });
  }
}

/** The fields of a protocol buffer by their numbers. Of a repeated field, the last one counts. */
class Fields {
  readonly #fields: readonly Field[];

  /** Throws ProtocolBufferError. */
  constructor(bytes: Buffer) {
    this.#fields = readFields(bytes);
  }

  all(tag: number): Buffer[] {
    return this.#fields.filter((field) => field.tag === tag).map(({ value }) => asBytes(value));
  }

  bytes(tag: number): Buffer {
    return this.all(tag).at(-1) ?? Buffer.alloc(0);
  }

  varint(tag: number, otherwise: bigint): bigint {
    const value = this.#fields.findLast((field) => field.tag === tag)?.value ?? otherwise;
    if (typeof value === "bigint") return value;
    throw new ProtocolBufferError("a number is given as bytes");
  }

  /** The number in a field; inexact where it is larger than any valid value. */
  number(tag: number, otherwise: number): number {
    return Number(this.varint(tag, BigInt(otherwise)));
  }
}

function asBytes(value: bigint | Buffer): Buffer {
  if (typeof value !== "bigint") return value;
  throw new ProtocolBufferError("bytes are given as a number");
}

/** Signed in the app: values above 2^63 were negative. */
function readCounter(counter: bigint): bigint {
  if (counter < 2n ** 63n) return counter;
  throw new FobError("invalid", t("counter of a token in the migration code is out of range"));
}

function toDraft(entry: Entry, { batchSize, batchIndex }: Payload): ParsedToken {
  const findings: Finding[] = [];
  const label = namesOf(entry, findings);
  if (batchSize > 1 && batchIndex < batchSize) {
    const message = t`this is batch ${batchIndex + 1} of ${batchSize}: the other codes hold the other tokens`;
    findings.push({ severity: "info", code: "one-batch-of-several", message });
  }
  if (entry.secret.length === 0)
    throw new FobError("invalid", t("secret of a token in the migration code is empty"));
  const secret = checkSecretSize(Buffer.from(entry.secret));
  const credential = steamOr(credentialOf(entry), label.issuer, findings);
  return {
    name: label.issuer ?? label.account,
    ...label,
    serial: null,
    credential,
    secret,
    fields: fieldsOf(label, credential),
    findings: [...findings, ...judgeSecret(secret)],
  };
}

/**
 * The app stores the whole label as the name, and the issuer if one was given; only without an
 * issuer does a colon divide the name.
 */
function namesOf(entry: Entry, findings: Finding[]) {
  const given = cleanName("issuer", entry.issuer, findings);
  const parts = labelOf(entry.name, entry.issuer);
  const isWhole = given !== null && parts.issuer?.toLowerCase() !== entry.issuer.toLowerCase();
  return {
    issuer: given ?? cleanName("issuer", parts.issuer ?? "", findings),
    account: cleanName("account", isWhole ? entry.name : parts.account, findings),
  };
}

function credentialOf({
  algorithm: algorithmNumber,
  digits: digitsNumber,
  type,
  counter,
}: Entry): OtpCredential {
  const algorithm = ALGORITHMS[algorithmNumber];
  const digits = DIGITS[digitsNumber];
  const kind = TYPES[type];
  if (!algorithm)
    throw new FobError(
      "invalid",
      t`algorithm ${algorithmNumber} of the migration code is not supported`,
    );
  if (digits === undefined)
    throw new FobError(
      "invalid",
      t`digit count ${digitsNumber} of the migration code is not known`,
    );
  if (!kind)
    throw new FobError("invalid", t`token type ${type} of the migration code is not known`);
  const form = { algorithm, digits, alphabet: "decimal" } as const;
  return kind === "totp" ? { kind, ...form, period: 30, t0: 0 } : { kind, ...form, counter };
}

function steamOr(
  credential: OtpCredential,
  issuer: string | null,
  findings: Finding[],
): OtpCredential {
  if (credential.kind !== "totp" || !looksLikeSteamGuard(issuer, credential)) return credential;
  findings.push({ severity: "info", code: "steam-by-issuer", message: steamByIssuer() });
  return STEAM_GUARD;
}

function fieldsOf(
  label: { issuer: string | null; account: string | null },
  credential: OtpCredential,
): DraftField[] {
  const given = Object.entries({ ...label, ...credential }).filter(([, value]) => value !== null);
  return given.map(([name, value]) => {
    const isFixed = name === "period" || name === "t0" || name === "alphabet";
    return {
      name: name === "kind" ? "type" : name,
      value: String(value),
      origin: isFixed ? "default" : "given",
    };
  });
}
