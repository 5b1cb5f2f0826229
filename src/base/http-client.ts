/** One request to a server. Nothing is repeated and no redirect is followed. */
export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** A longer reply counts as none, in bytes. */
  readonly maxBytes: number;
  /** In milliseconds, from the first look-up to the last byte. */
  readonly timeout: number;
  /**
   * Whether http and certificates that nobody vouches for will do. Http to this very machine always
   * does.
   */
  readonly isInsecure: boolean;
  readonly signal?: AbortSignal;
}

/** What a server answered, whatever its status. */
export interface HttpReply {
  readonly status: number;
  /** A header's value, by its name in lower case; null where it is absent. */
  header(name: string): string | null;
  readonly body: Buffer;
}

/**
 * Sends a request. Rejects with FobError `unavailable` when no whole reply came in time, `rejected`
 * for a redirect, an insecure address or a certificate that nobody vouches for; `interrupted` when
 * its signal ended it.
 */
export type HttpClient = (request: HttpRequest) => Promise<HttpReply>;
