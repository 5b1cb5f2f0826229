import { asFobError } from "../file-error.ts";
import { FobError } from "../fob-error.ts";
import { original } from "../language.ts";
import { forget } from "../token/secret.ts";
import type { PinRequest } from "../vault/pin-prompt.ts";
import { type CommandInput, type CommandReply, fromPlain, type Question, refusalFrom } from "./command-protocol.ts";
import type { Connection } from "./connection.ts";
import type { Asking } from "./delegated-command.ts";
import { decodeReply, MAX_LINE, type RequestInput } from "./protocol.ts";

/**
 * Has an agent carry a command out, and asks the person here what it asks. Returns its result, or null where the agent's open vault is not
 * enough. Throws what the command throws.
 */
export async function delegate(
  connection: Connection,
  name: string,
  input: CommandInput,
  asking: Asking,
): Promise<{ readonly result: unknown } | null> {
  const ask = async (request: RequestInput) =>
    decodeReply(await connection.ask(JSON.stringify(request))) as CommandReply;
  const request = { do: "command", name, input, interactive: asking.pinPrompt.interactive } as const;
  if (JSON.stringify(request).length > MAX_LINE) return null;
  let reply = await ask(request).catch(nullIfUnknown);
  if (reply === null) return null;
  while ("question" in reply) reply = await ask(await answer(reply.question, asking));
  const result = fromPlain(reply.result);
  return isTooLittle(result) ? null : { result };
}

/** What an agent says in place of a result when the app PIN must be given in the very call. */
export const NEEDS_APP_PIN = { needsAppPin: true } as const;

/** An agent of an earlier version knows no commands. */
function nullIfUnknown(error: unknown): null {
  if (error instanceof FobError && error.code === "usage" && original(error.message) === UNKNOWN_REQUEST) return null;
  throw error;
}

const UNKNOWN_REQUEST = 'the request has a wrong "do"';

function isTooLittle(result: unknown): boolean {
  return typeof result === "object" && result !== null && "needsAppPin" in result;
}

async function answer(question: Question, asking: Asking): Promise<RequestInput> {
  try {
    return { do: "answer", value: await put(question, asking) };
  } catch (error) {
    const { code, message, hint } = asFobError(error);
    return { do: "answer-refused", code, message, hint: hint ?? null };
  }
}

async function put(question: Question, { pinPrompt, ...asking }: Asking): Promise<string | boolean> {
  switch (question.ask) {
    case "confirm":
      return asking.confirm(question.question, question.instead);
    case "text":
      return asking.text(question.question, question.instead);
    case "input":
      return asking.readInput();
    case "pin": {
      const { of, role, refusal } = question;
      const pin = await pinPrompt.ask({ of, role: role as PinRequest["role"], refusal: refusalFrom(refusal) });
      const text = pin.toString("utf8");
      forget(pin);
      return text;
    }
  }
}
