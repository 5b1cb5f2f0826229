import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import { counterBytes, truncate } from "#otp/hotp.ts";
import { OtpError } from "#otp/otp-error.ts";
import { timeStep } from "#otp/totp.ts";
import { refuseByDomain } from "#token/access-domain.ts";
import type { HotpCredential, TotpCredential } from "#token/credential.ts";
import type { Secret } from "#token/secret.ts";
import {
  eventBased,
  type Passcode,
  refuseUsedUp,
  usedUpBy,
  withoutPasscode,
} from "#vault/tokens/passcodes.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import type { TokenStore } from "#vault/tokens/token-store.ts";
import type { Chip } from "./chip.ts";
import { takeCount } from "./counting.ts";
import { heldMac, heldMacs } from "./held-macs.ts";

/**
 * Makes the passcode of a token whose secret a chip holds, as `takePasscode` does for others.
 * `auth` is the auth value of the chip's key.
 */
export async function takeHeldPasscode(
  store: Pick<TokenStore, "isPinGiven" | "layout" | "read" | "update">,
  chip: Chip,
  record: TokenRecord,
  { auth, time }: { readonly auth: Secret; readonly time: Date },
): Promise<Passcode> {
  const { token } = record;
  const macOf = (counter: bigint) => heldMac(chip, record, auth, counterBytes(counter));
  refuseByDomain(token, store.isPinGiven(record));
  const { credential } = token;
  try {
    if (credential.kind === "totp") return await timeBased(macOf, credential, time);
    if (credential.kind === "hotp") return await counted(store, chip, record, credential, macOf);
  } catch (error) {
    throw error instanceof OtpError ? withoutPasscode(token, error) : error;
  }
  throw new FobError(
    "usage",
    t`${token.name} answers challenges and gives no passcodes by itself`,
    { hint: `fob challenge ${shellWord(token.name)} CHALLENGE` },
  );
}

/**
 * The passcodes of a held token for some counters or time steps, without taking one. Throws
 * FobError as the chip does.
 */
export async function heldPasscodesAt(
  chip: Chip,
  record: TokenRecord,
  auth: Secret,
  counters: readonly bigint[],
): Promise<ReadonlyMap<bigint, string>> {
  const { credential } = record.token;
  if (credential.kind !== "totp" && credential.kind !== "hotp") return new Map();
  const { digits, alphabet } = credential;
  const macs = await heldMacs(chip, record, auth, counters.map(counterBytes));
  return new Map(
    macs.map((mac, i) => [counters[i] ?? 0n, truncate(mac, digits, alphabet)] as const),
  );
}

type MacOf = (counter: bigint) => Promise<Buffer>;

async function timeBased(
  macOf: MacOf,
  { period, t0, digits, alphabet }: TotpCredential,
  time: Date,
): Promise<Passcode> {
  const step = timeStep({ unixSeconds: time.getTime() / 1000, period, t0 });
  const mac = await macOf(step);
  const validFrom = t0 + Number(step) * period;
  return {
    kind: "totp",
    code: truncate(mac, digits, alphabet),
    validFrom: new Date(validFrom * 1000),
    validUntil: new Date((validFrom + period) * 1000),
  };
}

/** The chip computes before the counter moves on: a chip that fails must not use up a counter. */
async function counted(
  store: Pick<TokenStore, "layout" | "read" | "update">,
  chip: Chip,
  record: TokenRecord,
  { counter: expected, digits, alphabet }: HotpCredential,
  macOf: MacOf,
): Promise<Passcode> {
  const { name } = record.token;
  refuseUsedUp(name, expected);
  const mac = await macOf(expected);
  const counter = await takeCount(store, () => chip, record, eventBased);
  const taken = counter === expected ? mac : await macOf(counter).catch(lost(name, counter));
  return { kind: "hotp", code: truncate(taken, digits, alphabet), counter };
}

/** The counter of another process was faster, and then the chip failed. */
function lost(name: string, counter: bigint): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof FobError)) throw error;
    throw usedUpBy(
      error,
      { name, counter },
      error.hint ?? t("the next passcode has the next counter"),
    );
  };
}
