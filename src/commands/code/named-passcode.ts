import type { Token } from "#token/token.ts";
import type { Passcode } from "#vault/tokens/passcodes.ts";

/** A passcode and whose it is. */
export interface NamedPasscode<T extends Pick<Token, "name"> = Token> {
  readonly token: T;
  readonly passcode: Passcode;
  /** Whole seconds until it ends, counted from when it was asked for; 0 for one of another time. */
  readonly secondsLeft: number;
}

/** A passcode of a token, as of `now`. */
export function namePasscode<T extends Pick<Token, "name">>(
  token: T,
  passcode: Passcode,
  now: Date,
): NamedPasscode<T> {
  if (passcode.kind === "hotp") return { token, passcode, secondsLeft: 0 };
  const secondsLeft = Math.max(
    0,
    Math.floor((passcode.validUntil.getTime() - now.getTime()) / 1000),
  );
  return { token, passcode, secondsLeft };
}

/** How `--json` shows it. */
export function passcodeJson({
  token: { name },
  passcode,
  secondsLeft,
}: NamedPasscode<Pick<Token, "name">>) {
  const { code, kind } = passcode;
  if (passcode.kind === "hotp") return { name, code, kind, counter: passcode.counter };
  return {
    name,
    code,
    kind,
    validFrom: passcode.validFrom,
    validUntil: passcode.validUntil,
    secondsLeft,
  };
}
