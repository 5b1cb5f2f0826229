import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { attemptAll, refuseFailures } from "#cli/attempts.ts";
import { defineCommand, flag, rest, value, values } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { existingTokens, findOne } from "#commands/lookup.ts";
import type { Token } from "#token/token.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import { chooseTime } from "./passcode-time.ts";
import { pinsInTurn } from "./pins-in-turn.ts";

/** The variable that a passcode is in unless told otherwise. */
const USUAL_VARIABLE = "FOB_CODE";

/** A token, and the variable that gets its passcode. */
interface Request {
  readonly variable: string;
  readonly name: string;
}

type MakeContext = Pick<Context, "clock" | "complain" | "pinPrompt" | "sleep" | "tell">;

type RunContext = MakeContext &
  Pick<Context, "checkProgram" | "findTokens" | "runProgram" | "settings">;

/** `fob run`: gives passcodes to one program. */
export const run = defineCommand({
  name: "run",
  summary: "run a program with a passcode in its environment or on its standard input",
  description:
    "CMD gets the passcode in FOB_CODE, in the variable that --env names, or with --stdin as its standard input, a line for each token. No shell " +
    "reads CMD and ARGS. Its exit code is fob's: 127 when there is no such program, 126 when it cannot be run, 128 and the number of the signal " +
    "that ended it. PINs and grants that fob was given are not in its environment.",
  arguments: { command: rest("CMD", "the program and its arguments, after --") },
  options: {
    token: values("NAME", "the token; with --stdin several", "token"),
    env: values(
      "VAR|VAR=NAME",
      "the variable of the passcode (FOB_CODE); for several tokens, a pair for each",
    ),
    stdin: flag("give the passcode as standard input instead"),
    fresh: flag("wait for the next passcode, which nobody has seen yet"),
    minValidity: value(
      "S",
      "wait for a fresh passcode if this one ends in fewer than S seconds (code.min-validity: 0)",
    ),
  },
  examples: [
    {
      command: "fob run --token npm -- sh -c 'npm publish --otp=$FOB_CODE'",
      explanation: "in one step of a release",
    },
    {
      command: "fob run --token vpn --stdin -- openconnect vpn.acme.test",
      explanation: "as if it had been typed",
    },
    { command: "fob run --env A=vpn --env B=git -- ./deploy", explanation: "two tokens" },
  ],
  async run(input, context: RunContext): Promise<number> {
    const [command, ...args] = input.command;
    if (command === undefined)
      throw new FobError("usage", t("which program? give it after --"), { hint: "-- CMD ARGS" });
    if (command.trim() === "")
      throw new FobError("usage", t`${JSON.stringify(command)} names no program`, {
        hint: "-- CMD ARGS",
      });
    const requests = parseRequests(input);
    await context.checkProgram(command);
    const minValidity = input.fresh
      ? "whole"
      : context.settings.choose("code.min-validity", input.minValidity);
    const tokens = await existingTokens("code", context);
    const codes = await makePasscodes(tokens, requests, minValidity, context);
    const given = input.stdin
      ? { env: {}, input: codes.map(([, code]) => `${code}\n`).join("") }
      : { env: Object.fromEntries(codes), input: null };
    return context.runProgram({ command, args, ...given });
  },
  text: () => "",
  json: () => undefined,
  exitCode: (code) => code,
});

interface RunInput {
  readonly token: readonly string[];
  readonly env: readonly string[];
  readonly stdin: boolean;
}

/** Which token goes where. */
function parseRequests({ token: names, env, stdin }: RunInput): Request[] {
  if (stdin && env.length > 0)
    throw new FobError("usage", t("--stdin and --env exclude each other"));
  const pairs = env.flatMap((text) => parsePair(text) ?? []);
  const [variable = USUAL_VARIABLE, ...others] = env.filter((text) => !text.includes("="));
  if (others.length > 0 || (!stdin && names.length > 1)) {
    throw new FobError("usage", t("every token needs a variable of its own"), {
      hint: "--env A=vpn --env B=git",
    });
  }
  if (env.length > pairs.length && names.length === 0) throw missingToken();
  const requests = [
    ...names.map((name) => ({ variable: parseVariable(variable), name })),
    ...pairs,
  ];
  if (requests.length === 0) throw missingToken();
  const variables = new Set(requests.map((request) => request.variable));
  if (!stdin && variables.size < requests.length)
    throw new FobError("usage", t("--env names a variable twice"));
  return requests;
}

function parsePair(text: string): Request | null {
  const at = text.indexOf("=");
  if (at >= 0 && text.slice(at + 1).trim() === "")
    throw new FobError("usage", t`--env has ${JSON.stringify(text)}, which names no token`);
  return at < 0 ? null : { variable: parseVariable(text.slice(0, at)), name: text.slice(at + 1) };
}

function parseVariable(text: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(text)) return text;
  throw new FobError(
    "usage",
    t`--env has ${JSON.stringify(text)}, which cannot be the name of a variable`,
  );
}

function missingToken(): FobError {
  return new FobError("usage", t("--token is missing: whose passcode does the program get?"));
}

/**
 * The passcodes with their variables. Where one token fails, the program does not run: every token
 * is looked at before a counter moves. Throws the first failure, after telling of the others.
 */
async function makePasscodes(
  tokens: Authenticator,
  requests: readonly Request[],
  minValidity: number | "whole",
  context: MakeContext,
): Promise<(readonly [string, string])[]> {
  const looked = await attemptAll(
    requests,
    async (request) => ({
      ...request,
      token: (await tokens.look((await findOne(tokens, request.name)).id)).token,
    }),
    context,
  );
  refuseFailures(looked.failures, context);
  const asking = pinsInTurn(
    looked.done.map(({ token }) => token),
    context.pinPrompt,
  );
  const made = await attemptAll(
    looked.done,
    async ({ variable, token }) => {
      const surroundings = { ...context, pinPrompt: asking(token) };
      return [variable, await makePasscode(tokens, token, minValidity, surroundings)] as const;
    },
    context,
  );
  refuseFailures(made.failures, context);
  return [...made.done];
}

async function makePasscode(
  tokens: Authenticator,
  token: Token,
  minValidity: number | "whole",
  context: MakeContext,
): Promise<string> {
  const wanted = { next: false, at: undefined, minValidity };
  return (
    await tokens.passcode(token.id, () => chooseTime(token, wanted, context), context.pinPrompt)
  ).code;
}
