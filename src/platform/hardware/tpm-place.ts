import { existsSync } from "node:fs";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** Where the TPM is. `isShared`: a resource manager keeps its users apart, and cleans up. */
export type TpmPlace =
  | { readonly kind: "device"; readonly path: string; readonly isShared: boolean }
  | { readonly kind: "socket"; readonly path: string; readonly isShared: false };

/** The device of the kernel's resource manager: for many processes at once. */
const MANAGED = "/dev/tpmrm0";

/** The bare device: for one process at a time. */
const BARE = "/dev/tpm0";

/**
 * The TPM of this machine, or the one that FOB_TPM names: the path of a device, or `swtpm:SOCKET`.
 * Throws FobError `unavailable` where there is none, `usage` for a FOB_TPM that names none.
 */
export function findTpm(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): TpmPlace {
  const named = env["FOB_TPM"];
  if (named) return parsePlace(named);
  if (platform !== "linux") throw unsupported(platform);
  const path = [MANAGED, BARE].find((device) => existsSync(device));
  if (path) return device(path);
  throw new FobError("unavailable", t("this machine has no TPM 2.0 that Linux knows"), {
    hint: t("switch it on in the firmware's settings (fTPM, PTT); `fob doctor` looks again"),
  });
}

function parsePlace(text: string): TpmPlace {
  const [, socket] = /^swtpm:(.+)$/.exec(text) ?? [];
  if (socket) return { kind: "socket", path: socket, isShared: false };
  if (text.startsWith("/")) return device(text);
  throw new FobError("usage", t("FOB_TPM names no TPM"), {
    hint: t("the path of a device such as /dev/tpmrm0, or swtpm:SOCKET"),
  });
}

function device(path: string): TpmPlace {
  return { kind: "device", path, isShared: path.startsWith("/dev/tpmrm") };
}

function unsupported(platform: NodeJS.Platform): FobError {
  const message =
    platform === "darwin"
      ? t("the Secure Enclave of a Mac computes no HMAC: the chip can hold nothing for fob here")
      : platform === "win32"
        ? t(
            "Windows gives its TPM's HMAC keys to no program like fob: the chip can hold nothing here",
          )
        : t("fob reaches a TPM on Linux only");
  return new FobError("unavailable", message, {
    hint: t("docs/hardware.md says what would be needed; PINs protect tokens on every system"),
  });
}
