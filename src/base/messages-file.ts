import { existsSync } from "node:fs";

/**
 * The file in `folder` with the language of this environment, or null for English. FOB_LANG counts
 * before LC_ALL, LC_MESSAGES and LANG; `de_AT.UTF-8` is de_AT.json, and where there is none,
 * de.json.
 */
export function messagesFile(folder: string, env: NodeJS.ProcessEnv): string | null {
  const wanted = env["FOB_LANG"] || env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "";
  // the environment must not choose a file outside this folder
  const [locale, language] = /^([A-Za-z]{2,3})(?:_[A-Za-z0-9]{1,8})?(?=[.@]|$)/.exec(wanted) ?? [];
  if (locale === undefined || language === "en") return null;
  const paths = [locale, language].map((name) => `${folder}/${name}.json`);
  return paths.find((path) => existsSync(path)) ?? null;
}
