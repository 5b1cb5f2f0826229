import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { defineCommand, required, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import type { Style } from "#cli/output/style.ts";
import { existingVault, findOne } from "#commands/lookup.ts";
import { storedSecret } from "#commands/stored-secret.ts";
import { parseTime, parseWhole, tellZone } from "#commands/values.ts";
import { identify, recognize } from "#enrollment/recognize.ts";
import { findPasscode } from "#otp/find-passcode.ts";
import { OtpError } from "#otp/otp-error.ts";
import { PIN_METHODS } from "#otp/pin-passcode.ts";
import { timeStep } from "#otp/totp.ts";
import { findOffset, type PasscodeAt } from "#otp/verify.ts";
import { countersFrom, stepsAround, type Window } from "#otp/window.ts";
import {
  type Credential,
  type HotpCredential,
  isMadeWithPin,
  type PinCredential,
  type TotpCredential,
} from "#token/credential.ts";
import { forget, type Secret } from "#token/secret.ts";
import { askingBefore, askPasscodePin } from "#vault/pins/pin-prompt.ts";
import { withoutPasscode } from "#vault/tokens/passcodes.ts";
import { digitsOf, stepsOf } from "./passcode-time.ts";
import { passcodesOfChip } from "./passcodes-of-chip.ts";

/** The result: the position of the matching passcode, relative to the expected one. */
type Verdict =
  | { readonly match: false }
  | {
      readonly match: true;
      readonly offset: number;
      readonly step: bigint;
      readonly clockOffsetSeconds: number;
    }
  | { readonly match: true; readonly offset: number; readonly counter: bigint };

interface Verified {
  readonly credential: Credential;
  /** Empty where a chip holds it. */
  readonly secret: Secret;
  /** The passcodes of a token that a chip holds. */
  readonly inChip?: (window: Window) => Promise<ReadonlyMap<bigint, string>>;
}

/** What checking a stored token's passcode needs. */
type VerifyContext = Pick<Context, "clock" | "findVault" | "pinPrompt" | "readInput" | "tell">;

/** The largest window for a token that a chip holds: a real chip computes about 30 a second. */
const MOST_IN_CHIP = 1_000;

/** How a string with a scheme begins. A bare secret could be a name as well. */
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/** `fob verify`: is this passcode right, and if so, how far off is it? */
export const verify = defineCommand({
  name: "verify",
  summary: "check a passcode: is it right, and how far off is the clock or counter?",
  description:
    "Looks N time steps back and ahead, or N counters ahead. Nothing is changed, no counter moves. Exit code 7 when it does not " +
    "match. - in place of either argument reads it from standard input.",
  arguments: {
    subject: required(
      "NAME|ENROLLMENT",
      "a token, or an enrollment string that is not stored",
      "token",
    ),
    passcode: required("CODE", "the passcode to check"),
  },
  options: {
    window: value("N", "how many steps or counters to look at (10)"),
    at: value("TIME", "check as of another time"),
  },
  examples: [
    { command: "fob verify vpn 492039", explanation: "the passcode is right; clock offset 0 s" },
  ],
  isDelegable: ({ subject }) => subject !== "-" && !isEnrollment(subject),
  async run(input, context: VerifyContext & Pick<Context, "endAtSignals">): Promise<Verdict> {
    const { subject, passcode } = await fromInput(input, context);
    const isString = input.subject === "-" || isEnrollment(subject);
    const find = () =>
      isString
        ? draftSubject(subject, passcode, context)
        : storedSubject(subject, passcode, context);
    return verdictOn(
      { ...input, name: isString ? t("this token") : subject, passcode },
      find,
      context,
    );
  },
  text: formatVerdict,
  json: (verdict) => verdict,
  exitCode: ({ match }) => (match ? 0 : 7),
});

/** {@link verify} as an agent carries it out. */
export const tokenVerification = {
  arguments: verify.arguments,
  options: verify.options,
  async run(
    input: VerifyInput & { readonly subject: string },
    context: VerifyContext,
  ): Promise<Verdict> {
    const { subject, passcode } = await fromInput(input, context);
    return verdictOn(
      { ...input, name: subject, passcode },
      () => storedSubject(subject, passcode, context),
      context,
    );
  },
};

/** Whether an argument is an enrollment string, not a name. */
function isEnrollment(subject: string): boolean {
  return SCHEME.test(subject) && identify(subject) !== null;
}

interface VerifyInput {
  readonly passcode: string;
  readonly window: string | undefined;
  readonly at: string | undefined;
}

/** `name` is how messages call the token; `find` refuses passcodes of another length. */
async function verdictOn(
  input: VerifyInput & { readonly name: string },
  find: () => Promise<Verified>,
  context: Pick<Context, "clock" | "pinPrompt" | "tell">,
): Promise<Verdict> {
  const window = parseWhole("--window", input.window ?? "10", 0, 10_000_000);
  tellZone("--at", input.at, context);
  const now = input.at === undefined ? context.clock() : parseTime(input.at, context.clock());
  const verified = await find();
  const { credential, secret } = verified;
  let pin: Secret | null = null;
  try {
    if (isMadeWithPin(credential))
      pin = await askPasscodePin(input.name, askingBefore(0, context.pinPrompt));
    const unixSeconds = now.getTime() / 1000;
    return await judge({ ...verified, pin }, input.passcode, { window, unixSeconds });
  } catch (error) {
    throw error instanceof OtpError ? withoutPasscode({ name: input.name }, error) : error;
  } finally {
    forget(secret, pin);
  }
}

/** What is too short or too long was never a passcode of this token. */
function refuseOtherLength(credential: Credential, passcode: string): void {
  const digits = digitsOf(credential);
  const given = [...passcode].length;
  if (digits !== null && given !== digits)
    throw new FobError(
      "usage",
      t`a passcode of this token has ${digits} characters, and ${given} were given`,
    );
}

async function fromInput(
  { subject, passcode }: { subject: string; passcode: string },
  context: Pick<Context, "readInput">,
) {
  if (subject !== "-" && passcode !== "-") return { subject, passcode };
  if (subject === "-" && passcode === "-")
    throw new FobError("usage", t("only one of the two can come from standard input"));
  const text = (await context.readInput()).trim();
  return subject === "-" ? { subject: text, passcode } : { subject, passcode: text };
}

async function draftSubject(
  text: string,
  passcode: string,
  context: Pick<Context, "endAtSignals">,
): Promise<Verified> {
  const [draft, ...others] = await context.endAtSignals(() => recognize(text));
  if (!draft || others.length > 0)
    throw new FobError("usage", t("this enrollment string holds several tokens: verify one"));
  // each reading gives it another secret
  if (draft.clientPart !== undefined)
    throw new FobError(
      "usage",
      t("this token is enrolled in two steps: verify it by its name, once it is enrolled"),
    );
  refuseOtherLength(draft.credential, passcode);
  return { credential: draft.credential, secret: Buffer.from(draft.secret) };
}

async function storedSubject(
  query: string,
  passcode: string,
  context: Pick<Context, "clock" | "findVault" | "pinPrompt">,
): Promise<Verified> {
  const vault = await existingVault(context);
  const record = vault.read((await findOne(vault, query)).id);
  const { credential } = record.token;
  // before a PIN is asked for
  refuseOtherLength(credential, passcode);
  const later = isMadeWithPin(credential) ? 1 : 0;
  const pinPrompt = askingBefore(later, context.pinPrompt);
  const asking = { ...context, pinPrompt };
  if (record.held) {
    const inChip = (window: Window) => passcodesOfChip(vault, record, window, asking);
    return { credential, secret: Buffer.alloc(0), inChip };
  }
  return { credential, secret: await storedSecret(vault, record, asking) };
}

async function judge(
  verified: Verified & { readonly pin: Secret | null },
  passcode: string,
  { window, unixSeconds }: { readonly window: number; readonly unixSeconds: number },
): Promise<Verdict> {
  const { credential, secret, pin } = verified;
  if (credential.kind === "list") {
    throw new FobError("usage", t("an entry of a list is right once: only its issuer knows when"));
  }
  if (credential.kind === "ocra" || credential.kind === "push") {
    throw new FobError("usage", t("this token gives no passcodes to verify"));
  }
  if (credential.kind === "hotp") {
    const { counter } = credential;
    const offset = await findIn(verified, credential, passcode, countersFrom(counter, window));
    return offset === null
      ? { match: false }
      : { match: true, counter: counter + BigInt(offset), offset };
  }
  const steps = stepsOf(credential);
  const step = timeStep({ ...steps, unixSeconds });
  const around = stepsAround(step, window);
  const offset = isMadeWithPin(credential)
    ? findOffset(passcode, madeWithPin(credential, secret, pin), around)
    : await findIn(verified, credential, passcode, around);
  if (offset === null) return { match: false };
  const clockOffsetSeconds = offset * steps.period;
  return { match: true, step: step + BigInt(offset), offset, clockOffsetSeconds };
}

/** The offset of a passcode in a window, computed here or in the chip that holds the secret. */
async function findIn(
  { secret, inChip }: Verified,
  credential: TotpCredential | HotpCredential,
  passcode: string,
  window: Window,
): Promise<number | null> {
  if (!inChip) return findPasscode({ ...credential, secret }, passcode, window);
  if (window.ahead > MOST_IN_CHIP)
    throw new FobError(
      "usage",
      t`--window is ${window.ahead}: the TPM is slow, at most ${MOST_IN_CHIP}`,
    );
  const passcodes = await inChip(window);
  return findOffset(passcode, (counter) => passcodes.get(counter) ?? "", window);
}

function madeWithPin({ kind }: PinCredential, secret: Secret, pin: Secret | null): PasscodeAt {
  const { passcode } = PIN_METHODS[kind];
  return (step) => passcode({ secret, pin: pin ?? Buffer.alloc(0), step });
}

function formatVerdict(verdict: Verdict, style: Style): string {
  if (!verdict.match) return style.bad(t("no match"));
  if ("counter" in verdict)
    return t`${style.good(t("match"))} at counter ${verdict.counter} (${signed(verdict.offset)})`;
  const { step, offset, clockOffsetSeconds } = verdict;
  return t`${style.good(t("match"))} in time step ${step} (${signed(offset)}, clock offset ${signed(clockOffsetSeconds)} s)`;
}

function signed(number: number): string {
  return number > 0 ? `+${number}` : String(number);
}
