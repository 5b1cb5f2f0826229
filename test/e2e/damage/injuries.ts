import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Cell, updateCell } from "#vault/cells/cell.ts";
import { makeOld } from "../../waiting.ts";
import { newestIn } from "./rich-home.ts";

/** A file of a home, or a cell: a folder with one file a generation. */
export interface Target {
  /** Below the home. */
  readonly path: string;
  /** Null where it is no cell. */
  readonly cell: Cell | null;
}

interface Place {
  readonly home: string;
  /** The home as it was one write before. */
  readonly before: string;
  readonly path: string;
  /** The file itself, or the newest one of a cell. */
  readonly file: string;
  readonly cell: Cell | null;
}

/** What happens to a file. */
export interface Injury {
  readonly of: "file" | "cell" | "both";
  apply(place: Place): void;
}

const FOREIGN = JSON.stringify({ profiles: [{ name: "default" }], version: 3 });

export const INJURIES = {
  "a byte flipped": {
    of: "both",
    apply({ file }) {
      const bytes = readFileSync(file);
      const at = Math.floor(bytes.length / 2);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(file, bytes);
      makeOld(file);
    },
  },
  "a byte more": {
    of: "both",
    apply({ file }) {
      appendFileSync(file, "x");
      makeOld(file);
    },
  },
  empty: {
    of: "both",
    apply({ file }) {
      truncateSync(file, 0);
      makeOld(file);
    },
  },
  missing: { of: "both", apply: ({ file }) => rmSync(file) },
  foreign: {
    of: "both",
    apply({ file }) {
      writeFileSync(file, FOREIGN);
      makeOld(file);
    },
  },
  "a folder": {
    of: "both",
    apply({ file }) {
      rmSync(file);
      mkdirSync(file, { mode: 0o700 });
      makeOld(file);
    },
  },
  "no folder": { of: "cell", apply: ({ path }) => rmSync(path, { recursive: true }) },
  "a file for its folder": {
    of: "cell",
    apply({ path }) {
      rmSync(path, { recursive: true });
      writeFileSync(path, FOREIGN, { mode: 0o600 });
    },
  },
  "of a newer fob": {
    of: "cell",
    apply({ cell }) {
      if (cell) updateCell(cell, ofNewerFob);
    },
  },
  "in removed/ too": {
    of: "cell",
    apply({ home, path }) {
      cpSync(path, join(home, "vault", "removed", basename(path)), { recursive: true });
    },
  },
  "closed to its owner": { of: "both", apply: ({ file }) => chmodSync(file, 0) },
  older: {
    of: "both",
    apply({ home, before, path }) {
      const old = join(before, path.slice(home.length));
      rmSync(path, { recursive: true });
      if (existsSync(old)) cpSync(old, path, { recursive: true });
    },
  },
  "older beside it": {
    of: "cell",
    apply({ home, before, path, file }) {
      const folder = join(before, path.slice(home.length));
      const old = existsSync(folder) ? newestIn(folder) : file;
      const number =
        old === file || basename(old) === basename(file)
          ? Number(basename(file)) - 1
          : basename(old);
      if (number === 0) throw new Error(`${path} was written once`);
      cpSync(old, join(path, String(number)));
    },
  },
  "its bytes under the next number": {
    of: "cell",
    apply({ path, file }) {
      const next = join(path, String(Number(basename(file)) + 1));
      cpSync(file, next);
      makeOld(next);
    },
  },
  ".DS_Store beside it": {
    of: "both",
    apply({ path }) {
      const folder = statSync(path).isDirectory() ? path : dirname(path);
      for (const one of new Set([folder, dirname(path)])) {
        writeFileSync(join(one, ".DS_Store"), "Bud1", { mode: 0o600 });
        mkdirSync(join(one, "lost+found"), { mode: 0o700 });
      }
    },
  },
} as const satisfies Readonly<Record<string, Injury>>;

export type InjuryName = keyof typeof INJURIES;

/** Does to a file of `home` what the injury says. */
export function injure(
  home: string,
  before: string,
  { path, cell }: Target,
  name: InjuryName,
): void {
  const whole = join(home, path);
  INJURIES[name].apply({ home, before, path: whole, file: cell ? newestIn(whole) : whole, cell });
}

/** A value as a later version might write it; an index has one row a line. */
function ofNewerFob(value: Buffer | null): Buffer {
  const text = String(value);
  const version = /"version":\d+/;
  return Buffer.from(version.test(text) ? text.replace(version, '"version":99') : '{"version":99}');
}
