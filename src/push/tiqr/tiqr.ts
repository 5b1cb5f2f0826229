import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import type { HttpReply } from "#base/http-client.ts";
import { plural, t } from "#base/language.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import type { ProtocolDefinition, PushServices } from "#push/provider.ts";
import type { PushTokenOf } from "#push/push-token.ts";
import type { TiqrCredential } from "#token/push-credential.ts";
import type { Token } from "#token/token.ts";
import { tiqrEnrollment } from "./tiqr-enrollment.ts";
import { postForm } from "./tiqr-form.ts";

/**
 * A login that a TiQR server asks about, as its QR code or link says it. It is not signed: only
 * the server can tell, when it is answered, whether it is genuine.
 */
export interface TiqrChallenge {
  /** Whose login it is for: the identifier that the service was enrolled with. In lower case. */
  readonly service: string;
  /** Who is to log in; null where anybody can who has a token of the service. */
  readonly identity: string | null;
  /** Which login it is. */
  readonly sessionKey: string;
  /** What is answered with OCRA. */
  readonly question: string;
  /**
   * Where the login is, as the server calls it; null when it does not say. Not safe for a terminal.
   */
  readonly place: string | null;
}

/** A token that answers TiQR challenges. */
export type TiqrToken = PushTokenOf<"tiqr">;

/** TiQR: the person scans each request, and it is answered with OCRA (RFC 6287). */
export const tiqr = {
  enrollment: tiqrEnrollment,
  provider: null,
  answerMethod({ suite }) {
    const { algorithm, digits } = parseOcraSuite(suite);
    return { algorithm, digits, alphabet: digits === 0 ? "hexadecimal" : "decimal", suite };
  },
} satisfies ProtocolDefinition<"tiqr">;

/** Longer than any QR code holds, in characters. */
const MAX_LENGTH = 8_192;

/**
 * `tiqrauth://IDENTITY@SERVICE/SESSION/QUESTION/PLACE/VERSION`; identity, place and version may be
 * missing.
 */
const CHALLENGE =
  /^tiqrauth:\/\/(?:([^/]*)@)?([^/@?]+)\/([^/?]+)\/([^/?]+)(?:\/([^/?]*))?(?:\/[^?]*)?(?:\?.*)?$/i;

/**
 * The link that opens an app: `https://HOST/tiqrauth/?u=IDENTITY&s=SESSION&q=QUESTION&i=SERVICE`.
 */
const LINK = /^https:\/\/[^/?#]+\/tiqrauth\/?\?/i;

/** A server's reply is a word or a little JSON, in bytes. */
const MAX_REPLY = 16 * 1024;

/** Whether a text is meant as a TiQR challenge, right or wrong. */
export function isTiqrChallenge(text: string): boolean {
  return /^tiqrauth:/i.test(text) || LINK.test(text);
}

/** Whether a token answers TiQR challenges. */
export function isTiqrToken(token: Token): token is TiqrToken {
  return token.credential.kind === "push" && token.credential.protocol === "tiqr";
}

/** Reads what a login page shows. Throws FobError `invalid`. */
export function parseTiqrChallenge(text: string): TiqrChallenge {
  const given = text.trim();
  const parts =
    given.length > MAX_LENGTH ? null : LINK.test(given) ? readLink(given) : readScheme(given);
  if (parts) return parts;
  throw new FobError("invalid", t("this is no TiQR challenge"), {
    hint: t("a login page's QR code holds one: tiqrauth://IDENTITY@SERVICE/SESSION/QUESTION/..."),
  });
}

/**
 * Throws FobError `rejected` when a challenge is not for this token: another service's login page
 * may have copied it.
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
 * The session information that a token's suite wants of a challenge: its session key, which is
 * hexadecimal then. Null where the suite has no S. Throws FobError `invalid`.
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
 * Gives the server that a token was enrolled with the response to a challenge: whatever the
 * challenge says, it goes nowhere else. Rejects with FobError `rejected` saying why the server does
 * not take it, `unavailable` when it cannot be asked.
 */
export async function sendTiqrResponse(
  { sessionKey }: TiqrChallenge,
  { credential }: TiqrToken,
  response: string,
  { http }: Pick<PushServices, "http">,
): Promise<void> {
  const { identity, isInsecure } = credential;
  const url = new URL(credential.url);
  const reply = await postForm(
    http,
    { url, isInsecure, maxBytes: MAX_REPLY },
    { operation: "login", userId: identity, sessionKey, response },
  );
  const { word, count } = readReply(reply);
  if (word !== "OK") throw refusal(word, count, url.host);
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

/** Servers write a space as a plus sign. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (error) {
    throw new FobError("invalid", t("the percent-encoding of this TiQR challenge is broken"), {
      cause: error,
    });
  }
}

/** What version 2 says in numbers, and version 1 in these words. */
const WORDS: Readonly<Record<number, string>> = {
  1: "OK",
  201: "INVALID_RESPONSE",
  202: "INVALID_REQUEST",
  203: "INVALID_CHALLENGE",
  204: "ACCOUNT_BLOCKED",
  205: "INVALID_USERID",
};

const ReplySchema = v.object({
  responseCode: v.number(),
  attemptsLeft: v.optional(v.number()),
  duration: v.optional(v.number()),
});

/**
 * The server's word, and the number with it: the attempts that are left, or for how many minutes
 * the account is blocked.
 */
function readReply({ body }: HttpReply): { word: string; count: number | null } {
  const said = body.toString("utf8").trim();
  const parsed = v.safeParse(ReplySchema, parseJson(said));
  if (parsed.success) {
    const { responseCode, attemptsLeft, duration } = parsed.output;
    return {
      word: WORDS[responseCode] ?? String(responseCode),
      count: attemptsLeft ?? duration ?? null,
    };
  }
  const [, word = "", count] = /^([A-Z_]+)(?::(\d{1,6}))?$/.exec(said) ?? [];
  return { word, count: count === undefined ? null : Number(count) };
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
        t`${host} has blocked this account${count === null ? "" : t` for ${count} min`}`,
      );
    case "INVALID_USERID":
    case "INVALID_USER":
      return new FobError("rejected", t`${host} does not know this user (any more)`);
    case "INVALID_REQUEST":
      return new FobError("rejected", t`${host} does not understand the answer`);
    default:
      return new FobError(
        "rejected",
        t`${host} does not accept this login${word === "" ? "" : ` (${word})`}`,
      );
  }
}

function attempts(left: number | null): string {
  if (left === null) return "";
  if (left <= 0) return t(", and has blocked this account");
  return t` (${plural(left, "attempt")} left)`;
}

/** Undefined for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
