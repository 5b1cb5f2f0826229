/** One step of a change to the system, as a person reads it before it is done. */
export interface SystemStep {
  readonly action: "write" | "remove" | "run";
  /** The path of the file, or the command line of the program. */
  readonly target: string;
  /** What is written, or what a program gets to read; null for nothing. */
  readonly content: string | null;
}

/** A change to the system outside of fob's home, which is shown before it is made. */
export interface SystemPlan {
  readonly steps: readonly SystemStep[];
  /** Does it. Throws FobError `unavailable` for what the system refuses. */
  carryOut(): Promise<void>;
}
