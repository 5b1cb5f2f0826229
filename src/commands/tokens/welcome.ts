import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { formatFields } from "#cli/output/table.ts";
import { code } from "#commands/code/code.ts";

type Greeting =
  | { readonly kind: "welcome" }
  | { readonly kind: "code"; readonly codes: CodesResult };

type CodesResult = Awaited<ReturnType<typeof code.run>>;

type WelcomeContext = Parameters<typeof code.run>[1] & Pick<Context, "isTerminal">;

/** The input of `fob code` without arguments. */
const ANY_CODE: Parameters<typeof code.run>[0] = {
  names: [],
  all: false,
  tag: undefined,
  copy: false,
  notify: false,
  notifyCode: false,
  once: false,
  clearAfter: undefined,
  next: false,
  at: undefined,
  watch: false,
  withPin: false,
  minValidity: undefined,
  format: undefined,
};

/**
 * `fob` alone: a person picks a token and gets its passcode, or reads how to enroll the first one.
 * A script gets a usage error.
 */
export const welcome = defineCommand({
  name: "fob",
  summary: "pick a token, or learn how to get one",
  arguments: {},
  options: {},
  examples: [{ command: "fob", explanation: "at a terminal: pick a token, and get its passcode" }],
  async run(_, context: WelcomeContext): Promise<Greeting> {
    if (!context.isTerminal || !context.prompt.available) {
      throw new FobError("usage", t("a command is missing"), {
        hint: t("fob --help lists the commands"),
      });
    }
    const tokens = await context.findTokens("code");
    if (!tokens || (await tokens.entries()).length === 0) return { kind: "welcome" };
    return { kind: "code", codes: await code.run(ANY_CODE, context) };
  },
  text(greeting, style) {
    if (greeting.kind === "code") return code.text(greeting.codes, style);
    const steps = formatFields(
      [
        ["fob enroll --screen", t("reads the QR code that is on the screen")],
        ["fob enroll --qr FILE", t("reads a picture of it")],
        ["fob enroll", t("asks for the text beside it")],
        ["fob import FILE", t("takes over the tokens of another app")],
      ],
      style,
    );
    return [
      t("fob keeps the tokens of your accounts and gives their passcodes."),
      "",
      t("There is no token yet. The first one comes from what your account shows you:"),
      style.isSpoken ? steps : steps.replace(/^/gm, "  "),
      "",
      t("Then `fob` alone gives passcodes. `fob --help` lists everything else."),
    ].join("\n");
  },
  json: (greeting) => (greeting.kind === "code" ? code.json(greeting.codes) : { tokens: 0 }),
});
