import type { KeyObject } from "node:crypto";
import canonicalize from "canonicalize";
import * as v from "valibot";
import { t } from "#base/language.ts";
import type { PushChallenge } from "#push/provider.ts";
import { verifiesText } from "./privacyidea-signature.ts";

/**
 * The default time that servers wait for an answer, in seconds. Servers do not send the configured
 * time.
 */
const LIFETIME = 120;

/** The maximum number of requests in a reply; further ones are dropped. */
const MAX_CHALLENGES = 1_000;

/** The longest text of a request, in UTF-16 units. */
const MAX_TEXT = 2_000;
const MAX_OPTIONS = 20;

const text = v.pipe(v.string(), v.maxLength(MAX_TEXT));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(256));

const ChallengeSchema = v.object({
  nonce: name,
  url: text,
  serial: v.string(),
  question: text,
  title: text,
  sslverify: v.pipe(v.union([v.string(), v.number()]), v.transform(String)),
  signature: v.string(),
  require_presence: v.nullish(text),
  display_code: v.nullish(text),
  capabilities: v.nullish(text),
  capabilities_signature: v.nullish(v.string()),
});

type Received = v.InferOutput<typeof ChallengeSchema>;

/** The fields of a challenge that only privacyIDEA has. */
export interface PrivacyIdeaData {
  /** Whether the server accepts the reason of a denial. */
  readonly takesReasons: boolean;
  /**
   * The answer for each option. The server compares it exactly, with any spaces that an
   * administrator has put around it.
   */
  readonly presenceAnswers: ReadonlyMap<string, string>;
  /**
   * The code that the person types at the login page, if the server sends it with the request. Not
   * safe for a terminal.
   */
  readonly displayCode: string | null;
}

/** The server, and the serial and server key that challenges must match. */
export interface Expected {
  /** The host's name, for messages. */
  readonly host: string;
  readonly serial: string;
  readonly serverKey: KeyObject;
}

/** The challenges of a poll that can be trusted, and why the others cannot. */
export function readChallenges(listed: readonly unknown[], expected: Expected) {
  const challenges = new Map<string, PushChallenge>();
  const refusals: string[] = [];
  let isGarbled = false;
  for (const one of listed.slice(-MAX_CHALLENGES)) {
    const read = readChallenge(one, expected);
    if (read === null) isGarbled = true;
    else if (typeof read === "string") refusals.push(read);
    else if (challenges.has(read.nonce))
      refusals.push(t("a request was dropped: it came twice at once"));
    else challenges.set(read.nonce, read);
  }
  const left = listed.length - MAX_CHALLENGES;
  if (left > 0)
    refusals.push(t`${left} requests were dropped: no more than ${MAX_CHALLENGES} are looked at`);
  const garbage = isGarbled ? t`${expected.host} lists what is no login request` : null;
  return { challenges: [...challenges.values()], refusals, garbage };
}

/**
 * A challenge, or the reason why it is dropped; null for what is none. The reason contains no text
 * of an unverified challenge.
 */
function readChallenge(
  value: unknown,
  { serial, serverKey }: Expected,
): PushChallenge | string | null {
  const parsed = v.safeParse(ChallengeSchema, value);
  if (!parsed.success) return null;
  const received = parsed.output;
  if (!verifiesText(signedText(received), received.signature, serverKey)) {
    return t("a request was dropped: the server that this token was enrolled with did not sign it");
  }
  if (received.serial !== serial) return t("a request was dropped: it is for another token");
  const capabilities = readCapabilities(received, serverKey);
  if (capabilities === null)
    return t("a request was dropped: what the server says it can do was altered");
  const presenceAnswers = presenceAnswersOf(received);
  if (presenceAnswers.size > MAX_OPTIONS)
    return t("a request was dropped: it offers too much to choose from");
  const takesReasons = capabilities["decline_reason"] === true;
  const data: PrivacyIdeaData = {
    takesReasons,
    presenceAnswers,
    displayCode: received.display_code || null,
  };
  const { nonce, title, question } = received;
  return { nonce, title, question, options: [...presenceAnswers.keys()], lifetime: LIFETIME, data };
}

/**
 * The signed text. Its last part depends on the mode: the options, or the code that some servers
 * send with the request.
 */
function signedText(received: Received): string {
  const { nonce, url, serial, question, title, sslverify, require_presence, display_code } =
    received;
  const parts = [
    nonce,
    url,
    serial,
    question,
    title,
    sslverify,
    require_presence ?? (display_code || null),
  ];
  return parts.filter((part) => part != null).join("|");
}

function presenceAnswersOf({ require_presence }: Received): ReadonlyMap<string, string> {
  const answers = (require_presence ?? "")
    .split(",")
    .map((answer) => [answer.trim(), answer] as const);
  return new Map(answers.filter(([option]) => option !== ""));
}

/**
 * The server's capabilities: empty when it sends none or does not sign them, null when the
 * signature is wrong.
 */
function readCapabilities(
  { nonce, capabilities: json, capabilities_signature: signature }: Received,
  serverKey: KeyObject,
): Readonly<Record<string, unknown>> | null {
  if (json == null || signature == null) return {};
  const parsed = v.safeParse(
    v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown())),
    json,
  );
  const signed = parsed.success && canonicalize({ capabilities: parsed.output, nonce });
  if (!parsed.success || typeof signed !== "string") return null;
  return verifiesText(signed, signature, serverKey) ? parsed.output : null;
}
