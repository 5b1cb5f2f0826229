import envPaths from "env-paths";

/**
 * Where vault and settings live unless told otherwise: the platform's folder for application data
 * (XDG_DATA_HOME on Linux).
 */
export function defaultHome(): string {
  return envPaths("fob", { suffix: "" }).data;
}
