import { userInfo } from "node:os";
import { isAbsolute, join } from "node:path";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/**
 * Where vault and settings live unless told otherwise: the platform's folder for application data
 * (XDG_DATA_HOME on Linux). A variable that is empty or holds a relative path is ignored, as the
 * XDG Base Directory Specification asks: the vault would be in whatever folder is the current one.
 * Throws FobError `unavailable` where nothing says where the user's home is.
 */
export function defaultHome(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): string {
  if (platform === "win32") return join(localAppData(env), "fob", "Data");
  if (platform === "darwin")
    return join(userHome(env["HOME"]), "Library", "Application Support", "fob");
  return join(dataFolder(env), "fob");
}

/** The user's folder for data on Linux. These functions throw as {@link userHome} does. */
export function dataFolder(env: NodeJS.ProcessEnv): string {
  return absolute(env["XDG_DATA_HOME"]) ?? join(userHome(env["HOME"]), ".local", "share");
}

/** The user's folder for settings on Linux. */
export function configFolder(env: NodeJS.ProcessEnv): string {
  return absolute(env["XDG_CONFIG_HOME"]) ?? join(userHome(env["HOME"]), ".config");
}

/** The user's folder on Linux for what a program remembers. */
export function stateFolder(env: NodeJS.ProcessEnv): string {
  return absolute(env["XDG_STATE_HOME"]) ?? join(userHome(env["HOME"]), ".local", "state");
}

/** The user's folder on Windows for data of this machine. */
export function localAppData(env: NodeJS.ProcessEnv): string {
  return absolute(env["LOCALAPPDATA"]) ?? join(userHome(env["USERPROFILE"]), "AppData", "Local");
}

/** The user's folder on Windows for what goes along to other machines. */
export function roamingAppData(env: NodeJS.ProcessEnv): string {
  return absolute(env["APPDATA"]) ?? join(userHome(env["USERPROFILE"]), "AppData", "Roaming");
}

/** A path from the environment; null for an empty or relative one. */
export function absolute(path: string | undefined): string | null {
  return path && isAbsolute(path) ? path : null;
}

/** The home of this user: the environment's, else the system's. Throws FobError `unavailable`. */
export function userHome(given: string | undefined): string {
  const home = absolute(given) ?? absolute(listedUser()?.homedir);
  if (home !== null) return home;
  throw new FobError("unavailable", t("there is no home folder for this user"), {
    hint: t("--home DIR or FOB_HOME names the folder of the vault"),
  });
}

/** This user in the system's list; null for a number that it does not know. */
export function listedUser(): { readonly username: string; readonly homedir: string } | null {
  try {
    return userInfo();
  } catch {
    return null;
  }
}
