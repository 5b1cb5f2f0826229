import { isCredential } from "#lab/device-credential.ts";
import { type Lab, noteDone, noteRefused } from "#lab/lab.ts";
import type { LabToken } from "#lab/lab-token.ts";
import { readDeviceKey } from "./device-key.ts";

/** The enrollment request of a device. */
export interface EnrollmentRequest {
  readonly serial: string;
  readonly credential: string;
  /** Base64 of a SubjectPublicKeyInfo. */
  readonly publicKey: string;
}

/**
 * Stores a device's key for a token, once, before the credential expires. Returns the reason for a
 * refusal, for the device and the log, or null on success.
 */
export function enrollDevice(
  lab: Lab,
  { serial, credential, publicKey }: EnrollmentRequest,
): string | null {
  const der = readDeviceKey(publicKey);
  const refusal =
    der === null
      ? "the public key is not an RSA key of 2048 to 8192 bits"
      : lab.store.decide(serial, (token): readonly [LabToken | null, string | null] => {
          const reason = refuse(token, credential, lab.clock().getTime());
          if (reason !== null || token.kind !== "push") return [null, reason];
          return [{ ...token, device: { state: "enrolled", publicKey: der } }, null];
        });
  const known = lab.store.token(serial);
  const remark = { serial: known && serial, user: known?.user ?? null };
  const reason = known?.kind === "push" ? refusal : "there is no push token of this serial number";
  if (reason === null) noteDone(lab, "push-enrollment", remark);
  else noteRefused(lab, "push-enrollment", { ...remark, detail: reason });
  return reason;
}

function refuse(token: LabToken, credential: string, now: number): string | null {
  if (token.kind !== "push") return "there is no push token of this serial number";
  if (token.device.state === "enrolled") return "the enrollment credential was used already";
  if (!isCredential(credential, token.device.credential))
    return "the enrollment credential is wrong";
  return now < token.device.expiresAt ? null : "the enrollment credential has expired";
}
