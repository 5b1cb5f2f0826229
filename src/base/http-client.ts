/** One request to a server. It is not repeated, and redirects are not followed. */
export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** The largest body that is accepted, in bytes. */
  readonly maxBytes: number;
  /** The time limit in milliseconds, from the DNS lookup to the last byte. */
  readonly timeout: number;
  /**
   * Whether plain http and untrusted certificates are accepted. Plain http to this machine always
   * is.
   */
  readonly isInsecure: boolean;
  readonly signal?: AbortSignal;
}

/** The reply of a server, with any status. */
export interface HttpReply {
  readonly status: number;
  /** A header's value, by its name in lower case; null where it is absent. */
  header(name: string): string | null;
  readonly body: Buffer;
}

/**
 * Sends a request. Rejects with FobError `unavailable` when no complete reply arrives in time;
 * `rejected` for a redirect, an insecure address or an untrusted certificate; `interrupted` when
 * `signal` aborts it.
 */
export type HttpClient = (request: HttpRequest) => Promise<HttpReply>;
