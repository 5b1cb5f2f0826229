import * as v from "valibot";
import { decodeError, encodeError } from "#base/error-json.ts";
import { FobError } from "#base/fob-error.ts";
import { spokenLanguage, t } from "#base/language.ts";
import { decodeToken, encodeToken, type TokenJson } from "#token/codec.ts";
import { parseIsoDate } from "#token/iso-date.ts";
import type { TokenState } from "#vault/tokens/authenticator.ts";
import type { Response } from "#vault/tokens/responses.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import { COMMAND_REQUESTS } from "./command-protocol.ts";
import { strangeAnswer } from "./strange-answer.ts";

/** A client that sends a longer line is disconnected. In UTF-16 units. */
export const MAX_LINE = 64 * 1024;

/** How many login requests one line may deny, so that the reply comes in time. */
export const MAX_DENIALS = 50;

const text = v.pipe(v.string(), v.maxLength(4096));
const secretText = v.nullish(v.pipe(v.string(), v.maxLength(1024)), null);
const optionalText = v.nullish(text, null);
/** The process of a client that is fob, for the log alone. */
const pid = v.nullish(v.pipe(v.number(), v.integer(), v.minValue(1)), null);
const time = v.nullish(
  v.pipe(
    v.string(),
    v.transform((iso) => parseIsoDate(iso)),
    v.check((date) => date?.hasZone === true),
    v.transform((date) => date?.time ?? null),
  ),
  null,
);

const RequestSchema = v.variant("do", [
  v.object({ do: v.literal("list") }),
  /** From then on the client uses this grant's tokens, and nothing else. */
  v.object({ do: v.literal("grant"), grant: text }),
  /** Writes the uses to the log that are still to be written. */
  v.object({ do: v.literal("write-uses") }),
  v.object({ do: v.literal("names") }),
  v.object({ do: v.literal("tags") }),
  v.object({ do: v.literal("find"), name: text }),
  v.object({ do: v.literal("look"), name: text }),
  v.object({
    do: v.literal("code"),
    name: text,
    asked: v.nullish(v.boolean(), false),
    typed: v.nullish(v.boolean(), false),
    pid,
    quick: v.nullish(v.boolean(), false),
    at: time,
    pin: secretText,
    passcodePin: secretText,
    biometricKey: secretText,
    /** Whether the passcode is listed among others, which is no use of its token. */
    listed: v.nullish(v.boolean(), false),
  }),
  v.object({
    do: v.literal("challenge"),
    name: text,
    asked: v.nullish(v.boolean(), false),
    typed: v.nullish(v.boolean(), false),
    pid,
    challenge: text,
    serverChallenge: optionalText,
    serverResponse: optionalText,
    session: optionalText,
    at: time,
    pin: secretText,
    challengePin: secretText,
    biometricKey: secretText,
  }),
  v.object({
    do: v.literal("push-list"),
    name: optionalText,
    pin: secretText,
    biometricKey: secretText,
  }),
  v.object({
    do: v.literal("push-answer"),
    id: text,
    answer: v.picklist(["approve", "deny", "report"]),
    choice: optionalText,
    pin: secretText,
    biometricKey: secretText,
  }),
  v.object({
    do: v.literal("push-deny"),
    ids: v.pipe(v.array(text), v.maxLength(MAX_DENIALS)),
    report: v.nullish(v.boolean(), false),
  }),
  v.object({ do: v.literal("push-history"), name: text }),
  ...COMMAND_REQUESTS,
]);

/** Optional in every request: a language in the form of FOB_LANG, `de` or `de_AT`. */
const LanguageSchema = v.object({ language: v.pipe(v.string(), v.maxLength(32)) });

/** A request in its JSON form. A NAME is matched as on the command line; absent PINs are null. */
export type Request = v.InferOutput<typeof RequestSchema>;

/** A request as a client may write it, with optional fields left out. */
export type RequestInput = v.InferInput<typeof RequestSchema>;

/** An agent's report on itself. */
export interface AgentStatus {
  readonly pid: number;
  readonly socket: string;
  readonly vault: string;
  readonly unlockedAt: string;
  /** The latest time at which it locks. */
  readonly endsAt: string;
  /** It locks after this many seconds without a request. */
  readonly idleSeconds: number;
  /** The login requests that it polls for; null where it does not poll. */
  readonly push: { readonly tokens: number; readonly waiting: number } | null;
}

/** The reply to a grant, for the client's own messages. */
export interface GrantedJson {
  readonly label: string;
  readonly rights: readonly string[];
}

/** A request as a line, with this process's language for the texts of the reply. */
export function encodeRequest(request: RequestInput): string {
  const language = spokenLanguage();
  return JSON.stringify(language === null ? request : { ...request, language });
}

/** The language that a line requests, even if the request is invalid; null for English. */
export function languageOfRequest(line: string): string | null {
  if (!line.includes('"language"')) return null;
  try {
    return v.parse(LanguageSchema, JSON.parse(line)).language;
  } catch {
    // `parseRequest` reports the error
    return null;
  }
}

/** Reads a line that begins with `{`. Throws FobError `usage`. */
export function parseRequest(line: string): Request {
  const parsed = v.safeParse(RequestSchema, parseJson(line));
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  const where = v.getDotPath(issue);
  // valibot's own message would repeat the input, which may be a PIN
  throw new FobError(
    "usage",
    where === null
      ? t("the request is not one that is known")
      : t`the request has a wrong "${where}"`,
  );
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new FobError("usage", t("the request is not JSON"));
  }
}

/** A reply to a JSON request, with its value. */
export function encodeReply(value: unknown): string {
  return JSON.stringify({ ok: value }, (_, item) =>
    typeof item === "bigint" ? counterJson(item) : item,
  );
}

/** The reply to a request that failed. */
export function encodeRefusal(error: FobError): string {
  return JSON.stringify({ error: encodeError(error) });
}

/**
 * The value of a reply. Throws the FobError in the reply, or `unavailable` for a reply that no
 * agent sends.
 */
export function decodeReply(line: string): unknown {
  const reply = asObject(parseReply(line));
  if (!("error" in reply)) return reply["ok"];
  throw decodeError(reply["error"]) ?? strangeAnswer();
}

/** A token as the protocol writes it. */
export interface TokenStateJson {
  readonly token: TokenJson;
  readonly guarded: boolean;
  readonly biometric: boolean;
  readonly wiped: boolean;
}

export function encodeEntry(entry: IndexEntry): TokenJson {
  return encodeToken(entry);
}

/** Reverses {@link encodeEntry}. Throws FobError `unavailable` for data that no agent sends. */
export function decodeEntry(json: unknown): IndexEntry {
  return decodeToken(json) ?? refuseReply();
}

/** Reverses {@link encodeEntry} for the reply to `list`, as {@link decodeEntry} does. */
export function decodeEntries(json: unknown): IndexEntry[] {
  return Array.isArray(json) ? json.map(decodeEntry) : refuseReply();
}

export function encodeState({
  token,
  isGuarded,
  isBiometric,
  isWiped,
}: TokenState): TokenStateJson {
  return { token: encodeToken(token), guarded: isGuarded, biometric: isBiometric, wiped: isWiped };
}

export function decodeState(json: unknown): TokenState {
  const { token, guarded, biometric, wiped } = asObject(json);
  return {
    token: decodeEntry(token),
    isGuarded: guarded === true,
    isBiometric: biometric === true,
    isWiped: wiped === true,
  };
}

/** Reverses what {@link encodeReply} makes of a response. */
export function decodeResponse(json: unknown): Response {
  const { response, counter } = json as {
    readonly response: string;
    readonly counter: string | number | null;
  };
  return { response, counter: counter === null ? null : BigInt(counter) };
}

function counterJson(counter: bigint): number | string {
  return counter <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(counter) : String(counter);
}

function parseReply(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw strangeAnswer();
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null)
    return value as Readonly<Record<string, unknown>>;
  throw strangeAnswer();
}

function refuseReply(): never {
  throw strangeAnswer();
}
