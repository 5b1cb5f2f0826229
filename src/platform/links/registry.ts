import type { LinkOwner } from "#cli/links.ts";
import type { SystemPlan } from "#cli/system-plan.ts";

/** The command that takes back what fob did to the links. */
export const UNDO = "fob link remove";

/** Where this system keeps which program opens which links. */
export interface Registry {
  owners(schemes: readonly string[]): Promise<readonly LinkOwner[]>;
  planInstallation(schemes: readonly string[]): Promise<SystemPlan>;
  planRemoval(): Promise<SystemPlan | null>;
}

/** This user's system, and how fob is started in it. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** The command line that starts fob with the home of this run. */
  readonly program: readonly string[];
  /** The pinentry of this user: a name in PATH, or a path. */
  readonly pinentry: string;
}
