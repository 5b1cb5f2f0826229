import { defineCommand, flag, value, variadic } from "../cli/command.ts";
import type { Context } from "../cli/context.ts";
import type { Style } from "../cli/style.ts";
import { FobError } from "../fob-error.ts";
import { MOTP_PERIOD } from "../otp/motp.ts";
import type { TimeSteps } from "../otp/totp.ts";
import type { Credential } from "../token/credential.ts";
import { printable } from "../token/printable.ts";
import type { Token } from "../token/token.ts";
import type { Authenticator } from "../vault/authenticator.ts";
import type { Passcode } from "../vault/passcodes.ts";
import type { IndexEntry } from "../vault/token-index.ts";
import { copyPasscode } from "./copying.ts";
import { existingTokens, findAmong, inListOrder, lookListed, pickToken } from "./lookup.ts";
import { parseTime, parseWhole, plural } from "./values.ts";

interface NamedPasscode {
  readonly name: string;
  readonly passcode: Passcode;
  /** Whole seconds until it ends, counted from now; 0 for one of another time. */
  readonly secondsLeft: number;
}

interface Codes {
  readonly codes: readonly NamedPasscode[];
  readonly isSingle: boolean;
  readonly copied: boolean;
  readonly notes: readonly string[];
}

/** Waiting longer than this for a fresh passcode is surely not meant. */
const MAX_VALIDITY = 3_600;

/** `fob code`: prints the passcode. */
export const code = defineCommand({
  name: "code",
  summary: "print a token's passcode",
  description:
    "Prints the passcode and a newline. The counter of an event-based token moves on durably before its passcode is printed. " +
    "Without NAME, a terminal offers the tokens to pick from. --all leaves out what would use a counter up or needs a PIN.",
  arguments: { names: variadic("NAME", "names or ids of tokens", "token") },
  options: {
    all: flag("the passcodes of all time-based tokens without a PIN"),
    copy: flag("put the passcode on the clipboard instead of printing it"),
    clearAfter: value("S", "with --copy: clear the clipboard after S seconds (30)"),
    next: flag("the passcode of the next time step"),
    at: value("TIME", "the passcode at another time: 2026-01-31T12:00:00Z, @1769860800, +30s"),
    minValidity: value("S", "wait for a fresh passcode if this one ends in fewer than S seconds"),
  },
  examples: [
    { command: "fob code vpn", explanation: "prints one passcode: 492039" },
    { command: "fob code vpn --copy", explanation: "puts it on the clipboard for 30 seconds" },
    {
      command: "passcode=$(fob code vpn --min-validity 5)",
      explanation: "in a script: never one that is about to end",
    },
  ],
  async run(input, context): Promise<Codes> {
    refuseContradictions(input);
    const clearAfter = parseWhole("--clear-after", input.clearAfter ?? "30", 1, 86_400);
    const minValidity = parseWhole("--min-validity", input.minValidity ?? "0", 0, MAX_VALIDITY);
    const tokens = await existingTokens("code", context);
    const { chosen, notes } = await chooseTokens(tokens, input, context);
    const codes: NamedPasscode[] = [];
    for (const token of chosen) codes.push(await makeCode(tokens, token, { ...input, minValidity }, context));
    const [first] = codes;
    if (input.copy && first) await copyPasscode(first.passcode.code, clearAfter, context);
    return { codes, isSingle: !input.all && codes.length === 1, copied: input.copy, notes };
  },
  text: formatCodes,
  json: ({ codes, isSingle }) => (isSingle && codes[0] ? toJson(codes[0]) : codes.map(toJson)),
  notes: ({ notes }) => notes,
});

interface CodeInput {
  readonly names: readonly string[];
  readonly all: boolean;
  readonly copy: boolean;
  readonly next: boolean;
  readonly at: string | undefined;
}

function refuseContradictions({ names, all, copy, next, at }: CodeInput): void {
  if (all && names.length > 0) throw new FobError("usage", "--all and a NAME exclude each other");
  if (copy && (all || names.length > 1))
    throw new FobError("usage", "--copy takes one token: the clipboard holds one passcode");
  if (next && at !== undefined) throw new FobError("usage", "--next and --at exclude each other");
}

async function chooseTokens(tokens: Authenticator, { names, all }: CodeInput, context: Context) {
  const entries = all || names.length === 0 ? inListOrder(await tokens.entries()) : [];
  if (all) return chooseAll(tokens, entries);
  const chosen: Token[] = [];
  for (const name of names) chosen.push(await findAmong(tokens, name));
  if (names.length === 0) chosen.push(await pickToken(context, entries));
  return { chosen, notes: [] };
}

async function chooseAll(tokens: Authenticator, entries: readonly IndexEntry[]) {
  const isFree = ({ credential, pin, accessDomain }: Token) =>
    credential.kind === "totp" && pin !== "user" && accessDomain === "00";
  const chosen: Token[] = [];
  for (const { id } of entries.filter(isFree)) {
    const state = await lookListed(tokens, id);
    if (state && !state.isGuarded) chosen.push(state.token);
  }
  const left = entries.length - chosen.length;
  const why = "event-based, challenge-response or guarded by a PIN: name them";
  return { chosen, notes: left === 0 ? [] : [`left out ${plural(left, "token")} (${why})`] };
}

async function makeCode(
  tokens: Authenticator,
  token: Token,
  options: { readonly next: boolean; readonly at: string | undefined; readonly minValidity: number },
  context: Context,
): Promise<NamedPasscode> {
  refuseTimesForEvents(token, options);
  const passcode = await tokens.passcode(token.id, () => chooseTime(token, options, context), context.pinPrompt);
  return { name: token.name, passcode, secondsLeft: secondsLeft(passcode, context.clock()) };
}

function refuseTimesForEvents({ name, credential }: Token, { next, at }: Pick<CodeInput, "next" | "at">): void {
  if (stepsOf(credential) === null && (next || at !== undefined)) {
    throw new FobError("usage", `--next and --at are for time-based tokens, and ${name} is not one`);
  }
}

/** How a credential cuts time into steps, or null when it does not. */
function stepsOf(credential: Credential): TimeSteps | null {
  if (credential.kind === "motp") return { period: MOTP_PERIOD, t0: 0 };
  return credential.kind === "totp" ? credential : null;
}

async function chooseTime(
  { name, credential }: Token,
  { next, at, minValidity }: { readonly next: boolean; readonly at: string | undefined; readonly minValidity: number },
  context: Context,
): Promise<Date> {
  const now = context.clock();
  const steps = stepsOf(credential);
  if (steps === null) return now;
  if (at !== undefined) return parseTime(at, now);
  const { period, t0 } = steps;
  if (minValidity > period) {
    throw new FobError("usage", `--min-validity is ${minValidity}: a passcode of ${name} is good for ${period} s only`);
  }
  const left = period - ((((now.getTime() / 1000 - t0) % period) + period) % period);
  const start = new Date(now.getTime() + Math.ceil(left * 1000));
  if (next) return start;
  if (left >= minValidity) return now;
  context.tell(`waiting ${Math.ceil(left)} s for a fresh passcode`);
  await context.sleep(start.getTime() - now.getTime());
  return start;
}

function secondsLeft(passcode: Passcode, now: Date): number {
  if (passcode.kind === "hotp") return 0;
  return Math.max(0, Math.floor((passcode.validUntil.getTime() - now.getTime()) / 1000));
}

function formatCodes({ codes, isSingle, copied }: Codes, style: Style): string {
  if (copied) return "";
  if (isSingle) return codes[0]?.passcode.code ?? "";
  const gap = style.columns === null ? "\t" : "  ";
  const width = Math.max(...codes.map(({ passcode }) => passcode.code.length));
  const pad = (text: string) => (style.columns === null ? text : text.padStart(width));
  return codes.map(({ name, passcode }) => `${pad(passcode.code)}${gap}${printable(name)}`).join("\n");
}

function toJson({ name, passcode, secondsLeft }: NamedPasscode) {
  const { code, kind } = passcode;
  if (passcode.kind === "hotp") return { name, code, kind, counter: passcode.counter };
  return { name, code, kind, validFrom: passcode.validFrom, validUntil: passcode.validUntil, secondsLeft };
}
