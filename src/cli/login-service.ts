/** One step of a change, as a person reads it before it is done. */
export interface ServiceStep {
  readonly action: "write" | "remove" | "run";
  /** The path of the file, or the command line of the program. */
  readonly target: string;
  /** What is written; null for nothing. */
  readonly content: string | null;
}

/** What a change of the service would do. */
export interface ServicePlan {
  readonly steps: readonly ServiceStep[];
  /** Does it. Throws FobError `unavailable` for what the system refuses. */
  carryOut(): Promise<void>;
}

/** The system's service that starts the agent for this user: at its first client, or at log-in. */
export interface LoginService {
  /** When the system starts it: it then waits for the vault to be unlocked, or asks for it. */
  readonly starts: "at its first client" | "at log-in";
  planInstallation(): ServicePlan;
  /** Null where it is not installed. */
  planRemoval(): ServicePlan | null;
}
