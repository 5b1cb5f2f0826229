import type { SystemPlan } from "./system-plan.ts";

/** The system's service that starts the agent for this user: at its first client, or at log-in. */
export interface LoginService {
  /** When the system starts it: it then waits for the vault to be unlocked, or asks for it. */
  readonly starts: "at its first client" | "at log-in";
  planInstallation(): SystemPlan;
  /** Null where it is not installed. */
  planRemoval(): SystemPlan | null;
}
