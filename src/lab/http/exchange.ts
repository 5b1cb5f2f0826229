/** A complete request, within the size limits. */
export interface HttpRequest {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Without parameters, in lower case; empty when there is none. */
  readonly contentType: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** The reply to a request. */
export interface HttpReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers the requests that it knows; null for others. */
export type Endpoint = (request: HttpRequest) => HttpReply | Promise<HttpReply> | null;

/**
 * The fields of a form, or of the query when there is no form. The first value of a field counts.
 */
export function formOf({ contentType, body, query }: HttpRequest): URLSearchParams {
  if (contentType !== "application/x-www-form-urlencoded") return query;
  return new URLSearchParams(body.toString("utf8"));
}

/** A reply with JSON. */
export function jsonReply(value: unknown, status = 200): HttpReply {
  return { status, contentType: "application/json", body: JSON.stringify(value) };
}

/** A reply with plain text. */
export function textReply(body: string, status = 200): HttpReply {
  return { status, contentType: "text/plain; charset=utf-8", body };
}
