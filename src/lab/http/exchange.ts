/** A request that was read whole, within its bounds. */
export interface HttpRequest {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Without its parameters, in lower case; empty where there is none. */
  readonly contentType: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** What goes back. */
export interface HttpReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers the requests that it knows, and has null for the others. */
export type Endpoint = (request: HttpRequest) => HttpReply | Promise<HttpReply> | null;

/** The fields of a form; of the query where there is no form. The first value of a field counts. */
export function formOf({ contentType, body, query }: HttpRequest): URLSearchParams {
  if (contentType !== "application/x-www-form-urlencoded") return query;
  return new URLSearchParams(body.toString("utf8"));
}

/** Data as a reply. */
export function jsonReply(value: unknown, status = 200): HttpReply {
  return { status, contentType: "application/json", body: JSON.stringify(value) };
}

/** A line of text as a reply. */
export function textReply(body: string, status = 200): HttpReply {
  return { status, contentType: "text/plain; charset=utf-8", body };
}
