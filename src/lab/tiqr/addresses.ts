import type { TiqrToken } from "#lab/lab-token.ts";

/** The service that the TiQR app shows. */
export const SERVICE = { identifier: "lab.fob", displayName: "fob lab" } as const;

/** The suite of privacyIDEA. That of the TiQR project is `OCRA-1:HOTP-SHA1-6:QH10-S`. */
export const USUAL_SUITE = "OCRA-1:HOTP-SHA1-6:QN10";

/** The address of the metadata. The session works until a device has enrolled. */
export function metadataUrl(token: Pick<TiqrToken, "url" | "serial">, session: Buffer): string {
  return actionUrl(token, "metadata", session);
}

/** The address to which a device sends its secret. */
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
 * The challenge of a login as the text of a QR code:
 * `tiqrauth://IDENTITY@SERVICE/SESSIONKEY/CHALLENGE/DISPLAY-NAME`.
 */
export function authenticationUrl(
  user: string,
  { transaction, question }: { transaction: string; question: string },
): string {
  const identity = `${encodeURIComponent(user)}@${SERVICE.identifier}`;
  return `tiqrauth://${identity}/${transaction}/${question}/${encodeURIComponent(SERVICE.displayName)}`;
}
