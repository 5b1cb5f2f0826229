import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import type { Tpm } from "./tpm.ts";
import { isRefusal, type TpmRefusal } from "./tpm-refusal.ts";

/** Properties of the protection against guesses (part 2, section 6.13). */
export const LOCKOUT_PROPERTIES = {
  wrong: 0x20e,
  limit: 0x20f,
  secondsPerGuess: 0x210,
} as const;

/** The error for a key that this chip did not make, or made before it was cleared. */
export function ofOtherChip(cause?: unknown): FobError {
  return new FobError(
    "invalid",
    t("this TPM did not make this key: it is another machine's, or was cleared since"),
    { cause, hint: t("the key works in the chip that made it, and nowhere else") },
  );
}

/** The FobError for a refusal; asks the chip how long it is locked. */
export async function explainRefusal(refusal: TpmRefusal, tpm: Tpm): Promise<FobError> {
  if (isRefusal(refusal, "lockout")) return lockedOut(refusal, tpm);
  if (isRefusal(refusal, "integrity")) return ofOtherChip(refusal);
  return explainAlone(refusal);
}

function explainAlone(cause: TpmRefusal): FobError {
  const refused = (message: string, hint: string) =>
    new FobError("unavailable", message, { cause, hint });
  if (isRefusal(cause, "badAuth", "authFail", "authMissing"))
    return refused(
      t("the owner of this TPM has set a password for its storage"),
      t(
        "with that password, make the storage key persistent once (`tpm2_createprimary`, `tpm2_evictcontrol`, handle 0x81000001): fob then needs no password; docs/hardware.md has the commands",
      ),
    );
  if (isRefusal(cause, "objectMemory", "sessionMemory", "sessionHandles"))
    return refused(
      t("the TPM is full of objects of other programs"),
      t("try again; /dev/tpmrm0 keeps programs apart, /dev/tpm0 does not"),
    );
  if (isRefusal(cause, "failure", "notStarted", "disabled"))
    return refused(
      t("the TPM is out of order, or switched off"),
      t("restart the machine, and look at its firmware's settings"),
    );
  if (isRefusal(cause, "retry", "yielded", "testing", "nvRate", "nvUnavailable"))
    return refused(t("the TPM stayed busy"), t("try again"));
  return refused(
    t`the TPM refused with code ${`0x${cause.code.toString(16)}`}`,
    t("`fob doctor` says which TPM it is and what it can do"),
  );
}

/** The chip counts wrong PINs over all of its keys, and forgets one of them after some time. */
async function lockedOut(cause: TpmRefusal, tpm: Tpm): Promise<FobError> {
  const seconds = (await tpm.properties(LOCKOUT_PROPERTIES.wrong)).get(
    LOCKOUT_PROPERTIES.secondsPerGuess,
  );
  const wait = seconds
    ? t`it allows another one after ${duration(seconds)} without a wrong one`
    : t("it allows another one after a while");
  return new FobError("locked", t("the TPM accepts no PIN now: too many were wrong"), {
    cause,
    hint: t`${wait}; nothing but time helps, and a restart does not`,
  });
}

/** A time in minutes, or in seconds where it is short. */
export function duration(seconds: number): string {
  return seconds < 120 ? plural(seconds, "second") : plural(Math.ceil(seconds / 60), "minute");
}
