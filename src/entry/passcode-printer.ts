import { fstatSync } from "node:fs";
import { charsetOf } from "#cli/output/charset.ts";
import { jsonPieces } from "#cli/output/json.ts";
import type { Config } from "#cli/settings/config-file.ts";
import {
  formatCodes,
  parseFormat,
  passcodesJson,
  type TokenPasscode,
} from "#commands/code/passcode-view.ts";
import type { CodeOptions } from "./code-options.ts";

/** Prints the passcodes of one command line. */
export type Print = (codes: readonly TokenPasscode[]) => string;

/**
 * How the whole program prints passcodes for these options; null where it must do that itself: for
 * a screen reader, or a terminal that cannot show all characters. Throws FobError `usage` for a
 * wrong template.
 */
export function passcodePrinter(
  { names, json, format }: CodeOptions,
  config: Config,
  env: NodeJS.ProcessEnv,
): Print | null {
  const isSingle = names.length === 1;
  const show = format === null ? null : parseFormat(format);
  if (json) return (codes) => [...jsonPieces(passcodesJson({ codes, isSingle }))].join("");
  const isTerminal = fstatSync(1).isCharacterDevice();
  if (isTerminal && (charsetOf(env) !== null || isRead(config, env))) return null;
  const style = { columns: isTerminal ? Number.POSITIVE_INFINITY : null, isSpoken: false };
  return (codes) => {
    const text = formatCodes({ codes, isSingle, format: show }, style);
    return text === "" ? "" : `${text}\n`;
  };
}

/** Whether something says that a screen reader reads the terminal, or that none does. */
function isRead(config: Config, { FOB_PLAIN = "" }: NodeJS.ProcessEnv): boolean {
  return FOB_PLAIN !== "" || "plain" in config;
}
