import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { type Check, failure } from "#cli/check.ts";
import { HASH_ALGORITHMS } from "#otp/algorithm.ts";
import { duration, LOCKOUT_PROPERTIES } from "./explain-refusal.ts";
import { TPM_LIMITS, withTpm } from "./open-tpm.ts";
import type { Tpm } from "./tpm.ts";
import { HASH_IDS } from "./tpm-objects.ts";
import { findTpm } from "./tpm-place.ts";

/** Properties that describe a chip (part 2, section 6.13). */
const DESCRIPTION = { first: 0x100, maker: 0x105, firmware: 0x10b } as const;

/** Properties from here on change. */
const STATE = 0x200;

/** The attribute "in lockout" among the state's permanent attributes. */
const PERMANENT = 0x200;
const IN_LOCKOUT = 1 << 9;

/** Looks for the machine's TPM: who made it, what it computes, and whether it is locked. */
export async function checkChip(env: NodeJS.ProcessEnv): Promise<Check> {
  const check = "tpm";
  try {
    findTpm(env);
  } catch (error) {
    const { message } = failure(check, error);
    return { check, status: "skipped", message };
  }
  try {
    return await withTpm(env, TPM_LIMITS, describe);
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    // fob needs it only where somebody asks for it; the check of the keychain says more
    return { ...failure(check, error), status: "warning" };
  }
}

async function describe(tpm: Tpm): Promise<Check> {
  const check = "tpm";
  const [fixed, state] = [await tpm.properties(DESCRIPTION.first), await tpm.properties(STATE)];
  const algorithms = await tpm.algorithms();
  const hashes = HASH_ALGORITHMS.filter((name) => algorithms.has(HASH_IDS[name] ?? -1));
  const maker = textOf(fixed.get(DESCRIPTION.maker) ?? 0);
  const firmware = fixed.get(DESCRIPTION.firmware) ?? 0;
  const version = `${firmware >>> 16}.${firmware & 0xffff}`;
  const [wrong = 0, limit = 0, seconds = 0] = [
    LOCKOUT_PROPERTIES.wrong,
    LOCKOUT_PROPERTIES.limit,
    LOCKOUT_PROPERTIES.secondsPerGuess,
  ].map((property) => state.get(property));
  const chip = t`a TPM 2.0 of ${maker}, firmware ${version}, computes ${hashes.join(", ")}`;
  if ((state.get(PERMANENT) ?? 0) & IN_LOCKOUT)
    return {
      check,
      status: "warning",
      message: t`${chip}; it accepts no PIN now: ${wrong} were wrong`,
      hint: t`it allows another one after ${duration(seconds)} without a wrong one`,
    };
  return { check, status: "ok", message: t`${chip}; ${wrong} of ${limit} wrong PINs are counted` };
}

/** Four characters in a number, as chips give their maker's name. */
function textOf(number: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes
    .toString("latin1")
    .replaceAll(/[^\x20-\x7e]/g, "")
    .trim();
}
