import type { Passcode } from "../vault/passcodes.ts";

/** A passcode and whose it is. */
export interface NamedPasscode {
  readonly name: string;
  readonly passcode: Passcode;
  /** Whole seconds until it ends, counted from when it was asked for; 0 for one of another time. */
  readonly secondsLeft: number;
}

/** A passcode of a token, as of `now`. */
export function namePasscode(name: string, passcode: Passcode, now: Date): NamedPasscode {
  if (passcode.kind === "hotp") return { name, passcode, secondsLeft: 0 };
  const secondsLeft = Math.max(0, Math.floor((passcode.validUntil.getTime() - now.getTime()) / 1000));
  return { name, passcode, secondsLeft };
}

/** How `--json` shows it. */
export function passcodeJson({ name, passcode, secondsLeft }: NamedPasscode) {
  const { code, kind } = passcode;
  if (passcode.kind === "hotp") return { name, code, kind, counter: passcode.counter };
  return { name, code, kind, validFrom: passcode.validFrom, validUntil: passcode.validUntil, secondsLeft };
}
