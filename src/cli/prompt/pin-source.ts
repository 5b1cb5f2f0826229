import { isatty } from "node:tty";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Globals } from "#cli/globals.ts";
import { descriptorOf, readDescriptor, readFileOrPipe } from "#cli/inputs.ts";
import type { Prompt } from "#cli/prompt/prompt.ts";
import type { Sensor } from "#cli/sensor.ts";
import { PASSPHRASE_POLICY } from "#token/pin-policy.ts";
import { pinBytes, type Secret } from "#token/secret.ts";
import { decodeText } from "#token/text-encoding.ts";
import type { KeyItem } from "#vault/keys/key-store.ts";
import type { PinPrompt, PinRequest } from "#vault/pins/pin-prompt.ts";

/**
 * The maximum size of a PIN source. A PIN has at most 128 characters, and few commands ask for more
 * than one.
 */
const MAX_PIN_BYTES = 64 * 1024;

/** How often a person may try before the command gives up. The vault also counts attempts. */
const TRIES = 3;

/** The biometric sensor, and the keys that it releases. */
export interface Biometrics {
  readonly sensor: Sensor;
  keyOf(item: KeyItem): Promise<Secret | null>;
}

/** A source of PINs that knows of an agent. */
export interface PinSource extends PinPrompt {
  /**
   * To be called where an agent that holds the vault is used in place of the app PIN, before
   * anything else is asked. A text with PINs may have a line for the app PIN at this place, so that
   * it holds with and without an agent.
   */
  passOverAppPin(): void;
}

/**
 * Creates the source of PINs for this run: the given option or variable, else the terminal and the
 * biometric sensor.
 */
export function pinSource(globals: Globals, prompt: Prompt, biometrics: Biometrics): PinSource {
  if (terminalOf(globals) !== null)
    return { ...typedPins(prompt, biometrics), release: async () => null };
  const given = givenPins(globals);
  return given ? pinsInOrder(given) : typedPins(prompt, biometrics);
}

/**
 * Where the option for PINs names a terminal, which would show what is typed: `input` for standard
 * input, `other` for the terminal of the process by another name. Null for every other source. The
 * person there is then asked as without the option.
 */
export function terminalOf({
  pinFile,
  pinFd,
}: Pick<Globals, "pinFile" | "pinFd">): "input" | "other" | null {
  if (pinFd === null && pinFile === "/dev/tty") return "other";
  const named = pinFile === null ? null : pinFile === "-" ? 0 : descriptorOf(pinFile);
  const descriptor = pinFd ?? named;
  if (descriptor === null || !isatty(descriptor)) return null;
  return descriptor === 0 ? "input" : "other";
}

/**
 * Reads PINs from a text, one a line: each question takes the next line, in the order in which a
 * person would be asked. A single line answers every question, but it cannot become a new PIN after
 * it was used as an existing one. If an agent replaces the app PIN and there are more lines than
 * questions, the next line is that of the app PIN and is skipped. If there are still more lines
 * than questions, none of them becomes a new PIN.
 */
function pinsInOrder(read: () => string): PinSource {
  let lines: string[] | null = null;
  let next = 0;
  let isTaken = false;
  let mayPassOver = false;
  return {
    interactive: false,
    passOverAppPin() {
      mayPassOver = true;
    },
    // a given PIN takes precedence over biometrics
    release: async () => null,
    async ask({ refusal, ...request }) {
      if (refusal) throw refusal;
      lines ??= linesOf(read());
      const { of, later } = request;
      if (mayPassOver && of !== null && later !== undefined && lines.length - next > later + 1)
        next++;
      mayPassOver = false;
      const isNew = IS_NEW.has(request.role);
      const single = isNew && isTaken ? undefined : lines[0];
      const line = lines.length === 1 ? single : lines[next++];
      isTaken ||= !isNew;
      // a script may repeat the new PIN, as a person does
      const isRepeated = lines.slice(next).every((more) => more === line);
      if (isNew && later === 0 && lines.length > 1 && !isRepeated)
        throw tooMany(lines.length, next);
      if (line) return givenPin(line, request.role);
      throw new FobError(
        "locked",
        t`${describe(request)} is needed, and the PIN source has no line for it`,
        {
          hint: t("give one PIN a line, in the order in which they are asked"),
        },
      );
    },
  };
}

/** No PIN that fob has set holds a control character: such a line costs no attempt. */
function givenPin(line: string, role: PinRequest["role"]): Secret {
  if (role !== "current" || !/\p{Cc}/u.test(line)) return pinBytes(line);
  throw new FobError(
    "invalid",
    t("the PIN source holds a control character, and no PIN does: nothing was tried"),
    { hint: t("save it as UTF-8, one PIN a line") },
  );
}

function tooMany(lines: number, asked: number): FobError {
  return new FobError(
    "usage",
    t`the PIN source has ${lines} lines, and the new PIN would be line ${asked}`,
    {
      hint: t("give as many lines as PINs are asked for: none for the app PIN where none is set"),
    },
  );
}

/** Creates a source of PINs that a person types. Without `biometrics` it has no other way. */
export function typedPins(prompt: Prompt, biometrics: Biometrics | null): PinSource {
  let tries = 0;
  return {
    interactive: prompt.available,
    passOverAppPin: () => undefined,
    release: async ({ of, item }) =>
      prompt.available && biometrics ? release(of, item, prompt, biometrics) : null,
    async ask({ refusal, ...request }): Promise<Secret> {
      tries = refusal ? tries + 1 : 0;
      if (refusal && tries >= TRIES) throw refusal;
      const question = refusal ? `${refusal.message}. ${describe(request)}` : describe(request);
      for (let asked = 0; asked < TRIES; asked++) {
        const typed = await prompt.secret(question, t("--pin-file F, --pin-fd N or FOB_PIN"));
        // no PIN is empty: Enter on an empty field must cost no attempt
        if (typed !== "" || request.role !== "current") return pinBytes(typed);
      }
      throw new FobError("locked", t("no PIN was typed: nothing was tried"));
    },
  };
}

/** Asks for a fingerprint or face. Any failure returns null, and the PIN is asked for instead. */
async function release(
  of: string | null,
  item: KeyItem,
  prompt: Prompt,
  { sensor, keyOf }: Biometrics,
): Promise<Secret | null> {
  const name = of ?? "fob";
  try {
    const isDone = await prompt.wait(
      t`Finger or face for ${name}; Enter to type the PIN instead`,
      async (watch) => {
        await sensor.verify(t`unlock ${name}`, watch).catch((error: unknown) => {
          if (error instanceof FobError && error.code !== "interrupted")
            watch.tell(t`${error.message}: the PIN is needed`);
          throw error;
        });
      },
    );
    return isDone ? await keyOf(item) : null;
  } catch (error) {
    if (error instanceof FobError && error.code !== "interrupted") return null;
    throw error;
  }
}

function givenPins(globals: Globals): (() => string) | null {
  const { pinFile, pinFd, pin } = globals;
  const decode = (read: () => Buffer) => () => decodeText(read(), t("the PIN source"));
  if (pinFd !== null)
    return decode(() => readDescriptor(pinFd, t`descriptor ${pinFd}`, MAX_PIN_BYTES));
  if (pinFile === "-") return decode(() => readDescriptor(0, t("standard input"), MAX_PIN_BYTES));
  if (pinFile !== null) return decode(() => readFileOrPipe(pinFile, MAX_PIN_BYTES));
  return pin === null ? null : () => fromEnvironment(pin);
}

/**
 * Node replaces bytes that are not UTF-8 in environment variables by U+FFFD, so different PINs
 * would become equal.
 */
function fromEnvironment(pin: string): string {
  if (!pin.includes("\ufffd")) return pin.replace(/^\ufeff/, "");
  throw new FobError("invalid", t("FOB_PIN is not UTF-8"), {
    hint: t("--pin-file F reads the PIN from a file in UTF-8"),
  });
}

/** The lines of a text, with LF or CRLF. A line break at the end does not start another line. */
function linesOf(text: string): string[] {
  const lines = text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  return lines.length > 1 && lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

const ROLES: Record<PinRequest["role"], (of: string) => string> = {
  current: (of) => t`PIN ${of}`,
  new: (of) => t`New PIN ${of}`,
  repeat: (of) => t`New PIN ${of} once more`,
  challenge: (of) => t`PIN of the challenge ${of}`,
  passcode: (of) => t`PIN of the passcode ${of}`,
  passphrase: (of) => t`Passphrase ${of}`,
  "new-passphrase": (of) =>
    t`New passphrase ${of} (at least ${PASSPHRASE_POLICY.minLength} characters)`,
  "repeat-passphrase": (of) => t`New passphrase ${of} once more`,
  recovery: (of) => t`Recovery code ${of}`,
  key: (of) => t`Key ${of} (hexadecimal or Base64)`,
};

/** The roles that mean the app PIN when there is no token: neither passphrase nor recovery code. */
const IS_APP_PIN: ReadonlySet<PinRequest["role"]> = new Set(["current", "new", "repeat"]);

/** The roles of a PIN or passphrase that is being created. */
const IS_NEW: ReadonlySet<PinRequest["role"]> = new Set([
  "new",
  "repeat",
  "new-passphrase",
  "repeat-passphrase",
]);

function describe({ of, role }: Omit<PinRequest, "refusal">): string {
  if (of !== null) return ROLES[role](t`for ${of}`);
  return ROLES[role](IS_APP_PIN.has(role) ? t("of fob (app PIN)") : t("of fob"));
}
