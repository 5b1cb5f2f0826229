import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { PasswordStore } from "#cli/context.ts";
import { dataFolder, userHome } from "#platform/paths.ts";
import { isInstalled } from "./find-program.ts";

/** The programs that can show an entry, the usual one first. */
const PROGRAMS = ["pass", "gopass"] as const;

/** How they encrypt an entry, by the end of its file's name. */
const ENCRYPTED = /\.(?:gpg|age)$/;

/** More entries than any store has. */
const MAX_FILES = 100_000;

/** An entry may hold a file; a passcode's string stands in a short text, in bytes. */
const MAX_ENTRY_BYTES = 1_048_576;

/**
 * The password store in a folder, or the one that `pass` or `gopass` uses without being told.
 * Throws FobError `usage` where there is none, `unavailable` without a program that opens it.
 */
export function openPasswordStore(
  folder: string | null,
  env: Readonly<Record<string, string | undefined>>,
): PasswordStore {
  const path = folder ?? (env["PASSWORD_STORE_DIR"] || usualFolder(env));
  if (!existsSync(path)) throw new FobError("usage", t`there is no password store ${path}`);
  const files = filesOf(path);
  const isAge = files.some((name) => name.endsWith(".age"));
  const program = PROGRAMS.find((name) => isInstalled(name, env) && !(isAge && name === "pass"));
  if (!program) {
    throw new FobError("unavailable", t`neither pass nor gopass is here to open ${path}`, {
      hint: t("its passwords are asked for by these programs, and never by fob"),
    });
  }
  const inStore = { ...env, PASSWORD_STORE_DIR: path };
  return {
    program,
    names: files.map((name) => name.replace(ENCRYPTED, "")),
    show: (name) => show([program, "show", "--", name], inStore),
  };
}

/** The store of pass, which gopass uses as well; else the one that gopass makes. */
function usualFolder(env: Readonly<Record<string, string | undefined>>): string {
  const home = userHome(env["HOME"]);
  const [usual, ofGopass] = [
    join(home, ".password-store"),
    join(dataFolder(env), "gopass", "stores", "root"),
  ];
  return existsSync(usual) || !existsSync(ofGopass) ? usual : ofGopass;
}

/** The encrypted files of a store. Throws FobError `invalid` for more than any has. */
function filesOf(folder: string): string[] {
  const names: string[] = [];
  for (const name of filesBelow(folder, "")) {
    names.push(name);
    if (names.length > MAX_FILES)
      throw new FobError("invalid", t`the password store has more than ${MAX_FILES} entries`);
  }
  return names.sort();
}

/** Encrypted files with slashes between folders. Those of git and of settings are no entries. */
function* filesBelow(folder: string, prefix: string): Generator<string> {
  for (const entry of readdirSync(join(folder, prefix), { withFileTypes: true })) {
    if (entry.name.startsWith(".")) continue;
    const name = `${prefix}${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(folder, `${name}/`);
    else if (ENCRYPTED.test(name)) yield name;
  }
}

/**
 * What the program prints, or null where it fails, or prints more than {@link MAX_ENTRY_BYTES}. It
 * asks for its own password.
 */
function show(
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ["inherit", "pipe", "ignore"] });
    const pieces: Buffer[] = [];
    let size = 0;
    child.stdout.on("data", (piece: Buffer) => {
      pieces.push(piece);
      size += piece.length;
      if (size <= MAX_ENTRY_BYTES) return;
      // a program that it has started may hold the pipe open
      child.stdout.destroy();
      child.kill();
    });
    child.once("error", (cause) =>
      reject(new FobError("unavailable", t`${program} cannot be run`, { cause })),
    );
    child.once("close", (code) =>
      resolve(code === 0 && size <= MAX_ENTRY_BYTES ? Buffer.concat(pieces) : null),
    );
  });
}
