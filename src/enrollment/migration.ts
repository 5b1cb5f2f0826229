import type { PbfReader } from "pbf";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import type { HashAlgorithm } from "../otp/algorithm.ts";
import type { OtpCredential } from "../token/credential.ts";
import type { DraftField, EnrollmentDraft, EnrollmentFormat, Finding } from "./draft.ts";
import { cleanName, labelOf } from "./key-uri-label.ts";
import { judgeSecret } from "./secret-text.ts";

/** Google Authenticator puts ten tokens into a code at most; whoever writes more than this does not write for it. */
const MAX_TOKENS = 1_000;

/**
 * `otpauth-migration://offline?data=...`, what Google Authenticator exports: tokens in Base64 of a protocol buffer, in one or several
 * batches. Each batch is enrolled by itself; a finding says which of how many it is.
 */
export const migration: EnrollmentFormat = {
  id: "migration",
  example: "otpauth-migration://offline?data=...",
  matches: (text) => /^otpauth-migration:\/\//i.test(text),
  async parse(text) {
    const { PbfReader: Reader } = await import("pbf");
    const payload = readPayload(new Reader(readData(text)));
    if (payload.entries.length === 0) throw new FobError("invalid", t("the migration code holds no token"));
    return payload.entries.map((entry) => toDraft(entry, payload));
  },
};

interface Entry {
  secret: Uint8Array;
  name: string;
  issuer: string;
  algorithm: number;
  digits: number;
  type: number;
  counter: bigint;
}

interface Payload {
  entries: Entry[];
  batchSize: number;
  batchIndex: number;
}

/** The numbers of the protocol buffer; 0 stands for what was not given. */
const ALGORITHMS: readonly (HashAlgorithm | null)[] = ["SHA1", "SHA1", "SHA256", "SHA512", null];
const DIGITS: readonly number[] = [6, 6, 8];
const TYPES: readonly ("hotp" | "totp")[] = ["totp", "hotp", "totp"];

function readData(text: string): Buffer {
  const data = /[?&]data=([^&#]*)/i.exec(text)?.[1];
  if (!data) throw new FobError("invalid", t("data is missing from the migration code"));
  // a plus is a character of Base64 here, whether it was encoded or not; some programs use the URL-safe letters
  const base64 = data.replace(/%2b/gi, "+").replace(/%2f/gi, "/").replace(/%3d/gi, "=").replace(/\s/g, "+");
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(base64))
    throw new FobError("invalid", t("data of the migration code is not Base64"));
  return Buffer.from(base64.replaceAll("-", "+").replaceAll("_", "/"), "base64");
}

function readPayload(reader: PbfReader): Payload {
  const payload: Payload = { entries: [], batchSize: 1, batchIndex: 0 };
  try {
    return reader.readFields(readPayloadField, payload);
  } catch (cause) {
    if (cause instanceof FobError) throw cause;
    throw new FobError("invalid", t("data of the migration code is damaged"), { cause });
  }
}

function readPayloadField(tag: number, payload: Payload, reader: PbfReader): void {
  if (tag === 1) {
    if (payload.entries.length >= MAX_TOKENS)
      throw new FobError("invalid", t`the migration code holds more than ${MAX_TOKENS} tokens`);
    const entry = { secret: new Uint8Array(), name: "", issuer: "", algorithm: 0, digits: 0, type: 0, counter: 0n };
    payload.entries.push(reader.readMessage(readEntryField, entry));
  } else if (tag === 3) {
    payload.batchSize = reader.readVarint();
  } else if (tag === 4) {
    payload.batchIndex = reader.readVarint();
  }
}

function readEntryField(tag: number, entry: Entry, reader: PbfReader): void {
  const fields: Readonly<Record<number, () => void>> = {
    1: () => {
      entry.secret = reader.readBytes();
    },
    2: () => {
      entry.name = readText(reader);
    },
    3: () => {
      entry.issuer = readText(reader);
    },
    4: () => {
      entry.algorithm = reader.readVarint();
    },
    5: () => {
      entry.digits = reader.readVarint();
    },
    6: () => {
      entry.type = reader.readVarint();
    },
    7: () => {
      entry.counter = readCounter(reader);
    },
  };
  fields[tag]?.();
}

/** The package's own reading of text breaks characters beyond U+FFFF. */
function readText(reader: PbfReader): string {
  return Buffer.from(reader.readBytes()).toString("utf8");
}

/** The reader's numbers are exact up to 2^53, which no counter of that app has reached. */
function readCounter(reader: PbfReader): bigint {
  const counter = reader.readVarint();
  if (Number.isSafeInteger(counter) && counter >= 0) return BigInt(counter);
  throw new FobError("invalid", t("counter of a token in the migration code is out of range"));
}

function toDraft(entry: Entry, { batchSize, batchIndex }: Payload): EnrollmentDraft {
  const findings: Finding[] = [];
  const { issuer, account } = labelOf(entry.name);
  const label = {
    issuer: cleanName("issuer", entry.issuer, findings) ?? cleanName("issuer", issuer ?? "", findings),
    account: cleanName("account", account, findings),
  };
  if (batchSize > 1 && batchIndex < batchSize) {
    const message = t`this is batch ${batchIndex + 1} of ${batchSize}: the other codes hold the other tokens`;
    findings.push({ severity: "info", code: "one-batch-of-several", message });
  }
  if (entry.secret.length === 0) throw new FobError("invalid", t("secret of a token in the migration code is empty"));
  const secret = Buffer.from(entry.secret);
  const credential = credentialOf(entry);
  return {
    format: migration.id,
    name: label.issuer ?? label.account,
    ...label,
    serial: null,
    credential,
    secret,
    fields: fieldsOf(label, credential),
    findings: [...findings, ...judgeSecret(secret)],
  };
}

function credentialOf({ algorithm: algorithmNumber, digits: digitsNumber, type, counter }: Entry): OtpCredential {
  const algorithm = ALGORITHMS[algorithmNumber];
  const digits = DIGITS[digitsNumber];
  const kind = TYPES[type];
  if (!algorithm) throw new FobError("invalid", t`algorithm ${algorithmNumber} of the migration code is not supported`);
  if (digits === undefined)
    throw new FobError("invalid", t`digit count ${digitsNumber} of the migration code is not known`);
  if (!kind) throw new FobError("invalid", t`token type ${type} of the migration code is not known`);
  const form = { algorithm, digits, alphabet: "decimal" } as const;
  return kind === "totp" ? { kind, ...form, period: 30, t0: 0 } : { kind, ...form, counter };
}

function fieldsOf(label: { issuer: string | null; account: string | null }, credential: OtpCredential): DraftField[] {
  const given = Object.entries({ ...label, ...credential }).filter(([, value]) => value !== null);
  return given.map(([name, value]) => {
    const isFixed = name === "period" || name === "t0" || name === "alphabet";
    return { name: name === "kind" ? "type" : name, value: String(value), origin: isFixed ? "default" : "given" };
  });
}
