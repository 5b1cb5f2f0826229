import type { TiqrToken } from "#lab/lab-token.ts";

/** What the TiQR app shows as the service. */
export const SERVICE = { identifier: "lab.fob", displayName: "fob lab" } as const;

/** privacyIDEA's suite. The TiQR project's own is `OCRA-1:HOTP-SHA1-6:QH10-S`. */
export const USUAL_SUITE = "OCRA-1:HOTP-SHA1-6:QN10";

/** Where a device reads what it is to enroll. The session works until a device has enrolled. */
export function metadataUrl(token: Pick<TiqrToken, "url" | "serial">, session: Buffer): string {
  return actionUrl(token, "metadata", session);
}

/** Where a device sends its secret. */
export function enrollmentUrl(token: Pick<TiqrToken, "url" | "serial">, session: Buffer): string {
  return actionUrl(token, "enrollment", session);
}

function actionUrl(
  { url, serial }: Pick<TiqrToken, "url" | "serial">,
  action: string,
  session: Buffer,
): string {
  return `${url}?action=${action}&session=${session.toString("hex")}&serial=${serial}`;
}

/**
 * The challenge of a login as text for a QR code:
 * `tiqrauth://IDENTITY@SERVICE/SESSIONKEY/CHALLENGE/DISPLAY-NAME`.
 */
export function authenticationUrl(
  user: string,
  { transaction, question }: { transaction: string; question: string },
): string {
  const identity = `${encodeURIComponent(user)}@${SERVICE.identifier}`;
  return `tiqrauth://${identity}/${transaction}/${question}/${encodeURIComponent(SERVICE.displayName)}`;
}
