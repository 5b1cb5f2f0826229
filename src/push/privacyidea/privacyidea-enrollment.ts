import { createPublicKey, generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { isThisMachine } from "#base/this-machine.ts";
import { withUsedUpHint } from "#push/lost-reply.ts";
import type { PushEnrollment } from "#push/provider.ts";
import type { EnrollmentServices, ParsedOnline, ParsedToken } from "#token/draft/parsed-token.ts";
import { readPinWish, YES } from "#token/draft/pin-wish.ts";
import { cleanSerial, readLabel } from "#token/draft/uri-label.ts";
import { Parameters, show, wholeNumber } from "#token/draft/uri-parameters.ts";
import { privacyIdeaKey } from "#token/key-at-server.ts";
import type { PrivacyIdeaCredential } from "#token/push-credential.ts";
import { readReply } from "./privacyidea-reply.ts";

/** The key size, the same as in privacyIDEA's own app. */
const KEY_BITS = 4_096;

/** The minimum size of a server's key. */
const MIN_SERVER_KEY_BITS = 2_048;

/** Sent in place of a push service's token by devices that only poll. */
const NO_PUSH_SERVICE = "no_firebase_token";

/** The time limit in milliseconds: the server may first have to make a key. */
const MAX_WAITING = 30_000;
const MAX_REPLY = 64 * 1024;

/** The highest accepted lifetime of an enrollment: one year, in minutes. */
const MAX_TTL = 525_600;

/**
 * `otpauth://pipush/LABEL?PARAMETERS` or `pia://pipush/...`: a push token of privacyIDEA. The
 * string has no key: fob makes one and sends its public part to the server at `url`, which accepts
 * the enrollment credential once.
 */
export const privacyIdeaEnrollment = {
  id: "privacyidea-push",
  example: "otpauth://pipush/LABEL?url=...",
  matches: (text) => /^(?:otpauth|pia):\/\/pipush(?:[/?#]|$)/i.test(text),
  parseOnline: parsePushUri,
} as const satisfies PushEnrollment;

/** The parameters of the string that the enrollment request needs. */
interface Invitation {
  readonly url: URL;
  readonly serial: string;
  readonly credential: string;
  /** Whether the issuer allows approval by a notification's button. */
  readonly isQuick: boolean;
}

function parsePushUri(text: string): ParsedOnline {
  const [, label = "", query = ""] = /^[a-z]+:\/\/pipush\/?([^?]*)\??(.*)/is.exec(text) ?? [];
  const parameters = new Parameters(query);
  parameters.findNumberSign(text);
  const version = parameters.take(["v"], String, "1");
  if (version !== "1")
    throw new FobError("invalid", t`v is ${show(version)}: only version 1 is known`);
  const { issuer, account, name } = readLabel(label, parameters);
  const url = readUrl(parameters);
  const serial = readSerial(parameters);
  parameters.note("serial", serial, "given");
  const credential = required(parameters, "enrollment_credential");
  const given = parameters.read("pin", "force_app_pin");
  if (given !== null) isTrue(given, "pin");
  const pin = readPinWish(parameters);
  readRest(parameters, url);
  const secretField = {
    name: "enrollment_credential",
    value: credential,
    origin: "given",
    isSecret: true,
  } as const;
  const known = {
    issuer,
    account,
    name: name ?? serial,
    serial,
    fields: [...parameters.fields, secretField],
    findings: parameters.findings,
    ...(pin ? { pin } : {}),
  };
  const invitation: Invitation = { url, serial, credential, isQuick: !pin };
  return {
    ...known,
    server: url.host,
    key: privacyIdeaKey(serial, url),
    complete: async (services) => [await enrollWith(invitation, known, services)],
  };
}

/** Makes a key pair, sends the public key to the server, and receives the server's key. */
async function enrollWith(
  { url, serial, credential, isQuick }: Invitation,
  known: Omit<ParsedToken<PrivacyIdeaCredential>, "credential" | "secret">,
  { http, isInsecure, trace }: EnrollmentServices,
): Promise<ParsedToken<PrivacyIdeaCredential>> {
  const keys = await makeKeys();
  trace("key pair", `RSA, ${KEY_BITS} bits`);
  const pubkey = keys.publicKey.toString("base64");
  const form = { enrollment_credential: credential, serial, pubkey, fbtoken: NO_PUSH_SERVICE };
  const body = Buffer.from(new URLSearchParams(form).toString());
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const limits = { maxBytes: MAX_REPLY, timeout: MAX_WAITING, isInsecure };
  try {
    trace("request", `POST ${url.origin}${url.pathname}, ${body.length} bytes`);
    const reply = await http({ method: "POST", url, headers, body, ...limits });
    trace("reply", `status ${reply.status}, ${reply.body.length} bytes`);
    const { value, detail } = readReply(reply, url.host);
    if (value !== true) throw new FobError("rejected", t`${url.host} did not take the new token`);
    const serverKey = readServerKey(detail["public_key"], url.host);
    const token: PrivacyIdeaCredential = {
      kind: "push",
      protocol: "privacyidea",
      url: url.href,
      serverKey,
      isQuick,
      isInsecure,
    };
    return { ...known, credential: token, secret: keys.privateKey };
  } catch (error) {
    keys.privateKey.fill(0);
    throw withUsedUpHint(error);
  }
}

function makeKeys(): Promise<{ readonly publicKey: Buffer; readonly privateKey: Buffer }> {
  return promisify(generateKeyPair)("rsa", {
    modulusLength: KEY_BITS,
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "der" },
  });
}

/** Converts the server's key from PKCS #1 in Base64 with line breaks to SubjectPublicKeyInfo. */
function readServerKey(text: unknown, host: string): string {
  if (typeof text !== "string")
    throw new FobError("rejected", t`${host} sent no key to check its requests with`);
  try {
    const key = createPublicKey({ key: Buffer.from(text, "base64"), format: "der", type: "pkcs1" });
    if ((key.asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_SERVER_KEY_BITS) {
      return key.export({ format: "der", type: "spki" }).toString("base64");
    }
  } catch (error) {
    throw new FobError("rejected", t`the key that ${host} sent is none`, { cause: error });
  }
  throw new FobError(
    "rejected",
    t`the key that ${host} sent is shorter than ${MIN_SERVER_KEY_BITS} bits`,
  );
}

function readUrl(parameters: Parameters): URL {
  const text = required(parameters, "url");
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new FobError(
      "invalid",
      t`url is ${show(text)}, which is not the address of a web server`,
    );
  }
  parameters.note("url", url.href, "given");
  return url;
}

/** The serial must be sent unchanged and be fully visible, so invisible characters are refused. */
function readSerial(parameters: Parameters): string {
  const serial = required(parameters, "serial");
  if (cleanSerial(serial, []) === serial) return serial;
  throw new FobError("invalid", t("serial holds control characters, or invisible ones"));
}

function readRest(parameters: Parameters, url: URL): void {
  parameters.take(["ttl"], wholeNumber(1, MAX_TTL), 10);
  parameters.take(["poll_only"], isTrue, false);
  const isVerified = parameters.take(["sslverify"], isTrue, true);
  if (url.protocol === "http:" && !isThisMachine(url.hostname)) {
    parameters.find(
      "warning",
      "server-insecure",
      t("url is http, not https: anybody on the way could answer for the server"),
    );
  } else if (!isVerified && url.protocol === "https:") {
    const message = t(
      "sslverify=0 asks not to check the server's certificate: it is checked all the same",
    );
    parameters.find("info", "certificate-checked", message);
  }
  if (parameters.read("image") !== null)
    parameters.find("info", "image-ignored", t("image has no effect"));
  parameters.find(
    "info",
    "enrolled-online",
    t("it is enrolled with the server that it names, and works once"),
  );
  parameters.findUnknown();
}

function required(parameters: Parameters, name: string): string {
  const value = parameters.read(name);
  if (value !== null) return value;
  throw parameters.missing(name);
}

function isTrue(text: string, name: string): boolean {
  if (YES.test(text)) return true;
  if (/^(?:false|0|no)$/i.test(text)) return false;
  throw new FobError("invalid", t`${name} is ${show(text)}: True and False are possible`);
}
