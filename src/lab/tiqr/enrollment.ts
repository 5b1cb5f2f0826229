import { isCredential } from "#lab/device-credential.ts";
import { type Lab, noteDone, noteRefused } from "#lab/lab.ts";
import type { LabToken, TiqrToken } from "#lab/lab-token.ts";
import { enrollmentUrl, SERVICE } from "./addresses.ts";

const SECRET_BYTES = { min: 16, max: 64 } as const;

/** Identifies an enrollment; the session is its secret. */
export interface EnrollmentKey {
  readonly serial: string;
  /** Hexadecimal. */
  readonly session: string;
}

/**
 * The metadata for a device that is to enroll, in the format of TiQR; null when there is no such
 * enrollment.
 */
export function readMetadata(lab: Lab, key: EnrollmentKey): object | null {
  const token = lab.store.token(key.serial);
  const refusal = token && refuse(lab, token, key);
  if (token?.kind !== "tiqr" || token.device.state !== "awaited" || refusal !== null) {
    noteRefused(lab, "tiqr-metadata", {
      user: token?.user ?? null,
      serial: token && key.serial,
      detail: refusal ?? NO_TOKEN,
    });
    return null;
  }
  const { origin } = new URL(token.url);
  const service = {
    ...SERVICE,
    logoUrl: `${origin}/logo.svg`,
    infoUrl: `${origin}/`,
    authenticationUrl: token.url,
    ocraSuite: token.suite,
    enrollmentUrl: enrollmentUrl(token, token.device.session),
  };
  return { service, identity: { identifier: token.user, displayName: token.user } };
}

/** Stores the secret that a device made, once. Returns whether it did. */
export function enrollSecret(lab: Lab, key: EnrollmentKey, hex: string): boolean {
  const secret = /^(?:[0-9a-f]{2})+$/i.test(hex) ? Buffer.from(hex, "hex") : Buffer.alloc(0);
  const refusal =
    secret.length < SECRET_BYTES.min || secret.length > SECRET_BYTES.max
      ? "the secret is not 16 to 64 bytes in hexadecimal"
      : lab.store.decide(key.serial, (token): readonly [LabToken | null, string | null] => {
          const reason = refuse(lab, token, key);
          return reason === null ? [withSecret(token, secret), null] : [null, reason];
        });
  const token = lab.store.token(key.serial);
  const remark = { user: token?.user ?? null, serial: token && key.serial };
  const reason = token === null ? NO_TOKEN : refusal;
  if (reason === null) noteDone(lab, "tiqr-enrollment", remark);
  else noteRefused(lab, "tiqr-enrollment", { ...remark, detail: reason });
  return reason === null;
}

const NO_TOKEN = "there is no TiQR token of this serial number";

function refuse({ clock }: Lab, token: LabToken, { session }: EnrollmentKey): string | null {
  if (token.kind !== "tiqr") return NO_TOKEN;
  if (token.device.state === "enrolled") return "a device was enrolled already";
  if (!isCredential(session, token.device.session)) return "the session is wrong";
  return clock().getTime() < token.device.expiresAt ? null : "the enrollment has expired";
}

function withSecret(token: LabToken, secret: Buffer): LabToken {
  return token.kind === "tiqr"
    ? ({ ...token, device: { state: "enrolled", secret } } satisfies TiqrToken)
    : token;
}
