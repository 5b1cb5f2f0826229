import { asFobError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { attemptEach, attemptEachShown } from "#cli/attempts.ts";
import { defineCommand, flag, value, variadic } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { existingTokens, findOne } from "#commands/lookup.ts";
import { chooseTagged, parseTags } from "#commands/tokens/tag-values.ts";
import { sortedAsSet } from "#commands/tokens/token-order.ts";
import { tellZone } from "#commands/values.ts";
import { hasTags } from "#token/tags.ts";
import type { Token } from "#token/token.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import { copyPasscode, refuseOnceAlone } from "./copy-passcode.ts";
import { chooseFree, describeLeftOut, type FreeTokens } from "./free-tokens.ts";
import {
  isNotified,
  NOTIFY_OPTIONS,
  type NotifyInput,
  notifyingFailure,
  notifyOf,
} from "./notify-passcode.ts";
import type { WatchContext } from "./passcode-screen.ts";
import { chooseTime, refuseTimesForEvents, type WantedTime } from "./passcode-time.ts";
import {
  type Format,
  formatCodes,
  type MadeCodes,
  parseFormat,
  passcodesJson,
  type TokenPasscode,
} from "./passcode-view.ts";
import { type PickContext, pickToken } from "./pick-token.ts";
import { pinsInTurn } from "./pins-in-turn.ts";
import { withServerPin } from "./with-server-pin.ts";

/** Passcodes that are printed or copied, or those that were watched until the person left. */
type Codes = GivenCodes | { readonly kind: "watched"; readonly firstFailure: FobError | null };

interface GivenCodes extends MadeCodes {
  readonly kind: "printed" | "copied";
  readonly notes: readonly string[];
  readonly failures: readonly FobError[];
}

/** What making the passcode of one token needs. */
type MakeContext = Pick<Context, "clock" | "look" | "pinPrompt" | "progress" | "sleep" | "tell">;

type CodeContext = MakeContext &
  WatchContext &
  Pick<Context, "findTokens" | "notifier" | "settings">;

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
    tag: value("TAG", "with --all or --watch: of the tokens with this tag", "tag"),
    copy: flag("put the passcode on the clipboard instead of printing it"),
    clearAfter: value(
      "S",
      "with --copy: clear the clipboard after S seconds (clipboard.clear-after: 30)",
    ),
    once: flag("with --copy: for one paste, where the system can count them (X11, Wayland)"),
    ...NOTIFY_OPTIONS,
    next: flag("the passcode of the next time step"),
    at: value("TIME", "the passcode at another time: 2026-01-31T12:00:00Z, @1769860800, +30s"),
    watch: flag("passcodes as time goes by, of the named tokens or all, on a live screen"),
    minValidity: value(
      "S",
      "wait for a fresh passcode if this one ends in fewer than S seconds (code.min-validity: 0)",
    ),
    withPin: flag("ask for the PIN of the server, and print it with the passcode in its order"),
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
    { command: "fob code --all --tag work", explanation: "of every token with this tag" },
    {
      command: "fob code --all --format '{code} {name} ({secondsLeft} s)'",
      explanation: "a line of your own for each",
    },
  ],
  async run(given, context: CodeContext): Promise<Codes> {
    const input = { ...given, copy: given.copy || isNotified(given) };
    refuseContradictions(input);
    refuseTagOfNamed(input);
    refusePinOfMany(input);
    tellZone("--at", input.at, context);
    const format = input.format === undefined ? null : parseFormat(input.format);
    const give = () => giveCodes(input, format, context);
    return isNotified(input) ? notifyingFailure(input.names, context, give) : give();
  },
  isData: true,
  text: (result, style) => (result.kind === "printed" ? formatCodes(result, style) : ""),
  json: (result) => (result.kind === "watched" ? undefined : passcodesJson(result)),
  notes: (result) => (result.kind === "watched" ? [] : result.notes),
  failures: (result) => (result.kind === "watched" ? [] : result.failures),
  exitCode: (result) => (result.kind === "watched" ? (result.firstFailure?.exitCode ?? 0) : 0),
});

async function giveCodes(
  input: CodeInput,
  format: Format | null,
  context: CodeContext,
): Promise<Codes> {
  const clearAfter =
    input.copy || input.watch
      ? context.settings.choose("clipboard.clear-after", input.clearAfter)
      : 0;
  const minValidity = context.settings.choose("code.min-validity", input.minValidity);
  const tokens = await existingTokens("code", context);
  if (input.watch) return watch(tokens, input, clearAfter, context);
  const { chosen, notes, failures: unread } = await chooseTokens(tokens, input, context);
  const asking = pinsInTurn(chosen, context.pinPrompt, input.withPin);
  const make = (token: Token) => {
    const pinPrompt = asking(token);
    const makeAlone = () =>
      makeCode(tokens, token, { ...input, minValidity }, { ...context, pinPrompt });
    return input.withPin ? withServerPin(token, pinPrompt, makeAlone) : makeAlone();
  };
  const [only, ...others] = chosen;
  if (input.all || only === undefined || others.length > 0) {
    // only those that ask nothing are many, and questions need the line of the bar
    const { done: codes, failures } = input.all
      ? await attemptEachShown(chosen, make, context.progress(chosen.length, t("passcodes")))
      : await attemptEach(chosen, make);
    const all = [...unread, ...failures];
    return { kind: "printed", codes, isSingle: false, format, notes, failures: all };
  }
  const made = await make(only);
  const failures = input.copy ? await copy(made, input, clearAfter, context) : [];
  const kind = input.copy ? "copied" : "printed";
  return { kind, codes: [made], isSingle: true, format, notes, failures };
}

/** Copies a passcode, and says so. It is copied even where no notification can be shown. */
async function copy(
  { token, passcode: { code } }: TokenPasscode,
  input: CodeInput,
  clearAfter: number,
  context: Pick<CodeContext, "clipboard" | "notifier" | "tell">,
): Promise<FobError[]> {
  const message = await copyPasscode(code, clearAfter, context, input.once);
  context.tell(message);
  if (!isNotified(input)) return [];
  try {
    await notifyOf({ name: token.name, code, message }, input, context);
    return [];
  } catch (error) {
    return [asFobError(error)];
  }
}

interface CodeInput extends NotifyInput {
  readonly names: readonly string[];
  readonly all: boolean;
  readonly tag: string | undefined;
  readonly copy: boolean;
  readonly once: boolean;
  readonly next: boolean;
  readonly at: string | undefined;
  readonly format: string | undefined;
  readonly watch: boolean;
  readonly withPin: boolean;
  readonly clearAfter: string | undefined;
  readonly minValidity: string | undefined;
}

function refuseContradictions({
  names,
  all,
  copy,
  once,
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
  refuseOnceAlone({ copy, once });
  if (copy && format !== undefined)
    throw new FobError("usage", t("--copy and --format exclude each other"));
  if (next && at !== undefined)
    throw new FobError("usage", t("--next and --at exclude each other"));
}

function refusePinOfMany({ all, watch, withPin, notifyCode }: CodeInput): void {
  if (withPin && notifyCode)
    throw new FobError(
      "usage",
      t("--with-pin and --notify-code exclude each other: no screen shows a PIN"),
    );
  if (withPin && (all || watch))
    throw new FobError("usage", t("--with-pin asks for a PIN: it is for named tokens"));
}

function refuseTagOfNamed({ names, all, tag, watch }: CodeInput): void {
  if (tag !== undefined && (names.length > 0 || !(all || watch)))
    throw new FobError("usage", t("--tag goes with --all or --watch, and without a NAME"));
}

async function watch(
  tokens: Authenticator,
  { names, tag }: Pick<CodeInput, "names" | "tag">,
  clearAfter: number,
  context: WatchContext & Pick<Context, "settings">,
): Promise<Codes> {
  const { watchPasscodes } = await import("./passcode-screen.ts");
  const isNamed = names.length > 0;
  const named = await findInOrder(tokens, names);
  const tags = parseTags(tag);
  const sort = sortedAsSet(tokens, context);
  const choose = async () =>
    isNamed ? named : sort((await tokens.entries()).filter((entry) => hasTags(entry, tags)));
  const firstFailure = await watchPasscodes({ tokens, choose, isNamed, clearAfter }, context);
  return { kind: "watched", firstFailure };
}

/** The tokens of these names; one that is named twice gives two passcodes. */
async function findInOrder(tokens: Authenticator, names: readonly string[]): Promise<Token[]> {
  const found: Token[] = [];
  for (const name of names) found.push(await findOne(tokens, name));
  return found;
}

/** The chosen tokens, the notes about the others, and the failures. */
interface ChosenTokens extends FreeTokens {
  readonly notes: readonly string[];
}

async function chooseTokens(
  tokens: Authenticator,
  { names, all, tag }: Pick<CodeInput, "names" | "all" | "tag">,
  context: PickContext & Pick<Context, "look" | "pinPrompt" | "progress" | "sleep">,
): Promise<ChosenTokens> {
  if (names.length > 0)
    return { chosen: await findInOrder(tokens, names), notes: [], failures: [] };
  if (!all)
    return {
      chosen: [await pickToken(tokens, context, { hasCodes: true })],
      notes: [],
      failures: [],
    };
  const entries = chooseTagged(await tokens.entries(), parseTags(tag));
  const { chosen, failures, obstacles } = await chooseFree(tokens, entries, context);
  return { chosen, notes: describeLeftOut(obstacles), failures };
}

async function makeCode(
  tokens: Authenticator,
  token: Token,
  wanted: WantedTime,
  context: MakeContext,
): Promise<TokenPasscode> {
  await context.look();
  refuseTimesForEvents(token, wanted);
  const time = () => chooseTime(token, wanted, context);
  const passcode = await tokens.passcode(token, time, context.pinPrompt);
  return { token, passcode, madeAt: context.clock() };
}
