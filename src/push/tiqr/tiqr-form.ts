import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import type { HttpClient, HttpReply, HttpRequest } from "#base/http-client.ts";
import { t } from "#base/language.ts";

/** A number of a reply, which some servers send as text. */
export const number = v.union([
  v.pipe(v.number(), v.integer(), v.minValue(0)),
  v.pipe(v.string(), v.regex(/^\d{1,6}$/), v.transform(Number)),
]);

/** The time limit for a TiQR server, in milliseconds. */
export const TIMEOUT = 15_000;

/** The headers that tell a TiQR server the protocol version. */
export const PROTOCOL = { accept: "application/json", "x-tiqr-protocol-version": "2" } as const;

/**
 * Required by servers of the TiQR project. The notification address is empty, because no push
 * service reaches this device.
 */
const DEVICE = { language: "en", version: "2", notificationType: "", notificationAddress: "" };

/**
 * Sends a form to a TiQR server, with the data of this device. Rejects as {@link HttpClient} does.
 */
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

/**
 * Throws FobError `unavailable` for a yes that comes with a status of failure: the page of a proxy
 * or of another server says it. A refusal may have such a status, as servers of OpenConext do.
 */
export function refuseDoubtfulYes({ status }: HttpReply, host: string): void {
  if (status >= 200 && status < 300) return;
  throw new FobError("unavailable", t`${host} answers with status ${status}`);
}

/**
 * Throws FobError `unavailable` for a reply of a server that has a problem (5xx) or too much to do
 * (429), whatever its body says.
 */
export function refuseServerTrouble({ status }: HttpReply, host: string): void {
  if (status < 500 && status !== 429) return;
  throw new FobError(
    "unavailable",
    t`${host} answers with status ${status}`,
    status === 429 ? { hint: t("try again in a minute") } : {},
  );
}
