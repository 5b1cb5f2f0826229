import { FobError } from "#base/fob-error.ts";
import type { HttpReply } from "#base/http-client.ts";
import { t } from "#base/language.ts";
import type { EnrollmentServices } from "#token/draft/parsed-token.ts";
import { parseServerMessage, type ServerMessage } from "./server-messages.ts";

/** The type of every message (RFC 6063 section 7.2.1). */
const MEDIA_TYPE = "application/dskpp+xml";

const HEADERS = { accept: MEDIA_TYPE, "cache-control": "no-cache, no-store", pragma: "no-cache" };

/** A key container with one token takes 4 KiB. */
const MAX_REPLY_BYTES = 256 * 1024;

/** How long a server may take to answer, in milliseconds. */
const TIMEOUT = 30_000;

/** One run of the protocol over HTTP (RFC 6063 section 7.2), with its messages so far as bytes. */
export class Exchange {
  readonly #url: URL;
  readonly #services: EnrollmentServices;
  readonly #messages: Buffer[] = [];

  constructor(url: URL, services: EnrollmentServices) {
    this.#url = url;
    this.#services = services;
  }

  /** Every message but the last one, as it was sent. */
  get earlierMessages(): readonly Buffer[] {
    return this.#messages.slice(0, -1);
  }

  /**
   * Sends a message and reads the answer. Rejects with FobError `rejected` or `unavailable` when
   * the server refuses the request, `invalid` when its answer is no message.
   */
  async say(name: string, message: Buffer): Promise<ServerMessage> {
    const reply = await this.#request("POST", `${name}, ${message.length} bytes`, message);
    // 405: the server starts with a trigger, which is requested with GET
    const answer =
      reply.status === 405 ? await this.#request("GET", "KeyProvTrigger wanted", null) : reply;
    this.#refuseFailure(answer);
    this.#messages.push(message, answer.body);
    const read = await parseServerMessage(answer.body);
    this.#services.trace("understood", describe(read));
    return read;
  }

  async #request(method: "GET" | "POST", what: string, body: Buffer | null): Promise<HttpReply> {
    const { isInsecure } = this.#services;
    this.#services.trace("request", `${method} ${withoutQuery(this.#url)} (${what})`);
    const content = body
      ? { body, headers: { ...HEADERS, "content-type": MEDIA_TYPE } }
      : { headers: HEADERS };
    const limits = { maxBytes: MAX_REPLY_BYTES, timeout: TIMEOUT, isInsecure };
    const reply = await this.#services.http({ method, url: this.#url, ...content, ...limits });
    const type = reply.header("content-type")?.slice(0, 60) ?? "no type";
    this.#services.trace("reply", `${reply.status}, ${type}, ${reply.body.length} bytes`);
    return reply;
  }

  #refuseFailure({ status }: HttpReply): void {
    if (status === 200) return;
    const { host } = this.#url;
    if (status >= 500)
      throw new FobError("unavailable", t`${host} has a failure of its own (HTTP ${status})`);
    if (status === 429)
      throw new FobError("unavailable", t`${host} has too much to do (HTTP 429)`, {
        hint: t("try again in a minute"),
      });
    const reasons: Readonly<Record<number, string>> = {
      400: t("does not take our request for one of DSKPP (HTTP 400)"),
      403: t("refuses to enroll (HTTP 403)"),
    };
    throw new FobError(
      "rejected",
      t`${host} ${reasons[status] ?? t`does not enroll at this address (HTTP ${status})`}`,
      {
        hint: t("a string works once, and for some time: ask who issued it for a new one"),
      },
    );
  }
}

/** A URL for the log, without its query, which serves as a password. */
function withoutQuery({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

function describe(message: ServerMessage): string {
  switch (message.kind) {
    case "hello":
      return `KeyProvServerHello, Continue: ${["keyType", "encryptionAlgorithm", "macAlgorithm"]
        .map((name) => lastPart(message[name as "keyType"]))
        .join(", ")}; key ${message.serverKey.kind}`;
    case "finished":
      return `KeyProvServerFinished, Success: protected by ${lastPart(message.protection ?? "agreement")}`;
    case "refused":
      return `Status ${message.status.slice(0, 40)}`;
    case "trigger":
      return "KeyProvTrigger";
  }
}

function lastPart(id: string): string {
  return id.slice(Math.max(id.lastIndexOf(":"), id.lastIndexOf("#")) + 1).slice(0, 40);
}
