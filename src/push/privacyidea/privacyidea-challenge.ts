import type { KeyObject } from "node:crypto";
import canonicalize from "canonicalize";
import * as v from "valibot";
import { t } from "#base/language.ts";
import type { PushChallenge } from "#push/provider.ts";
import { verifiesText } from "./privacyidea-signature.ts";

/**
 * How long a server waits for an answer unless its administrator decided otherwise, in seconds; it
 * does not tell.
 */
const LIFETIME = 120;

/** More requests at once are not looked at. */
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

/** What a privacyIDEA challenge says beyond what every protocol's does. */
export interface PrivacyIdeaData {
  /** Whether the server takes the reason of a denial. */
  readonly takesReasons: boolean;
  /**
   * What is sent for each option: a server compares it letter by letter, and an administrator may
   * have put blanks around it.
   */
  readonly presenceAnswers: ReadonlyMap<string, string>;
  /**
   * What the person types at the login page, where the server says so before it is answered. Not
   * safe for a terminal.
   */
  readonly displayCode: string | null;
}

/** Whom challenges must come from, and whom they must be for. */
export interface Expected {
  readonly serial: string;
  readonly serverKey: KeyObject;
}

/** The challenges of a poll that can be trusted, and why the others cannot. */
export function readChallenges(value: unknown, expected: Expected) {
  const listed: readonly unknown[] = Array.isArray(value) ? value : [];
  const challenges = new Map<string, PushChallenge>();
  const refusals = Array.isArray(value) ? [] : [t("the server's list of requests is none")];
  for (const one of listed.slice(-MAX_CHALLENGES)) {
    const read = readChallenge(one, expected);
    if (typeof read === "string") refusals.push(read);
    else if (challenges.has(read.nonce))
      refusals.push(t("a request was dropped: it came twice at once"));
    else challenges.set(read.nonce, read);
  }
  const left = listed.length - MAX_CHALLENGES;
  if (left > 0)
    refusals.push(t`${left} requests were dropped: no more than ${MAX_CHALLENGES} are looked at`);
  return { challenges: [...challenges.values()], refusals };
}

/** A challenge, or why it is dropped. Nothing of one that is not signed is repeated. */
function readChallenge(value: unknown, { serial, serverKey }: Expected): PushChallenge | string {
  const parsed = v.safeParse(ChallengeSchema, value);
  if (!parsed.success) return t("a request was dropped: it makes no sense");
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
 * What depends on how the login is to be confirmed comes last: the options, or the code that some
 * servers already tell.
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
 * What the server can do besides; nothing where it does not say or did not sign it, null where the
 * signature is of something else.
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
