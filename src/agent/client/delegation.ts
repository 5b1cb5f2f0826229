import {
  type CommandInput,
  type CommandReply,
  fromPlain,
  type Question,
} from "#agent/protocol/command-protocol.ts";
import {
  decodeReply,
  encodeRequest,
  MAX_LINE,
  type RequestInput,
} from "#agent/protocol/protocol.ts";
import type { Questions } from "#agent/server/delegated-command.ts";
import { decodeError } from "#base/error-json.ts";
import { asFobError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { original } from "#base/language.ts";
import { forget } from "#token/secret.ts";
import type { PinPrompt, PinRequest } from "#vault/pins/pin-prompt.ts";
import type { Connection } from "./connection.ts";

/** How the client asks the user and reads input for a command that runs in an agent. */
export interface Means {
  readonly prompt: Questions & { readonly available: boolean };
  readonly pinPrompt: PinPrompt;
  readInput(): Promise<string>;
  /**
   * Calls `act` at a signal that ends the process, which waits for it, until the returned function
   * is called.
   */
  whenEnding(act: () => Promise<void>): () => void;
}

/**
 * How long an agent may work between two answers, in milliseconds: it may add or remove thousands
 * of tokens.
 */
const PATIENCE_MS = 10 * 60 * 1000;

/**
 * Runs a command in an agent and asks the user its questions here. Returns its result, or null
 * where the command needs more than the agent's open vault. Throws what the command throws.
 */
export async function delegate(
  connection: Connection,
  name: string,
  input: CommandInput,
  means: Means,
): Promise<{ readonly result: unknown } | null> {
  const ask = (request: RequestInput) => askStoppably(connection, request, means);
  const request = {
    do: "command",
    name,
    input,
    interactive: means.pinPrompt.interactive,
    canAsk: means.prompt.available,
  } as const;
  if (encodeRequest(request).length > MAX_LINE) return null;
  let reply = await ask(request).catch((error: unknown) => nullIfUnknown(error, name));
  if (reply === null) return null;
  while ("question" in reply) reply = await ask(await answer(reply.question, means));
  const result = fromPlain(reply.result);
  return isTooLittle(result) ? null : { result };
}

/**
 * Sends a request and waits for its reply. The first signal stops the command in the agent, and the
 * process ends after the command's result is reported; a second signal ends it at once.
 */
async function askStoppably(
  connection: Connection,
  request: RequestInput,
  { whenEnding }: Means,
): Promise<CommandReply> {
  let stopped: Promise<CommandReply> | null = null;
  let end: () => void = () => undefined;
  const forget = whenEnding(() => {
    stopped = send(connection, STOP);
    // awaited below, if the agent asks something
    stopped.catch(() => undefined);
    return new Promise<void>((resolve) => {
      end = resolve;
    });
  });
  try {
    const reply = await send(connection, request);
    if (!("question" in reply)) return reply;
    forget();
    // asked before the signal reached the agent
    return (await stopped) ?? reply;
  } catch (error) {
    forget();
    setImmediate(() => end());
    throw error;
  }
}

async function send(connection: Connection, request: RequestInput): Promise<CommandReply> {
  return decodeReply(await connection.ask(encodeRequest(request), PATIENCE_MS)) as CommandReply;
}

const STOP = {
  do: "answer-refused",
  code: "interrupted",
  message: "interrupted",
  hint: null,
  isSilent: true,
} as const;

/** The agent's reply in place of a result, when the app PIN must be given in the same call. */
export const NEEDS_APP_PIN = { needsAppPin: true } as const;

/** Agents of earlier versions know no commands, or fewer. */
function nullIfUnknown(error: unknown, name: string): null {
  const unknown = [
    'the request has a wrong "do"',
    `an agent does not carry out ${JSON.stringify(name)}`,
  ];
  if (
    error instanceof FobError &&
    error.code === "usage" &&
    unknown.includes(original(error.message))
  )
    return null;
  throw error;
}

function isTooLittle(result: unknown): boolean {
  return typeof result === "object" && result !== null && "needsAppPin" in result;
}

async function answer(question: Question, means: Means): Promise<RequestInput> {
  try {
    return { do: "answer", value: await put(question, means) };
  } catch (error) {
    const { code, message, hint, isSilent } = asFobError(error);
    return { do: "answer-refused", code, message, hint: hint ?? null, isSilent };
  }
}

async function put(
  question: Question,
  { prompt, pinPrompt, readInput }: Means,
): Promise<string | boolean> {
  switch (question.ask) {
    case "confirm":
      return prompt.confirm(question.question, question.instead);
    case "text":
      return prompt.text(question.question, question.instead);
    case "pick": {
      const choices = question.labels.map((label) => ({ label, value: label }));
      return prompt.pick(question.question, choices, question.instead);
    }
    case "input":
      return readInput();
    case "pin": {
      const { of, role, refusal, later } = question;
      const pin = await pinPrompt.ask({
        of,
        role: role as PinRequest["role"],
        refusal: refusal && decodeError(refusal),
        later,
      });
      const text = pin.toString("utf8");
      forget(pin);
      return text;
    }
  }
}
