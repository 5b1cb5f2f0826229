import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import type { HttpReply } from "#base/http-client.ts";
import { plural, t } from "#base/language.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import type { ProtocolDefinition, PushServices } from "#push/provider.ts";
import type { PushTokenOf } from "#push/push-token.ts";
import { jsonOf, words } from "#push/server-words.ts";
import type { TiqrCredential } from "#token/push-credential.ts";
import type { Token } from "#token/token.ts";
import { tiqrEnrollment } from "./tiqr-enrollment.ts";
import { number, postForm, refuseDoubtfulYes, refuseServerTrouble } from "./tiqr-form.ts";
import { refuseOtherSchemes } from "./tiqr-schemes.ts";

/**
 * A login request of a TiQR server, from its QR code or link. It is not signed: whether it is
 * genuine is known only when the server accepts the answer.
 */
export interface TiqrChallenge {
  /** The identifier of the service, as at enrollment, in lower case. */
  readonly service: string;
  /** The user to log in; null for any user with a token of the service. */
  readonly identity: string | null;
  /** Identifies the login. */
  readonly sessionKey: string;
  /** The OCRA challenge. */
  readonly question: string;
  /**
   * The server's name for the place of the login; null when it sends none. Not safe for a terminal.
   */
  readonly place: string | null;
}

/** A token that answers TiQR challenges. */
export type TiqrToken = PushTokenOf<"tiqr">;

/** TiQR: the person scans each request, and the answer is an OCRA response (RFC 6287). */
export const tiqr = {
  enrollment: tiqrEnrollment,
  provider: null,
} satisfies ProtocolDefinition<"tiqr">;

/** The maximum length of a challenge in characters, more than a QR code can hold. */
const MAX_LENGTH = 8_192;

/**
 * `tiqrauth://IDENTITY@SERVICE/SESSION/QUESTION/PLACE/VERSION`; identity, place and version are
 * optional.
 */
const CHALLENGE =
  /^tiqrauth:\/\/(?:([^/]*)@)?([^/@?]+)\/([^/?]+)\/([^/?]+)(?:\/([^/?]*))?(?:\/[^?]*)?(?:\?.*)?$/i;

/**
 * The link that opens an app: `https://HOST/tiqrauth/?u=IDENTITY&s=SESSION&q=QUESTION&i=SERVICE`.
 */
const LINK = /^https:\/\/[^/?#]+\/tiqrauth\/?\?/i;

/** The maximum size of a reply, which is a word or a small JSON object, in bytes. */
const MAX_REPLY = 16 * 1024;

/** Whether a text has the form of a TiQR challenge, valid or not. */
export function isTiqrChallenge(text: string): boolean {
  return /^tiqrauth:/i.test(text) || LINK.test(text);
}

/** Whether a token answers TiQR challenges. */
export function isTiqrToken(token: Token): token is TiqrToken {
  return token.credential.kind === "push" && token.credential.protocol === "tiqr";
}

/** Parses the challenge of a login page. Throws FobError `invalid`. */
export function parseTiqrChallenge(text: string): TiqrChallenge {
  const given = text.trim();
  refuseOtherSchemes(given);
  const parts =
    given.length > MAX_LENGTH ? null : LINK.test(given) ? readLink(given) : readScheme(given);
  if (parts) return parts;
  throw new FobError("invalid", t("this is no TiQR challenge"), {
    hint: t("a login page's QR code holds one: tiqrauth://IDENTITY@SERVICE/SESSION/QUESTION/..."),
  });
}

/**
 * Throws FobError `rejected` when a challenge is for another service or user: a phishing page may
 * have copied it.
 */
export function refuseOtherService(
  { service, identity }: TiqrChallenge,
  { name, credential }: TiqrToken,
): void {
  if (service !== credential.service.toLowerCase()) {
    throw new FobError(
      "rejected",
      t`this login is at ${service}, and ${name} is for ${credential.service}`,
      {
        hint: t("is the login page the one that you meant to open?"),
      },
    );
  }
  if (identity === null || identity === credential.identity) return;
  throw new FobError(
    "rejected",
    t`this login is for ${identity}, and ${name} is ${credential.identity}'s`,
  );
}

/**
 * The session information for a token's suite: the session key of the challenge, which must be
 * hexadecimal. Null when the suite has no S. Throws FobError `invalid`.
 */
export function sessionInformation(
  { sessionKey }: TiqrChallenge,
  { suite }: TiqrCredential,
): Buffer | null {
  if (parseOcraSuite(suite).session === null) return null;
  if (/^(?:[0-9a-f]{2})+$/i.test(sessionKey)) return Buffer.from(sessionKey, "hex");
  throw new FobError("invalid", t("the session key of this TiQR challenge is not hexadecimal"));
}

/**
 * Sends the response to the server of the token's enrollment, never to an address in the challenge.
 * Returns what the server says of an accepted login, safe for a terminal, or null. Rejects with
 * FobError `rejected` and the server's reason, or `unavailable`.
 */
export async function sendTiqrResponse(
  { sessionKey }: TiqrChallenge,
  { credential }: TiqrToken,
  response: string,
  { http }: Pick<PushServices, "http">,
): Promise<string | null> {
  const { identity, isInsecure } = credential;
  const url = new URL(credential.url);
  const reply = await postForm(
    http,
    { url, isInsecure, maxBytes: MAX_REPLY },
    { operation: "login", userId: identity, sessionKey, response },
  );
  refuseServerTrouble(reply, url.host);
  const { word, count, message } = readReply(reply);
  if (word === "") throw noTiqrServer(url.host, reply);
  if (word !== "OK") throw withMessage(refusal(word, count, url.host), message);
  refuseDoubtfulYes(reply, url.host);
  return message;
}

function readScheme(text: string): TiqrChallenge | null {
  const [, identity, service = "", sessionKey = "", question = "", place] =
    CHALLENGE.exec(text) ?? [];
  if (sessionKey === "") return null;
  return {
    service: service.toLowerCase(),
    identity: identity === undefined || identity === "" ? null : decode(identity),
    sessionKey,
    question,
    place: place === undefined || place === "" ? null : decode(place),
  };
}

function readLink(text: string): TiqrChallenge | null {
  const parameters = new URLSearchParams(text.replace(LINK, ""));
  const [service, sessionKey, question] = ["i", "s", "q"].map((name) => parameters.get(name));
  if (!service || !sessionKey || !question) return null;
  return {
    service: service.toLowerCase(),
    identity: parameters.get("u"),
    sessionKey,
    question,
    place: null,
  };
}

/** Decodes percent-encoding; servers write a space as a plus sign. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (error) {
    throw new FobError("invalid", t("the percent-encoding of this TiQR challenge is broken"), {
      cause: error,
    });
  }
}

/** The words of version 1 for the numbers of version 2. */
const WORDS: Readonly<Record<number, string>> = {
  1: "OK",
  201: "INVALID_RESPONSE",
  202: "INVALID_REQUEST",
  203: "INVALID_CHALLENGE",
  204: "ACCOUNT_BLOCKED",
  205: "INVALID_USERID",
};

const BLOCKED = 204;

const ReplySchema = v.object({
  responseCode: number,
  // what is no number says nothing, and is no reason not to read the rest
  attemptsLeft: v.fallback(v.nullish(number), null),
  duration: v.fallback(v.nullish(number), null),
  message: v.nullish(v.string()),
});

interface TiqrReply {
  readonly word: string;
  /** The attempts that are left, or for how many minutes the account is blocked. */
  readonly count: number | null;
  /** What version 2 says besides, for people; cut, and safe for a terminal. */
  readonly message: string | null;
}

function readReply({ body }: HttpReply): TiqrReply {
  const parsed = v.safeParse(ReplySchema, jsonOf(body));
  if (parsed.success) {
    const { responseCode, attemptsLeft, duration, message } = parsed.output;
    return {
      word: WORDS[responseCode] ?? String(responseCode),
      count: (responseCode === BLOCKED ? duration : attemptsLeft) ?? null,
      message: words(message),
    };
  }
  const [, word = "", count] =
    /^([A-Z_]+)(?::(\d{1,6}))?$/.exec(body.toString("utf8").trim()) ?? [];
  return { word, count: count === undefined ? null : Number(count), message: null };
}

function noTiqrServer(host: string, { status }: HttpReply): FobError {
  const what =
    status === 200 ? t("answers what no TiQR server does") : t`answers with status ${status}`;
  return new FobError("unavailable", t`${host} ${what}`);
}

/** The refusal with what the server says of it. */
function withMessage(refused: FobError, message: string | null): FobError {
  if (message === null) return refused;
  const { code, hint } = refused;
  return new FobError(code, t`${refused.message}: ${message}`, hint === undefined ? {} : { hint });
}

function refusal(word: string, count: number | null, host: string): FobError {
  switch (word) {
    case "INVALID_CHALLENGE":
      return new FobError(
        "rejected",
        t`${host} does not know this login: it was answered already, or has expired`,
        {
          hint: t("start the login anew"),
        },
      );
    case "INVALID_RESPONSE":
      return new FobError("rejected", t`${host} does not take the response${attempts(count)}`, {
        hint: t("if the next login fails as well, the token must be enrolled anew"),
      });
    case "ACCOUNT_BLOCKED":
      return new FobError(
        "rejected",
        // 0 minutes are how some servers write that it is blocked for ever
        t`${host} has blocked this account${count ? t` for ${count} min` : ""}`,
      );
    case "INVALID_USERID":
    case "INVALID_USER":
      return new FobError("rejected", t`${host} does not know this user (any more)`);
    case "INVALID_REQUEST":
      return new FobError("rejected", t`${host} does not understand the answer`);
    default:
      return new FobError("rejected", t`${host} does not accept this login (${word})`);
  }
}

function attempts(left: number | null): string {
  if (left === null) return "";
  if (left <= 0) return t(", and has blocked this account");
  return t` (${plural(left, "attempt")} left)`;
}
