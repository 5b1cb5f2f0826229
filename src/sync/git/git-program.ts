/** The end of a run of git. */
export interface GitAnswer {
  readonly exitCode: number;
  readonly output: Buffer;
  /** The last lines of its standard error, without control characters. */
  readonly remarks: string;
}

/**
 * Runs the user's own git. `input` is its standard input, empty by default; `limit` the most bytes
 * of output that are read. Rejects with FobError `unavailable` where git cannot be started, takes
 * too long, or prints more; it is killed then.
 */
export type RunGit = (
  args: readonly string[],
  options?: { readonly input?: Uint8Array; readonly limit?: number },
) => Promise<GitAnswer>;
