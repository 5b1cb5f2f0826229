import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { defineCommand, optional } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { parseAskpassRules, ruleFor } from "#cli/settings/askpass-rules.ts";
import { chooseTime } from "#commands/code/passcode-time.ts";
import { existingTokens, findOne } from "#commands/lookup.ts";

/** The longest prompt, in UTF-16 units: a server may write what it likes. */
const MAX_PROMPT = 4_096;

/** For how many seconds a passcode must be good: the server has to read it yet. */
const MIN_VALIDITY = 3;

/** How ssh asks whether it knows a host, without saying that it wants a yes. */
const YES_OR_NO = /\(yes\/no/;

type AskpassContext = Pick<
  Context,
  "settings" | "prompt" | "pinPrompt" | "findTokens" | "clock" | "sleep" | "tell" | "askpass"
>;

/** `fob askpass`: answers the prompts of ssh, sudo and git. */
export const askpass = defineCommand({
  name: "askpass",
  summary: "answer a prompt of ssh, sudo or git",
  description:
    "For SSH_ASKPASS, SUDO_ASKPASS and GIT_ASKPASS, as the program fob-askpass. A prompt that a rule of the setting askpass.rules " +
    "names is answered with a passcode. Every other one is asked by the program askpass.next, or else at the terminal without echo. " +
    "Without rules nothing is answered. A rule is `PATTERN @HOST => NAME`: * in PATTERN and HOST stands for any characters, " +
    "and @HOST may be left out.",
  arguments: { prompt: optional("PROMPT", "the question of the program that asks") },
  options: {},
  examples: [
    {
      command: "fob askpass 'Verification code: '",
      explanation: "by a rule `*code* @bastion.acme.example => vpn`",
    },
  ],
  hasForeignInput: true,
  async run({ prompt }, context: AskpassContext): Promise<string | null> {
    if (prompt === undefined)
      throw new FobError("usage", t("a PROMPT is needed: ssh, sudo and git give it"));
    if (prompt.length > MAX_PROMPT)
      throw new FobError("invalid", t`the prompt is longer than ${MAX_PROMPT} characters`);
    const { kind, askNext } = await context.askpass();
    // yes or no, and a mere remark, are never answered with a passcode
    const wantsWords = kind === "answer" && !YES_OR_NO.test(prompt);
    const rule = wantsWords ? ruleFor(prompt, rulesOf(context)) : null;
    if (rule) return passcodeOf(rule.token, context);
    const next = context.settings.choose("askpass.next");
    if (next !== "") return askNext(next, prompt);
    if (kind === "none") {
      for (const line of prompt.trimEnd().split(/\r?\n/)) context.tell(line);
      return null;
    }
    return kind === "confirm" ? agree(prompt, context) : askHere(prompt, context);
  },
  text: (answer) => answer ?? "",
  json: (answer) => ({ answer }),
});

function rulesOf({ settings }: Pick<Context, "settings">) {
  // the setting was checked when it was read
  return parseAskpassRules(settings.choose("askpass.rules")) ?? [];
}

async function passcodeOf(name: string, context: AskpassContext): Promise<string> {
  const tokens = await existingTokens("code", context);
  const token = await findOne(tokens, name);
  const minValidity = Math.max(MIN_VALIDITY, context.settings.choose("code.min-validity"));
  const time = () => chooseTime(token, { next: false, at: undefined, minValidity }, context);
  return (await tokens.passcode(token.id, time, context.pinPrompt)).code;
}

/** Throws FobError `denied`, silently: the exit code tells the program that asks. */
async function agree(question: string, { prompt }: AskpassContext): Promise<string> {
  if (await prompt.confirm(question, ELSEWHERE)) return "yes";
  throw new FobError("denied", t("the answer was no"), { isSilent: true });
}

async function askHere(prompt: string, context: AskpassContext): Promise<string> {
  const question = prompt.trim().replace(/:$/, "");
  // what is asked with these words is no secret
  const isInSight = YES_OR_NO.test(prompt) || /^Username for /.test(prompt);
  return isInSight
    ? context.prompt.text(question, ELSEWHERE)
    : context.prompt.secret(question, ELSEWHERE);
}

const ELSEWHERE = "askpass.rules";
