import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import type { EnrollmentFormat } from "#enrollment/draft.ts";
import type { Effort } from "#enrollment/effort.ts";
import { readSuite } from "#enrollment/read-suite.ts";
import { judgeSecret, parseBase32Secret } from "#enrollment/secret-text.ts";
import { HASH_ALGORITHMS, type HashAlgorithm } from "#otp/algorithm.ts";
import { ALPHABETS, type Alphabet } from "#otp/alphabet.ts";
import { DIGITS } from "#otp/hotp.ts";
import { MAX_PERIOD, MAX_T0 } from "#otp/totp.ts";
import { isDamagedYandexSecret, YANDEX, YANDEX_SECRET_BYTES } from "#otp/yandex.ts";
import type {
  HotpCredential,
  OcraCredential,
  OtpCredential,
  PinCredential,
  TotpCredential,
} from "#token/credential.ts";
import type { ParsedToken } from "#token/draft/parsed-token.ts";
import { readPinWish } from "#token/draft/pin-wish.ts";
import { cleanSerial, readLabel } from "#token/draft/uri-label.ts";
import { counterNumber, Parameters, show, wholeNumber } from "#token/draft/uri-parameters.ts";
import { parsePinPolicy } from "#token/pin-policy-text.ts";
import { forget } from "#token/secret.ts";
import type { PinOrder } from "#token/token.ts";
import { pinIsNotKept } from "./mobile-otp.ts";
import { looksLikeSteamGuard, STEAM_GUARD, steamByIssuer } from "./steam.ts";
import { readTwoStep } from "./two-step.ts";

/** How the parts of a passcode token are read, by the type in the URI. */
const TYPES: Readonly<
  Record<string, (parameters: Parameters, issuer: string | null) => OtpCredential>
> = {
  totp: readTotp,
  // privacyIDEA's day passwords are time-based, with a period of a day
  daypassword: readTotp,
  hotp: readHotp,
  ocra: readOcra,
  steam: readSteam,
  // what Yandex itself writes, and what other apps call it
  yaotp: readYandex,
  yandex: readYandex,
};

/** Parameters that dress a token up for other apps' screens, or lock it there. */
const DECORATION = [
  "image",
  "icon",
  "color",
  "lock",
  "tags",
  "secretencoding",
  "codedisplay",
  "creator",
];

/** Parameters of Yandex that say whose login the token is for, and how long its PIN is. */
const YANDEX_DECORATION = ["name", "uid", "track_id", "pin_length"];

/**
 * `otpauth://TYPE/LABEL?PARAMETERS`, the Key URI of Google Authenticator, read the way issuers
 * really write it. `ocra` and the parameters `alphabet`, `t0`, `serial` and `pinpolicy` go beyond
 * the original. `yaotp` is what Yandex writes.
 */
export const keyUri = {
  id: "key-uri",
  example: "otpauth://totp/ISSUER:ACCOUNT?secret=...",
  matches: (text) => /^otpauth:\/\//i.test(text),
  parse: async (text, _askSecret, effort) => [await parseKeyUri(text, effort)],
} as const satisfies EnrollmentFormat;

async function parseKeyUri(text: string, effort: Effort): Promise<ParsedToken> {
  // such a URI has no fragment: a # is text
  const match = /^otpauth:\/\/([^/?]*)\/?([^?]*)\??(.*)/is.exec(text);
  const parameters = new Parameters(match?.[3] ?? "");
  const type = parameters.decode(match?.[1] ?? "").toLowerCase();
  const read = ownValue(TYPES, type);
  if (!read)
    throw new FobError(
      "invalid",
      t`key type ${show(type)} is not supported: totp, hotp and ocra are`,
    );
  parameters.note("type", type, "given");
  parameters.findNumberSign(text);
  const label = readLabel(match?.[2] ?? "", parameters);
  const given = readSecret(parameters);
  const credential = read(parameters, label.issuer);
  const algorithm = "algorithm" in credential ? credential.algorithm : "SHA1";
  const twoStep = await readTwoStep(parameters, given, algorithm, effort);
  if (twoStep) forget(given);
  const secret = trimSecret(twoStep?.secret ?? given, credential);
  const serial = cleanSerial(parameters.read("serial") ?? "", parameters.findings);
  const pin = readPin(parameters, credential);
  parameters.read(...DECORATION);
  parameters.findUnknown();
  const { fields } = parameters;
  const findings = [...parameters.findings, ...judgeSecret(secret)];
  const token = {
    ...label,
    serial,
    credential,
    secret,
    fields,
    findings,
    ...pin,
  };
  return twoStep ? { ...token, clientPart: twoStep.clientPart } : token;
}

function readSecret(parameters: Parameters): Buffer {
  const text = parameters.read("secret");
  if (text === null) throw parameters.missing("secret");
  // in a query a plus is a space, and secrets are often written in groups
  return parseBase32Secret(text.replaceAll("+", " "));
}

/** The policy of a PIN that the server asks for. */
const SERVER_PIN = /^server((?:,pin-order=(?:before|after))?)$/i;

function serverOrder(text: string): PinOrder {
  return text.toLowerCase().endsWith("after") ? "after" : "before";
}

/**
 * The PIN that the issuer requires: `pinpolicy=server` (with `,pin-order=after` where it goes
 * behind the passcode), or the rules for one that the user chooses.
 */
function readPin(parameters: Parameters, { kind }: OtpCredential): Pick<ParsedToken, "pin"> {
  const text = parameters.read("pinpolicy");
  // there `pin` is the PIN itself
  const wish = kind === "yandex" ? null : readPinWish(parameters);
  if (text === null) return wish ? { pin: wish } : {};
  parameters.note("pinpolicy", text, "given");
  const [, order] = SERVER_PIN.exec(text) ?? [];
  if (order !== undefined) return { pin: { type: "server", order: serverOrder(order) } };
  return { pin: { type: "user", policy: { ...parsePinPolicy(text), required: true } } };
}

function readTotp(parameters: Parameters, issuer: string | null): TotpCredential {
  if (saysSteam(parameters)) return readSteam(parameters);
  const credential: TotpCredential = {
    kind: "totp",
    ...readPasscodeForm(parameters),
    ...readTimeSteps(parameters),
  };
  if (parameters.read("alphabet") !== null || !looksLikeSteamGuard(issuer, credential))
    return credential;
  parameters.find("info", "steam-by-issuer", steamByIssuer());
  for (const name of ["digits", "alphabet"] as const)
    parameters.correct(name, String(STEAM_GUARD[name]), "assumed");
  return STEAM_GUARD;
}

function readHotp(parameters: Parameters): HotpCredential {
  return { kind: "hotp", ...readPasscodeForm(parameters), counter: readCounter(parameters) };
}

function readOcra(parameters: Parameters): OcraCredential {
  const text = parameters.read("suite", "ocrasuite");
  if (text === null) throw parameters.missing("suite");
  parameters.note("suite", text, "given");
  const suite = readSuite(text);
  return { kind: "ocra", suite: text, counter: suite.counter ? readCounter(parameters) : null };
}

function readSteam(parameters: Parameters): TotpCredential {
  parameters.read("encoder", "digits", "period", "algorithm");
  parameters.note("encoder", "steam", "given");
  return STEAM_GUARD;
}

function readYandex(parameters: Parameters): PinCredential {
  for (const name of ["digits", "period"] as const) {
    const only = YANDEX[name];
    parameters.take([name], (text) => readOnly(name, text, only), only);
  }
  parameters.read(...YANDEX_DECORATION);
  if (parameters.read("pin") !== null) parameters.find("warning", "pin-in-string", pinIsNotKept());
  return { kind: "yandex" };
}

function readOnly(name: string, text: string, only: number): number {
  if (Number(text) === only) return only;
  throw new FobError("invalid", t`${name} is ${show(text)}: tokens of Yandex have ${only}`);
}

/** Throws FobError `invalid` for a secret that Yandex has not made. */
function trimSecret(secret: Buffer, { kind }: OtpCredential): Buffer {
  if (kind !== "yandex") return secret;
  if (secret.length < YANDEX_SECRET_BYTES)
    throw new FobError(
      "invalid",
      t`secret has ${secret.length} bytes: those of Yandex have ${YANDEX_SECRET_BYTES}`,
    );
  if (isDamagedYandexSecret(secret))
    throw new FobError("invalid", t("the checksum of secret does not fit: it may be mistyped"));
  return secret.subarray(0, YANDEX_SECRET_BYTES);
}

/** Stratum writes a parameter without a value. */
function saysSteam(parameters: Parameters): boolean {
  return parameters.read("encoder")?.toLowerCase() === "steam" || parameters.has("steam");
}

function readPasscodeForm(parameters: Parameters) {
  return {
    algorithm: parameters.take<HashAlgorithm>(["algorithm"], parseAlgorithm, "SHA1"),
    digits: parameters.take(["digits"], wholeNumber(DIGITS.min, DIGITS.max), 6),
    alphabet: parameters.take<Alphabet>(["alphabet"], parseAlphabet, "decimal"),
  };
}

function readTimeSteps(parameters: Parameters) {
  return {
    period: parameters.take(["period"], wholeNumber(1, MAX_PERIOD), 30),
    t0: parameters.take(["t0", "epoch"], wholeNumber(0, MAX_T0), 0),
  };
}

function readCounter(parameters: Parameters): bigint {
  if (parameters.read("counter") === null) {
    parameters.find("info", "counter-assumed", t("counter is missing: it starts at 0"));
  }
  return parameters.take(["counter"], counterNumber, 0n);
}

/**
 * `SHA1`, `sha-256`, `HmacSHA512`, `HMAC-SHA-224`, `Algorithm.sha1`: issuers and apps write the
 * same name in many ways.
 */
function parseAlgorithm(text: string): HashAlgorithm {
  const name = text
    .toUpperCase()
    .replace(/[\s_-]/g, "")
    .replace(/^ALGORITHM\./, "")
    .replace(/^HMAC/, "");
  const algorithm = HASH_ALGORITHMS.find((known) => known === name);
  if (algorithm) return algorithm;
  throw new FobError(
    "invalid",
    t`algorithm is ${show(text)}: ${HASH_ALGORITHMS.join(", ")} are possible`,
  );
}

function parseAlphabet(text: string): Alphabet {
  const name = text.toLowerCase();
  if (Object.hasOwn(ALPHABETS, name) && name !== "steam") return name as Alphabet;
  throw new FobError(
    "invalid",
    t`alphabet is ${show(text)}: decimal, hexadecimal, base32 and base64 are possible`,
  );
}
