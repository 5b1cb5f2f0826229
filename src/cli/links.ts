import type { SystemPlan } from "./system-plan.ts";

/** Who opens the links of a scheme. */
export interface LinkOwner {
  /** Without its colon. */
  readonly scheme: string;
  /**
   * The program, as the system calls it: a desktop entry, the identifier of a bundle, a command
   * line. Null for none.
   */
  readonly handler: string | null;
  readonly isFob: boolean;
  /** The program that had them before fob was registered, as the system calls it; null for none. */
  readonly before: string | null;
}

/** The right to ask this user about a link: one process at a time has it. */
export interface QuestionClaim {
  release(): void;
}

/** Links that other programs open, and the programs that open links on this machine. */
export interface Links {
  /** Who opens the links of each of these schemes. */
  owners(schemes: readonly string[]): Promise<readonly LinkOwner[]>;
  /** Registers fob for these schemes, and remembers who had them. */
  planInstallation(schemes: readonly string[]): Promise<SystemPlan>;
  /** Gives the links back to whoever had them. Null when fob is not registered. */
  planRemoval(): Promise<SystemPlan | null>;
  /** Takes a link out of our command line, which other users of the machine can read. */
  hideArgument(link: string): void;
  /** Throws FobError `locked` while a question about another link is open. */
  claimQuestion(): QuestionClaim;
  /**
   * Reads a link from a file, which is removed, and takes the claim over with it or makes one.
   * Throws FobError `invalid` for more than `limit` bytes, and for a file that is not this user's.
   */
  takeLink(path: string, limit: number): { readonly link: string; readonly claim: QuestionClaim };
  /**
   * Opens a window in which fob asks about the link, and returns when it has it. Throws FobError
   * `locked` while a question about another link is open, `unavailable` when there is no window.
   * Null where the system itself has opened one.
   */
  readonly handOver: ((link: string) => Promise<void>) | null;
}
