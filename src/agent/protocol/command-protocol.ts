import * as v from "valibot";
import {
  decodeError,
  decodeText,
  type ErrorJson,
  encodeError,
  encodeText,
  type TextJson,
} from "#base/error-json.ts";
import { ERROR_CODES, FobError } from "#base/fob-error.ts";
import { strangeAnswer } from "./strange-answer.ts";

const words = v.pipe(v.string(), v.maxLength(4096));

/** The values of the command line's arguments and options; absent ones were not given. */
const InputSchema = v.record(
  words,
  v.union([words, v.boolean(), v.pipe(v.array(words), v.maxLength(10_000))]),
);

/**
 * Requests that run a command in the agent: the command, then the user's answers to its questions.
 */
export const COMMAND_REQUESTS = [
  v.object({
    do: v.literal("command"),
    name: words,
    input: InputSchema,
    interactive: v.boolean(),
    canAsk: v.optional(v.boolean(), true),
  }),
  v.object({ do: v.literal("answer"), value: v.union([v.string(), v.boolean()]) }),
  v.object({
    do: v.literal("answer-refused"),
    code: v.picklist(ERROR_CODES),
    message: words,
    hint: v.nullish(words, null),
    isSilent: v.optional(v.boolean(), false),
  }),
] as const;

/** What the command line gave. */
export type CommandInput = v.InferOutput<typeof InputSchema>;

/**
 * A question for the user, whose terminal the agent does not have; the client asks it with the
 * prompt of the same name.
 */
export type Question =
  | { readonly ask: "confirm" | "text"; readonly question: string; readonly instead: string }
  | {
      readonly ask: "pick";
      readonly question: string;
      readonly labels: readonly string[];
      readonly instead: string;
    }
  | {
      readonly ask: "pin";
      readonly of: string | null;
      readonly role: string;
      readonly later?: number | undefined;
      readonly refusal: ErrorJson | null;
    }
  | { readonly ask: "input" };

/** The reply to a command or an answer: the next question, or the result. */
export type CommandReply = { readonly question: Question } | { readonly result: unknown };

/**
 * Converts data for JSON: times, big integers, errors, and texts in another language (with their
 * English) become objects with one key.
 */
export function toPlain(value: unknown): unknown {
  if (value instanceof FobError) return { $error: encodeError(value) };
  if (value instanceof Date) return { $time: value.toISOString() };
  if (typeof value === "bigint") return { $number: value.toString() };
  if (typeof value === "string") return plainText(value);
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, toPlain(part)]));
}

/** Reverses {@link toPlain}. */
export function fromPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [[key, part] = []] = entries;
  if (entries.length === 1 && key === "$time") return new Date(String(part));
  if (entries.length === 1 && key === "$number") return BigInt(String(part));
  if (entries.length === 1 && key === "$text") return decodeText(part as TextJson);
  if (entries.length === 1 && key === "$error") return decodeError(part) ?? strangeAnswer();
  return Object.fromEntries(entries.map(([name, one]) => [name, fromPlain(one)]));
}

function plainText(text: string): unknown {
  const json = encodeText(text);
  return json.local === undefined ? text : { $text: json };
}
