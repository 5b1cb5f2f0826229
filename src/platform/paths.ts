import envPaths from "env-paths";

/**
 * The default home of vault and settings: the platform's folder for application data (XDG_DATA_HOME
 * on Linux).
 */
export function defaultHome(): string {
  return envPaths("fob", { suffix: "" }).data;
}
