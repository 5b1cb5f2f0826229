/** The end of a run of git. */
export interface GitAnswer {
  readonly exitCode: number;
  readonly output: Buffer;
  /** The last lines of its standard error, without control characters. */
  readonly remarks: string;
}

/** What one run of git gets. */
export interface GitRun {
  /** Its standard input; empty without it. */
  readonly input?: Uint8Array;
  /** The most bytes of output that are read. */
  readonly limit?: number;
  /** Whether it works at a remote: it is then ended when it makes no progress. */
  readonly isAtRemote?: boolean;
  /** Whether nobody is asked for passwords, even where a person is at a terminal. */
  readonly asksNobody?: boolean;
  /** The command that runs ssh, where the environment names none. */
  readonly ssh?: string;
}

/**
 * Runs the user's own git. Rejects with FobError `unavailable` where git cannot be started, takes
 * too long, makes no progress, or prints more than `limit`; it is killed then.
 */
export type RunGit = (args: readonly string[], run?: GitRun) => Promise<GitAnswer>;
