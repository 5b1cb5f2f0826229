import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import { hotp, NO_COUNTER_LEFT } from "#otp/hotp.ts";
import { OtpError } from "#otp/otp-error.ts";
import type { PinKind } from "#otp/pin-kind.ts";
import { totp } from "#otp/totp.ts";
import { refuseByDomain } from "#token/access-domain.ts";
import {
  type Credential,
  type HotpCredential,
  isMadeWithPin,
  type PinCredential,
  type TotpCredential,
} from "#token/credential.ts";
import { forget, type Secret } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import { openSecret, refuseHeld, refuseWiped, type TokenRecord } from "./token-record.ts";
import type { TokenStore } from "./token-store.ts";

/**
 * A passcode and its validity: a time span for time-based tokens, the used counter for event-based
 * ones.
 */
export type Passcode =
  | {
      readonly kind: "totp" | PinKind;
      readonly code: string;
      readonly validFrom: Date;
      readonly validUntil: Date;
    }
  | {
      readonly kind: "hotp" | "list";
      readonly code: string;
      /** Of a list, the number of the entry. */
      readonly counter: bigint;
    };

/** Makes a passcode with the PIN that is part of it. */
export type PasscodeWithPin = (credential: PinCredential, secret: Secret, time: Date) => Passcode;

/** What JSON keeps of a passcode: times as ISO 8601 text, its counter as a number or digits. */
type PasscodeJson = { readonly kind: Passcode["kind"]; readonly code: string } & Readonly<
  Record<string, unknown>
>;

/** Reads a passcode from an agent's JSON data. */
export function decodePasscode(json: unknown): Passcode {
  const { kind, code, counter, validFrom, validUntil } = json as PasscodeJson;
  if (kind === "hotp" || kind === "list") return { kind, code, counter: BigInt(String(counter)) };
  return {
    kind,
    code,
    validFrom: new Date(String(validFrom)),
    validUntil: new Date(String(validUntil)),
  };
}

/**
 * Makes a token's passcode for `time`. An event-based token's counter has moved on durably when
 * this returns, so that no passcode is ever given twice. `withPin` makes what a PIN is part of.
 * Throws FobError `denied` or `locked` by its access domain, `usage` for a token without passcodes.
 */
export function takePasscode(
  store: TokenStore,
  record: TokenRecord,
  secretKey: Secret,
  time: Date,
  withPin: PasscodeWithPin | null = null,
): Passcode {
  const { token } = record;
  refuseByDomain(token, store.isPinGiven(record));
  const secret = secretOf(record, secretKey);
  try {
    return passcodeOf(store, record, secret, time, withPin);
  } catch (error) {
    throw error instanceof OtpError ? withoutPasscode(token, error) : error;
  } finally {
    forget(secret);
  }
}

/**
 * The error for a token that cannot make a passcode: the clock is before its start time, or its
 * algorithm refuses its parameters.
 */
export function withoutPasscode({ name }: Pick<Token, "name">, error: OtpError): FobError {
  const hint =
    error.parameter === "time" ? { hint: t("is the clock right? `fob doctor` looks") } : {};
  return new FobError("invalid", t`${name} has no passcode: ${error.message}`, {
    cause: error,
    ...hint,
  });
}

/**
 * A token's secret. The caller forgets it. Throws FobError `invalid` when the record is damaged,
 * `denied` when a chip holds the secret.
 */
export function secretOf(record: TokenRecord, secretKey: Secret): Secret {
  refuseWiped(record);
  refuseHeld(record);
  const secret = openSecret(record, secretKey);
  if (secret) return secret;
  throw new FobError("invalid", t`the secret of ${record.token.name} is damaged`);
}

/**
 * Advances a token's counter durably and returns the previous value; no other caller gets the same
 * value. `credentialOf` takes the credential from the current record.
 */
export function takeCounter<C extends Credential & { readonly counter: bigint }>(
  store: Pick<TokenStore, "update">,
  id: string,
  credentialOf: (record: TokenRecord) => C,
): bigint {
  let taken = 0n;
  let name = id;
  try {
    store.update(id, (record) => {
      const credential = credentialOf(record);
      name = record.token.name;
      refuseUsedUp(name, credential.counter);
      taken = credential.counter;
      return {
        ...record,
        token: { ...record.token, credential: { ...credential, counter: taken + 1n } },
      };
    });
  } catch (error) {
    if (!(error instanceof FobError && error.isDone)) throw error;
    // a passcode that could be given again after a power cut must not be given
    throw usedUpBy(
      error,
      { name, counter: taken },
      t("check the disk; the next passcode has the next counter"),
    );
  }
  return taken;
}

/** The error for a counter that has moved on although no passcode is given. */
export function usedUpBy(
  cause: FobError,
  { name, counter }: { readonly name: string; readonly counter: bigint },
  hint: string,
): FobError {
  const message = t`counter ${counter} of ${name} is used up, and no passcode was made of it: ${cause.message}`;
  return new FobError(cause.code, message, { hint, cause, isDone: true });
}

/** Throws FobError `invalid` when the passcode of the last counter was given. */
export function refuseUsedUp(name: string, counter: bigint): void {
  if (counter >= NO_COUNTER_LEFT)
    throw new FobError("invalid", t`the counter of ${name} has reached its end`);
}

function passcodeOf(
  store: TokenStore,
  { token }: TokenRecord,
  secret: Secret,
  time: Date,
  withPin: PasscodeWithPin | null,
): Passcode {
  const { credential } = token;
  if (credential.kind === "totp") return timeBased(credential, secret, time);
  if (credential.kind === "hotp") {
    refuseUsedUp(token.name, credential.counter);
    // before the counter is advanced: an error must not use up a counter
    const expected = hotp({ ...credential, secret });
    const counter = takeCounter(store, token.id, eventBased);
    return {
      kind: "hotp",
      code: counter === credential.counter ? expected : hotp({ ...credential, secret, counter }),
      counter,
    };
  }
  if (isMadeWithPin(credential)) {
    if (withPin) return withPin(credential, secret, time);
    throw new FobError("locked", t`the PIN of ${token.name} is needed for its passcode`);
  }
  if (credential.kind === "push") {
    throw new FobError("usage", t`${token.name} approves login requests and gives no passcodes`, {
      hint: "fob push listen",
    });
  }
  throw new FobError(
    "usage",
    t`${token.name} answers challenges and gives no passcodes by itself`,
    {
      hint: `fob challenge ${shellWord(token.name)} CHALLENGE`,
    },
  );
}

function timeBased(credential: TotpCredential, secret: Secret, time: Date): Passcode {
  const { code, validFrom, validUntil } = totp({
    ...credential,
    secret,
    unixSeconds: time.getTime() / 1000,
  });
  return {
    kind: "totp",
    code,
    validFrom: new Date(validFrom * 1000),
    validUntil: new Date(validUntil * 1000),
  };
}

export function eventBased({ token }: TokenRecord): HotpCredential {
  if (token.credential.kind === "hotp") return token.credential;
  throw new FobError("invalid", t`${token.name} is no longer event-based`);
}
