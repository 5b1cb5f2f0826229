import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { attemptEach } from "#cli/attempts.ts";
import { defineCommand, flag, value, variadic } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import type { Style } from "#cli/output/style.ts";
import { lookAtEach } from "#commands/listed-tokens.ts";
import { existingTokens, findAmong, pickToken } from "#commands/lookup.ts";
import { tellZone } from "#commands/values.ts";
import { printable } from "#token/printable.ts";
import type { Token } from "#token/token.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import { parseTemplate, type Template } from "./code-template.ts";
import { copyPasscode } from "./copying.ts";
import { describeLeftOut, isFree } from "./free-tokens.ts";
import { type NamedPasscode, namePasscode, passcodeJson } from "./named-passcode.ts";
import { chooseTime, stepsOf, type WantedTime } from "./passcode-time.ts";

interface Codes {
  readonly codes: readonly NamedPasscode[];
  readonly isSingle: boolean;
  readonly delivery: "printed" | "copied" | "watched";
  readonly template: Template | null;
  readonly notes: readonly string[];
  readonly failures: readonly FobError[];
  /** What failed first while passcodes were watched, and was told then. */
  readonly told?: FobError | null;
}

/** `fob code`: prints the passcode. */
export const code = defineCommand({
  name: "code",
  summary: "print a token's passcode",
  description:
    "Prints the passcode and a newline. The counter of an event-based token moves on durably before its passcode is printed. " +
    "Without NAME, a terminal offers the tokens to pick from. --all leaves out what would use a counter up or needs a PIN. " +
    "--watch is a live screen; elsewhere than on a terminal, and with --json, it prints a line for every new passcode.",
  arguments: { names: variadic("NAME", "names or ids of tokens", "token") },
  options: {
    all: flag("the passcodes of all time-based tokens without a PIN"),
    copy: flag("put the passcode on the clipboard instead of printing it"),
    clearAfter: value(
      "S",
      "with --copy: clear the clipboard after S seconds (clipboard.clear-after: 30)",
    ),
    next: flag("the passcode of the next time step"),
    at: value("TIME", "the passcode at another time: 2026-01-31T12:00:00Z, @1769860800, +30s"),
    watch: flag("passcodes as time goes by, of the named tokens or all, on a live screen"),
    minValidity: value(
      "S",
      "wait for a fresh passcode if this one ends in fewer than S seconds (code.min-validity: 0)",
    ),
    format: value(
      "TEMPLATE",
      "what to print: {code} {name} {issuer} {account} {kind} {validUntil} {secondsLeft} ...",
    ),
  },
  examples: [
    { command: "fob code vpn", explanation: "prints one passcode: 492039" },
    { command: "fob code vpn --copy", explanation: "puts it on the clipboard for 30 seconds" },
    {
      command: "passcode=$(fob code vpn --min-validity 5)",
      explanation: "in a script: never one that is about to end",
    },
    {
      command: "fob code --all --format '{code} {name} ({secondsLeft} s)'",
      explanation: "a line of your own for each",
    },
  ],
  async run(input, context): Promise<Codes> {
    refuseContradictions(input);
    tellZone("--at", input.at, context);
    const clearAfter =
      input.copy || input.watch
        ? context.settings.choose("clipboard.clear-after", input.clearAfter)
        : 0;
    const minValidity = context.settings.choose("code.min-validity", input.minValidity);
    const template = input.format === undefined ? null : parseTemplate(input.format);
    const tokens = await existingTokens("code", context);
    if (input.watch) return watch(tokens, input.names, clearAfter, context);
    const { chosen, notes, failures: unread } = await chooseTokens(tokens, input, context);
    const make = async (token: Token) => {
      await context.look();
      return makeCode(tokens, token, { ...input, minValidity }, context);
    };
    const [first, ...others] = chosen;
    const isSingle = !input.all && first !== undefined && others.length === 0;
    if (!isSingle) {
      const { done, failures } = await attemptEach(chosen, make);
      return {
        codes: done,
        isSingle,
        delivery: "printed",
        template,
        notes,
        failures: [...unread, ...failures],
      };
    }
    const made = await make(first);
    if (input.copy) await copyPasscode(made.passcode.code, clearAfter, context);
    return {
      codes: [made],
      isSingle,
      delivery: input.copy ? "copied" : "printed",
      template,
      notes,
      failures: [],
    };
  },
  text: formatCodes,
  json({ codes, isSingle, delivery }) {
    if (delivery === "watched") return undefined;
    return isSingle && codes[0] ? passcodeJson(codes[0]) : codes.map(passcodeJson);
  },
  notes: ({ notes }) => notes,
  failures: ({ failures }) => failures,
  exitCode: ({ told }) => told?.exitCode ?? 0,
});

interface CodeInput {
  readonly names: readonly string[];
  readonly all: boolean;
  readonly copy: boolean;
  readonly next: boolean;
  readonly at: string | undefined;
  readonly format: string | undefined;
  readonly watch: boolean;
  readonly minValidity: string | undefined;
}

function refuseContradictions({
  names,
  all,
  copy,
  next,
  at,
  format,
  watch,
  minValidity,
}: CodeInput): void {
  const isOfOnce = copy || next || [at, format, minValidity].some((given) => given !== undefined);
  if (watch && isOfOnce)
    throw new FobError(
      "usage",
      t("--watch goes on: --copy, --next, --at, --format and --min-validity are for one passcode"),
    );
  if (all && names.length > 0)
    throw new FobError("usage", t("--all and a NAME exclude each other"));
  if (copy && (all || names.length > 1))
    throw new FobError("usage", t("--copy takes one token: the clipboard holds one passcode"));
  if (copy && format !== undefined)
    throw new FobError("usage", t("--copy and --format exclude each other"));
  if (next && at !== undefined)
    throw new FobError("usage", t("--next and --at exclude each other"));
}

async function watch(
  tokens: Authenticator,
  names: readonly string[],
  clearAfter: number,
  context: Context,
): Promise<Codes> {
  const { watchPasscodes } = await import("./watching.ts");
  const named: Token[] = [];
  for (const name of names) named.push(await findAmong(tokens, name));
  const choose = async () => (names.length > 0 ? named : await tokens.entries());
  const told = await watchPasscodes(
    { tokens, choose, isNamed: names.length > 0, clearAfter },
    context,
  );
  return {
    codes: [],
    isSingle: false,
    delivery: "watched",
    template: null,
    notes: [],
    failures: [],
    told,
  };
}

async function chooseTokens(
  tokens: Authenticator,
  { names, all }: Pick<CodeInput, "names" | "all">,
  context: Context,
) {
  const entries = all || names.length === 0 ? await tokens.entries() : [];
  if (all) return chooseAll(tokens, entries, context);
  const chosen: Token[] = [];
  for (const name of names) chosen.push(await findAmong(tokens, name));
  if (names.length === 0) chosen.push(await pickToken(context, entries));
  return { chosen, notes: [], failures: [] };
}

async function chooseAll(tokens: Authenticator, entries: readonly IndexEntry[], context: Context) {
  const { done, failures } = await lookAtEach(tokens, entries.filter(isFree), context);
  const chosen = done.flatMap(({ token, isGuarded }) => (isGuarded ? [] : [token]));
  return {
    chosen,
    notes: describeLeftOut(entries.length - chosen.length - failures.length),
    failures,
  };
}

async function makeCode(
  tokens: Authenticator,
  token: Token,
  options: WantedTime,
  context: Context,
): Promise<NamedPasscode> {
  refuseTimesForEvents(token, options);
  const passcode = await tokens.passcode(
    token.id,
    () => chooseTime(token, options, context),
    context.pinPrompt,
  );
  return namePasscode(token, passcode, context.clock());
}

function refuseTimesForEvents(
  { name, credential }: Token,
  { next, at }: Pick<CodeInput, "next" | "at">,
): void {
  if (stepsOf(credential) === null && (next || at !== undefined)) {
    throw new FobError(
      "usage",
      t`--next and --at are for time-based tokens, and ${name} is not one`,
    );
  }
}

function formatCodes({ codes, isSingle, delivery, template }: Codes, style: Style): string {
  if (delivery !== "printed") return "";
  if (template)
    return codes.map((code) => template({ ...code.token, ...passcodeJson(code) })).join("\n");
  if (isSingle || codes.length === 0) return codes[0]?.passcode.code ?? "";
  if (style.isSpoken)
    return codes
      .map(({ token, passcode }) => `${printable(token.name)}: ${passcode.code}`)
      .join("\n");
  const gap = style.columns === null ? "\t" : "  ";
  const width = Math.max(...codes.map(({ passcode }) => passcode.code.length));
  const pad = (text: string) => (style.columns === null ? text : text.padStart(width));
  return codes
    .map(({ token, passcode }) => `${pad(passcode.code)}${gap}${printable(token.name)}`)
    .join("\n");
}
