import { statSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { describeForeignFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { readInputFile } from "#cli/inputs.ts";
import { localAppData, stateFolder, userHome } from "#platform/paths.ts";
import { parseJsonOrNull } from "#token/bounded-json.ts";

/** The version of the file. */
const VERSION = 1;

/** A registry key that another program has filled may be long. */
const MAX_BYTES = 1024 * 1024;

/**
 * Who had the links of each scheme before fob: the value of the list, the identifier of a bundle,
 * or the export of a registry key; null for nobody.
 */
export type Before = ReadonlyMap<string, string | null>;

const FileSchema = v.object({
  version: v.literal(VERSION),
  before: v.record(v.string(), v.nullable(v.string())),
});

/** The file that remembers it: this user's, whatever the home of the vault is. */
export function rememberedPath(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  if (platform === "darwin")
    return join(userHome(env["HOME"]), "Library", "Preferences", "fob-links.json");
  return join(platform === "win32" ? localAppData(env) : stateFolder(env), "fob", "links.json");
}

/**
 * What is remembered; null where fob is not registered. Throws FobError `invalid` for a file that
 * is damaged or of a newer version: without it nothing can be put back.
 */
export function readRemembered(path: string): Before | null {
  const text = readSmallFile(path, MAX_BYTES);
  if (text === null) return null;
  const parsed = v.safeParse(FileSchema, parseJsonOrNull(text));
  if (parsed.success) return new Map(Object.entries(parsed.output.before));
  throw new FobError("invalid", t`${path} is damaged, or of a newer version of fob`, {
    hint: t("without it nobody knows who had the links before; remove it to register anew"),
  });
}

/** The content of the file. */
export function formatRemembered(before: Before): string {
  return `${JSON.stringify({ version: VERSION, before: Object.fromEntries(before) }, null, 2)}\n`;
}

/** The text of a file of the user; null for none. Throws FobError `invalid` for a larger one. */
export function readSmallFile(path: string, maxBytes: number): string | null {
  try {
    if (!statSync(path, { throwIfNoEntry: false })) return null;
  } catch (error) {
    throw describeForeignFileError(error, "read", path);
  }
  return readInputFile(path, maxBytes).toString("utf8");
}
