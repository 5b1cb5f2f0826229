import { randomBytes, randomInt } from "node:crypto";
import { formatKeyUri } from "#enrollment/formats/key-uri-writer.ts";
import { metadataUrl } from "#lab/tiqr/addresses.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import type { OtpCredential } from "#token/credential.ts";
import { type Lab, noteDone } from "./lab.ts";
import {
  type ActivationOrder,
  type HotpToken,
  type LabToken,
  newSerial,
  type OcraToken,
  type PromisedToken,
  type PushToken,
  type TiqrToken,
  type TotpToken,
} from "./lab-token.ts";
import type { PasswordHash } from "./password.ts";

/** The issuer in enrollment strings. */
const ISSUER = "fob lab";

/** 160 bits, as RFC 4226 (R6) recommends. */
const SECRET_BYTES = 20;

const CREDENTIAL_BYTES = 20;
const CODE_LETTERS = 10;
const PASSPHRASE_DIGITS = 8;

/** A new token of the lab, and its enrollment string, which contains secrets. */
export interface Issued {
  readonly token: LabToken;
  readonly text: string;
}

/**
 * The user of a token, and the PIN that is typed together with its passcodes; null for a token
 * without a PIN of its own.
 */
export interface Recipient {
  readonly user: string;
  readonly pin: PasswordHash | null;
}

/** The parameters of a passcode token. */
export type PasscodeOrder =
  | Pick<TotpToken, "kind" | "algorithm" | "digits" | "period">
  | Pick<HotpToken, "kind" | "algorithm" | "digits">
  | Pick<OcraToken, "kind" | "suite" | "responsePin">;

/** Issues a token whose secret is in its Key URI. Throws OtpError for an invalid suite. */
export function issuePasscodes(lab: Lab, recipient: Recipient, order: PasscodeOrder): Issued {
  const secret = randomBytes(SECRET_BYTES);
  const token = { ...base(lab, recipient, PREFIXES[order.kind]), ...firstState(order, secret) };
  const credential = credentialOf(token);
  const pin = recipient.pin ? { pin: { type: "server", order: "before" } as const } : {};
  const about = { issuer: ISSUER, account: recipient.user, serial: token.serial };
  return issue(lab, token, formatKeyUri({ ...about, credential, secret, ...pin }));
}

/** The parameters of a push token. */
export interface PushOrder {
  /** The lab's address, without a path. */
  readonly url: string;
  readonly ttlMinutes: number;
  /** Whether the device must protect the token with a PIN. */
  readonly wantsPin: boolean;
  readonly isOld: boolean;
}

/** Issues a push token of privacyIDEA. Its device enrolls with a credential that works once. */
export function issuePush(
  lab: Lab,
  recipient: Recipient,
  { url: labUrl, ttlMinutes, wantsPin, isOld }: PushOrder,
): Issued {
  const credential = randomBytes(CREDENTIAL_BYTES);
  const url = new URL("/ttype/push", labUrl).href;
  const issued = base(lab, recipient, PREFIXES.push);
  const expiresAt = issued.createdAt + ttlMinutes * 60_000;
  const device = { state: "awaited", credential, expiresAt } as const;
  const token: PushToken = { ...issued, kind: "push", url, isOld, device, challenges: [] };
  const parameters = {
    url,
    ttl: ttlMinutes,
    issuer: ISSUER,
    enrollment_credential: credential.toString("hex"),
    v: 1,
    serial: token.serial,
    sslverify: 0,
    ...(wantsPin ? { pin: "True" } : {}),
  };
  const query = Object.entries(parameters).map(
    ([name, value]) => `${name}=${encodeURIComponent(value)}`,
  );
  return issue(
    lab,
    token,
    `otpauth://pipush/${encodeURIComponent(recipient.user)}?${query.join("&")}`,
  );
}

/** The parameters of a TiQR token. */
export interface TiqrOrder {
  readonly url: string;
  readonly ttlMinutes: number;
  readonly suite: string;
}

/**
 * Issues a TiQR token. Its device fetches the metadata and makes the secret. Throws OtpError for an
 * invalid suite.
 */
export function issueTiqr(
  lab: Lab,
  recipient: Recipient,
  { url: labUrl, ttlMinutes, suite }: TiqrOrder,
): Issued {
  parseOcraSuite(suite);
  const issued = base(lab, recipient, PREFIXES.tiqr);
  const session = randomBytes(CREDENTIAL_BYTES);
  const device = {
    state: "awaited",
    session,
    expiresAt: issued.createdAt + ttlMinutes * 60_000,
  } as const;
  const url = new URL("/ttype/tiqr", labUrl).href;
  const token: TiqrToken = { ...issued, kind: "tiqr", url, suite, device, challenges: [] };
  return issue(lab, token, `tiqrenroll://${metadataUrl(token, session)}`);
}

/**
 * Issues an activation string, with which one device gets its token from the lab (DSKPP, RFC 6063).
 */
export function issueActivation(
  lab: Lab,
  recipient: Recipient,
  {
    url: labUrl,
    ttlMinutes,
    order,
  }: { readonly url: string; readonly ttlMinutes: number; readonly order: ActivationOrder },
): Issued {
  const code = Array.from({ length: CODE_LETTERS }, () =>
    String.fromCharCode(65 + randomInt(26)),
  ).join("");
  const passphrase = String(randomInt(10 ** PASSPHRASE_DIGITS)).padStart(PASSPHRASE_DIGITS, "0");
  const url = new URL(`/selfenrollment/dskpp.aspx?sc=${code}`, labUrl).href;
  const issued = base(lab, recipient, PREFIXES[order.kind]);
  const expiresAt = issued.createdAt + ttlMinutes * 60_000;
  const token: PromisedToken = {
    ...issued,
    kind: "promised",
    url,
    code,
    passphrase: Buffer.from(passphrase),
    expiresAt,
    order,
  };
  return issue(lab, token, activationText(token));
}

/** The activation string of a token that was promised. */
export function activationText({ url, user, passphrase }: PromisedToken): string {
  const lines = [
    `EnrollmentURL=${url}`,
    `UserID=${user}`,
    `Passphrase=${passphrase.toString("utf8")}`,
    "",
  ];
  return Buffer.from(lines.join("\n")).toString("base64");
}

/** The page on which the user of a promised token finds its link. */
export function enrollmentPageUrl({ url, code }: PromisedToken): string {
  return new URL(`/enroll?sc=${code}`, url).href;
}

/** The prefixes of serial numbers: those of privacyIDEA, for the kinds that it has. */
const PREFIXES = { totp: "TOTP", hotp: "OATH", ocra: "OCRA", push: "PIPU", tiqr: "TIQR" } as const;

function base({ clock }: Lab, { user, pin }: Recipient, prefix: string) {
  return { serial: newSerial(prefix), user, pin, createdAt: clock().getTime() };
}

function issue(lab: Lab, token: LabToken, text: string): Issued {
  lab.store.addToken(token);
  noteDone(lab, "issued", { user: token.user, serial: token.serial, detail: token.kind });
  return { token, text };
}

/** The state of a token before its first use. */
export function firstState(order: PasscodeOrder, secret: Buffer) {
  if (order.kind === "totp") return { ...order, secret, lastStep: 0, drift: 0 };
  if (order.kind === "hotp") return { ...order, secret, counter: 0 };
  return {
    ...order,
    secret,
    counter: parseOcraSuite(order.suite).counter ? 0n : null,
    challenges: [],
  };
}

function credentialOf(token: TotpToken | HotpToken | OcraToken): OtpCredential {
  if (token.kind === "ocra") return { kind: "ocra", suite: token.suite, counter: token.counter };
  const { algorithm, digits } = token;
  const form = { algorithm, digits, alphabet: "decimal" } as const;
  if (token.kind === "hotp") return { kind: "hotp", ...form, counter: BigInt(token.counter) };
  return { kind: "totp", ...form, period: token.period, t0: 0 };
}
