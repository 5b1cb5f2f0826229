import type { HttpClient, HttpReply, HttpRequest } from "#base/http-client.ts";

/** How long a TiQR server may take to answer, in milliseconds. */
export const TIMEOUT = 15_000;

/** What tells a TiQR server which protocol we speak. */
export const PROTOCOL = { accept: "application/json", "x-tiqr-protocol-version": "2" } as const;

/**
 * Servers of the TiQR project insist on hearing where notifications would go; no push service
 * reaches this device.
 */
const DEVICE = { language: "en", version: "2", notificationType: "", notificationAddress: "" };

/** Sends a form to a TiQR server, about this device as well. Rejects as {@link HttpClient} does. */
export function postForm(
  http: HttpClient,
  request: Pick<HttpRequest, "url" | "isInsecure" | "maxBytes">,
  fields: Readonly<Record<string, string>>,
): Promise<HttpReply> {
  return http({
    ...request,
    method: "POST",
    timeout: TIMEOUT,
    headers: { ...PROTOCOL, "content-type": "application/x-www-form-urlencoded" },
    body: Buffer.from(new URLSearchParams({ ...fields, ...DEVICE }).toString()),
  });
}
