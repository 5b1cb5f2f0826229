import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import type { HttpReply } from "#base/http-client.ts";
import { t } from "#base/language.ts";
import { isThisMachine } from "#base/this-machine.ts";
import { type OcraSuite, parseOcraSuite } from "#otp/ocra-suite.ts";
import { OtpError } from "#otp/otp-error.ts";
import { withAskedHint, withUsedUpHint } from "#push/lost-reply.ts";
import type { PushEnrollment } from "#push/provider.ts";
import { jsonOf, words } from "#push/server-words.ts";
import { shortenName } from "#token/clean-name.ts";
import type {
  EnrollmentServices,
  Finding,
  ParsedOnline,
  ParsedToken,
} from "#token/draft/parsed-token.ts";
import { cleanSerial } from "#token/draft/uri-label.ts";
import type { TiqrCredential } from "#token/push-credential.ts";
import { forget } from "#token/secret.ts";
import {
  number,
  PROTOCOL,
  postForm,
  refuseDoubtfulYes,
  refuseServerTrouble,
  TIMEOUT,
} from "./tiqr-form.ts";

/**
 * `tiqrenroll://` and the address of the metadata, or a link that opens an app, with the path
 * `/tiqrenroll`.
 */
const SCHEME = /^tiqrenroll:\/\//i;
const LINK = /^https:\/\/[^/?#]+\/tiqrenroll\/?\?/i;

/** The default suite of TiQR apps (tiqr-server-libphp). */
const DEFAULT_SUITE = "OCRA-1:HOTP-SHA1-6:QH10-S";

/** The length of new secrets: servers may require up to 32 bytes. */
const SECRET_BYTES = 32;

/**
 * The maximum size of a reply in bytes. Metadata is a few names and addresses; any other reply is a
 * word.
 */
const MAX_REPLY = 64 * 1024;

/**
 * TiQR: the string has the address of the metadata, which works once. fob makes the secret and
 * sends it to the server (the protocol of the TiQR project, versions 1 and 2, as its own servers
 * and privacyIDEA implement it).
 */
export const tiqrEnrollment = {
  id: "tiqr",
  example: "tiqrenroll://...",
  matches: (text) => SCHEME.test(text) || LINK.test(text),
  parseOnline: parseTiqrUri,
} as const satisfies PushEnrollment;

function parseTiqrUri(text: string): ParsedOnline {
  const address = readAddress(text);
  const findings: Finding[] = [
    {
      severity: "info",
      code: "enrolled-online",
      message: t("it is enrolled with the server that it names, and works once"),
    },
  ];
  if (address.protocol === "http:" && !isThisMachine(address.hostname)) {
    const message = t("its server has no TLS: anybody on the way could take the new token");
    findings.push({ severity: "warning", code: "server-insecure", message });
  }
  const serial = cleanSerial(address.searchParams.get("serial") ?? "", findings);
  return {
    name: null,
    issuer: null,
    account: null,
    serial,
    server: address.host,
    fields: [
      { name: "server", value: address.host, origin: "given" },
      { name: "metadata", value: address.href, origin: "given", isSecret: address.search !== "" },
    ],
    findings,
    complete: (services) => enroll(address, serial, services),
  };
}

function readAddress(text: string): URL {
  const address = SCHEME.test(text)
    ? // parsers of URLs take the colon of an address within an address away
      text.replace(SCHEME, "").replace(/^(https?):?\/\//i, "$1://")
    : new URLSearchParams(text.replace(LINK, "")).get("metadata");
  const url = address !== null && URL.canParse(address) ? new URL(address) : null;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new FobError("invalid", t("the TiQR enrollment names no address of a web server"));
}

async function enroll(
  address: URL,
  serial: string | null,
  services: EnrollmentServices,
): Promise<[ParsedToken<TiqrCredential>]> {
  const { service, identity } = await fetchMetadata(address, services).catch(throwLost);
  const secret = services.randomBytes(SECRET_BYTES);
  try {
    await handOver(secret, service.enrollmentUrl, services);
  } catch (error) {
    forget(secret);
    throw withUsedUpHint(error);
  }
  const credential: TiqrCredential = {
    kind: "push",
    protocol: "tiqr",
    service: service.identifier,
    identity: identity.identifier,
    suite: service.ocraSuite,
    url: service.authenticationUrl.href,
    isQuick: false,
    isInsecure: services.isInsecure,
  };
  const issuer = shortenName(service.displayName) ?? shortenName(service.identifier);
  const account = shortenName(identity.displayName) ?? shortenName(identity.identifier);
  const names = { name: issuer, issuer, account };
  return [{ ...names, serial, credential, secret, fields: [], findings: [] }];
}

function throwLost(error: unknown): never {
  throw withAskedHint(error);
}

/** The name to show, where a server gives one: its identifier stands for it otherwise. */
const shownName = v.nullish(v.pipe(v.string(), v.maxLength(4096)), "");
const text = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const address = v.pipe(
  v.string(),
  v.maxLength(4096),
  v.check((given) => URL.canParse(given)),
  v.transform((given) => new URL(given)),
);

const MetadataSchema = v.object({
  service: v.object({
    displayName: shownName,
    identifier: text,
    authenticationUrl: address,
    enrollmentUrl: address,
    ocraSuite: v.optional(text, DEFAULT_SUITE),
  }),
  identity: v.object({ identifier: text, displayName: shownName }),
});

type Metadata = v.InferOutput<typeof MetadataSchema>;

async function fetchMetadata(
  url: URL,
  { http, isInsecure, trace }: EnrollmentServices,
): Promise<Metadata> {
  const request = {
    method: "GET",
    url,
    headers: PROTOCOL,
    maxBytes: MAX_REPLY,
    timeout: TIMEOUT,
    isInsecure,
  } as const;
  const reply = await http(request);
  trace("metadata", `status ${reply.status}, ${reply.body.length} bytes`);
  refuseServerTrouble(reply, url.host);
  if (reply.status !== 200) {
    throw new FobError(
      "rejected",
      t`${url.host} does not know this enrollment (status ${reply.status})`,
      {
        hint: t("it works once, and for a short time: ask for another one"),
      },
    );
  }
  const parsed = v.safeParse(MetadataSchema, jsonOf(reply.body));
  if (!parsed.success) {
    const where = v.getDotPath(parsed.issues[0]) ?? t("the whole");
    throw new FobError(
      "rejected",
      t`${url.host} says of the token what no TiQR server says: ${where} is wrong`,
    );
  }
  refuseOtherServers(url, parsed.output);
  refuseSuite(parsed.output.service.ocraSuite);
  return parsed.output;
}

/**
 * Refuses to send the secret to any other server than the one in the string. Responses may go to
 * another server, because they open only the login that was asked for. Neither may go without TLS
 * unless the enrollment itself does.
 */
function refuseOtherServers(
  url: URL,
  { service: { enrollmentUrl, authenticationUrl } }: Metadata,
): void {
  if (enrollmentUrl.host !== url.host) {
    throw new FobError(
      "rejected",
      t`${url.host} wants the new secret to be sent to ${enrollmentUrl.host}`,
      {
        hint: t("nothing was sent; only the server that the enrollment names should know it"),
      },
    );
  }
  for (const { protocol, host } of [enrollmentUrl, authenticationUrl]) {
    if (protocol === "https:" || (protocol === "http:" && url.protocol === "http:")) continue;
    throw new FobError("rejected", t`${url.host} wants ${host} to be reached without TLS`);
  }
}

function refuseSuite(given: string): void {
  const { counter, pin } = parseSuite(given);
  if (!counter && pin === null) return;
  throw new FobError(
    "rejected",
    t`the suite ${given} needs a counter or a PIN, which TiQR has not`,
  );
}

function parseSuite(given: string): OcraSuite {
  try {
    return parseOcraSuite(given);
  } catch (error) {
    if (error instanceof OtpError)
      throw new FobError("rejected", t`the server's ${error.message}`, { cause: error });
    throw error;
  }
}

async function handOver(
  secret: Buffer,
  url: URL,
  { http, isInsecure, trace }: EnrollmentServices,
): Promise<void> {
  const reply = await postForm(
    http,
    { url, isInsecure, maxBytes: MAX_REPLY },
    { operation: "register", secret: secret.toString("hex") },
  );
  trace("secret", `status ${reply.status}, ${reply.body.length} bytes`);
  refuseServerTrouble(reply, url.host);
  const refusal = refusalOf(reply);
  if (refusal === null) return refuseDoubtfulYes(reply, url.host);
  throw new FobError("rejected", t`${url.host} does not take the new token: ${refusal}`, {
    hint: t("nothing is enrolled; ask for another enrollment"),
  });
}

const ReplySchema = v.object({ responseCode: number, message: v.nullish(v.string(), "") });

/**
 * Why the server refused, or null on success: `OK` in version 1, `{"responseCode": 1}` in version
 * 2.
 */
function refusalOf(reply: HttpReply): string | null {
  const said = reply.body.toString("utf8").trim();
  const parsed = v.safeParse(ReplySchema, jsonOf(reply.body));
  const isTaken = parsed.success ? parsed.output.responseCode === 1 : said === "OK";
  if (isTaken) return null;
  const reason = parsed.success
    ? parsed.output.message || t`code ${parsed.output.responseCode}`
    : said;
  return words(reason) ?? t`status ${reply.status}`;
}
