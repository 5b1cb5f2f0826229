import type { LineName } from "./commands.ts";
import { LINES } from "./commands.ts";
import type { InjuryName } from "./injuries.ts";

/** The files of a rich home that are hurt, and the cells, of which the newest file is. */
export type Patient =
  | "header"
  | "index"
  | "tokens/Hurt"
  | "attempts/Pinned"
  | "removed/Gone"
  | "grants/ci"
  | "grant-list"
  | "calendar"
  | "batches/ONE"
  | "agent"
  | "tokens"
  | "removed"
  | "attempts"
  | "grants"
  | "batches"
  | "vault"
  | "vault/used"
  | "key"
  | "config.json";

/**
 * What a command does where a file is hurt:
 *
 * - "works": it ends and says what it does and says in a whole home;
 * - "differs": it ends with the exit code of a whole home, and says something else;
 * - "6 TEXT": it ends with that exit code, and its error has that text.
 */
export type Expectation = "works" | "differs" | `${2 | 3 | 4 | 5 | 6 | 7 | 8} ${string}`;

/** What is true of some injuries of a file. A line of the table that is not named works. */
export interface Row {
  readonly of: Patient;
  readonly injuries: readonly InjuryName[];
  /** "CHECK STATUS" of every check that is neither ok nor what a whole home has; "" for none. */
  readonly doctor: string;
  /** The same after a repair. */
  readonly repaired?: string;
  readonly lines: Readonly<Partial<Record<LineName | GroupName, Expectation>>>;
}

const all = Object.keys(LINES) as LineName[];
const without = (from: readonly LineName[], ...some: LineName[]) =>
  from.filter((name) => !some.includes(name));

const HOUSE: LineName[] = [
  "config list",
  "config get",
  "config set",
  "config unset",
  "doctor",
  "doctor --repair",
  "lock",
];
const GRANTED: LineName[] = ["code Count, granted", "code Hurt, granted", "list, granted"];
const vault = without(all, ...HOUSE, "agent status");
const key = without(vault, ...GRANTED, "pin status");

/** Lines that are named together. */
export const GROUPS = {
  /** Whatever reads the header. */
  vault,
  /** Whatever opens the vault. */
  key,
  /** Whatever looks a token up. */
  index: without(key, "restore", "pin set", "keychain move none"),
  granted: GRANTED,
  everything: all,
} as const satisfies Readonly<Record<string, readonly LineName[]>>;

type GroupName = keyof typeof GROUPS;

const SPOILT = ["a byte flipped", "a byte more", "empty", "foreign", "a folder"] as const;
const LOST = ["missing", "no folder"] as const;

const CELLS = [
  "header",
  "index",
  "tokens/Hurt",
  "removed/Gone",
  "grants/ci",
  "grant-list",
  "calendar",
] as const;
/** Nobody knows when tokens were last used. */
const USES: Row["lines"] = {
  "list --json": "differs",
  "show Hurt": "differs",
  "show Time": "differs",
};
/** Header and calendar were written once. */
const REWRITTEN = ["index", "tokens/Hurt", "removed/Gone", "grants/ci", "grant-list"] as const;
const FILES = [
  "tokens",
  "removed",
  "attempts",
  "grants",
  "batches",
  "vault/used",
  "key",
  "config.json",
] as const;

const OF_NEWER = "6 newer fob";
/** What comes with every command that looks whether something has to go. */
const TOLD: Row["lines"] = {
  key: "differs",
  "list --json": "works",
  "code --all --json": "works",
};

const SHUT = "8 permission denied";

/** What is closed is no damage by itself; `repaired` is what doctor says after a repair. */
const CLOSED: readonly Omit<Row, "injuries">[] = [
  {
    of: "header",
    doctor: "agent warning, vault failed",
    repaired: "agent warning, vault failed",
    lines: { vault: SHUT, "agent status": SHUT },
  },
  { of: "index", doctor: "index failed", lines: { index: SHUT } },
  {
    of: "tokens/Hurt",
    doctor: "vault failed",
    repaired: "vault failed",
    lines: {
      list: SHUT,
      "list --json": SHUT,
      "list --codes": SHUT,
      "show Hurt": SHUT,
      "code Hurt": SHUT,
      "verify Hurt": SHUT,
      "resync Hurt": SHUT,
      "pin status Hurt": SHUT,
      "pin set Hurt": SHUT,
      "favorite Hurt": SHUT,
      "rename Hurt": SHUT,
      "remove Hurt": SHUT,
      // it could be the same account, with a higher counter
      "restore Gone": SHUT,
      "enroll --replace Hurt": SHUT,
      backup: SHUT,
      export: SHUT,
      "access grant Hurt": SHUT,
      // its key would have to change: the other tokens of the grant get theirs
      "access revoke ci": "8 the grant has ended",
      "access domain Hurt": SHUT,
      "code Hurt, granted": "4 opens no token",
      "list, granted": "differs",
    },
  },
  {
    of: "removed/Gone",
    doctor: "trash failed",
    repaired: "trash failed",
    lines: { restore: SHUT, "restore Gone": SHUT, "enroll --replace Hurt": SHUT },
  },
  {
    of: "attempts/Pinned",
    doctor: "vault failed",
    repaired: "vault failed",
    lines: {
      "code Pinned": SHUT,
      "code Pinned, wrong PIN": SHUT,
      "pin status Pinned": SHUT,
      "pin change Pinned": SHUT,
      "pin remove Pinned": SHUT,
      backup: SHUT,
    },
  },
  {
    of: "grants/ci",
    doctor: "grants failed",
    repaired: "grants failed",
    lines: { granted: "8 ", "access grant": SHUT, "access grant Hurt": SHUT },
  },
  {
    of: "grant-list",
    doctor: "grants failed",
    repaired: "grants failed",
    lines: {
      ...TOLD,
      "access list": SHUT,
      "access grant": SHUT,
      "access grant Hurt": SHUT,
      "access revoke ci": SHUT,
    },
  },
  { of: "calendar", doctor: "trash failed", repaired: "trash failed", lines: TOLD },
  { of: "agent", doctor: "agent warning", lines: { lock: "8 the claim of the agent is damaged" } },
  { of: "key", doctor: "keychain failed", repaired: "keychain failed", lines: { key: "8 " } },
  { of: "vault/used", doctor: "", lines: USES },
  {
    of: "config.json",
    doctor: "settings failed",
    repaired: "settings failed",
    lines: {
      "code Hurt": SHUT,
      "code Time": SHUT,
      "code Count": SHUT,
      "code Pinned": SHUT,
      "code Pinned, wrong PIN": SHUT,
      "code --all": SHUT,
      "code --all --json": SHUT,
      "code Count, granted": SHUT,
      "code Hurt, granted": SHUT,
      "config list": SHUT,
      "config set": SHUT,
      "config unset": SHUT,
    },
  },
];

/** Nothing is mended around what a newer fob wrote, nor put aside. */
const NEWER: readonly Omit<Row, "injuries" | "repaired">[] = [
  {
    of: "header",
    doctor: "agent warning, vault failed",
    lines: { vault: OF_NEWER, "agent status": OF_NEWER },
  },
  { of: "index", doctor: "vault failed", lines: { index: OF_NEWER } },
  {
    of: "tokens/Hurt",
    doctor: "vault failed",
    lines: {
      list: OF_NEWER,
      "list --json": OF_NEWER,
      "list --codes": OF_NEWER,
      "show Hurt": OF_NEWER,
      "code Hurt": OF_NEWER,
      "verify Hurt": OF_NEWER,
      "resync Hurt": OF_NEWER,
      "pin status Hurt": OF_NEWER,
      "pin set Hurt": OF_NEWER,
      "favorite Hurt": OF_NEWER,
      "rename Hurt": OF_NEWER,
      "remove Hurt": OF_NEWER,
      "enroll --replace Hurt": OF_NEWER,
      // it could be the same account, with a higher counter
      "restore Gone": OF_NEWER,
      backup: OF_NEWER,
      export: OF_NEWER,
      "access grant Hurt": OF_NEWER,
      "access domain Hurt": OF_NEWER,
      "code Hurt, granted": "4 ",
      "list, granted": "differs",
    },
  },
  {
    of: "removed/Gone",
    doctor: "trash failed",
    lines: {
      restore: "differs",
      "restore Gone": "3 ",
      // as above
      "enroll --replace Hurt": OF_NEWER,
    },
  },
  {
    of: "attempts/Pinned",
    doctor: "vault failed",
    lines: {
      "code Pinned": OF_NEWER,
      "code Pinned, wrong PIN": OF_NEWER,
      "pin status Pinned": OF_NEWER,
      "pin change Pinned": OF_NEWER,
      "pin remove Pinned": OF_NEWER,
      backup: OF_NEWER,
    },
  },
  {
    of: "grants/ci",
    doctor: "",
    // a new grant gives its tokens new keys, which every other grant of theirs must be told
    lines: { granted: OF_NEWER, "access grant": OF_NEWER, "access grant Hurt": OF_NEWER },
  },
  {
    of: "grant-list",
    doctor: "grants failed",
    lines: {
      ...TOLD,
      "access list": OF_NEWER,
      "access grant": OF_NEWER,
      "access grant Hurt": OF_NEWER,
      "access revoke ci": OF_NEWER,
    },
  },
  { of: "calendar", doctor: "trash failed", lines: TOLD },
];

export const TABLE: readonly Row[] = [
  {
    of: "header",
    injuries: ["a byte flipped"],
    doctor: "agent warning, vault failed",
    repaired: "agent warning, vault failed",
    lines: {
      ...{ vault: "6 header/", "agent status": "6 header/" },
      // the fast path asks the vault's key whether the header is right, and not its checksum
      ...{ "code Hurt": "works", "code Time": "works", "code Count": "works" },
    },
  },
  {
    of: "header",
    injuries: ["a byte more", "empty", "foreign", "a folder"],
    doctor: "agent warning, vault failed",
    repaired: "agent warning, vault failed",
    lines: { vault: "6 header/", "agent status": "6 header/", "list --json": "6 header/" },
  },
  {
    of: "header",
    injuries: LOST,
    doctor: "agent warning, vault failed",
    repaired: "agent warning, vault failed",
    lines: { vault: "6 header is missing", "agent status": "6 header is missing" },
  },
  {
    of: "header",
    injuries: ["a file for its folder"],
    doctor: "agent warning, vault failed",
    repaired: "agent warning, vault failed",
    lines: { vault: "6 header is damaged", "agent status": "6 header is damaged" },
  },
  {
    of: "index",
    injuries: SPOILT,
    doctor: "index failed",
    lines: { index: "6 vault/index/" },
  },
  {
    of: "index",
    injuries: LOST,
    doctor: "index failed",
    // what adds tokens makes it anew
    lines: {
      index: "6 index is missing",
      ...{
        import: "works",
        "enroll new": "works",
        "enroll --replace Hurt": "works",
        "restore FILE": "works",
      },
    },
  },
  {
    of: "index",
    injuries: ["a file for its folder"],
    doctor: "index failed",
    lines: { index: "6 index is damaged" },
  },
  {
    of: "tokens/Hurt",
    injuries: [...SPOILT, "a file for its folder"],
    doctor: "vault failed",
    lines: {
      list: "6 Hurt: ",
      "list --json": "6 Hurt: ",
      "list --codes": "6 Hurt: ",
      "show Hurt": "6 damaged",
      "code Hurt": "6 damaged",
      "verify Hurt": "6 damaged",
      "resync Hurt": "6 damaged",
      "pin status Hurt": "6 damaged",
      "pin set Hurt": "6 damaged",
      "favorite Hurt": "6 damaged",
      "rename Hurt": "6 damaged",
      "remove Hurt": "differs",
      "enroll --replace Hurt": "differs",
      backup: "6 Hurt: ",
      export: "6 Hurt: ",
      "access grant Hurt": "6 damaged",
      "access domain Hurt": "6 damaged",
      "code Hurt, granted": "4 ",
      "list, granted": "differs",
    },
  },
  {
    of: "tokens/Hurt",
    injuries: LOST,
    doctor: "lost failed",
    lines: {
      list: "3 Hurt: ",
      "list --json": "3 Hurt: ",
      "list --codes": "3 Hurt: ",
      "show Hurt": "3 ",
      "code Hurt": "3 ",
      "verify Hurt": "3 ",
      "resync Hurt": "3 ",
      "pin status Hurt": "3 ",
      "pin set Hurt": "3 ",
      "favorite Hurt": "3 ",
      "rename Hurt": "3 ",
      "remove Hurt": "differs",
      backup: "3 Hurt: ",
      export: "3 Hurt: ",
      "access grant Hurt": "3 ",
      "access domain Hurt": "3 ",
      "code Hurt, granted": "4 ",
      "list, granted": "differs",
    },
  },
  {
    of: "attempts/Pinned",
    injuries: [...SPOILT, "a file for its folder"],
    doctor: "attempts failed",
    lines: { "code Pinned, wrong PIN": "4 0 attempts left", "pin status Pinned": "differs" },
  },
  {
    // as before the first wrong PIN: nothing tells that there was one
    of: "attempts/Pinned",
    injuries: LOST,
    doctor: "",
    lines: { "code Pinned, wrong PIN": "4 9 attempts left" },
  },
  {
    of: "removed/Gone",
    injuries: [...SPOILT, "a file for its folder"],
    doctor: "trash failed",
    lines: { restore: "differs", "restore Gone": "3 " },
  },
  {
    of: "removed/Gone",
    injuries: LOST,
    doctor: "",
    lines: { restore: "differs", "restore Gone": "3 " },
  },
  {
    of: "grants/ci",
    injuries: [...SPOILT, ...LOST, "a file for its folder"],
    doctor: "grants warning",
    lines: { granted: "4 " },
  },
  {
    of: "grant-list",
    injuries: [...SPOILT, "a file for its folder"],
    doctor: "grants failed",
    lines: {
      "access list": "6 list of grants",
      "access grant": "6 list of grants",
      "access grant Hurt": "6 list of grants",
      "access revoke ci": "6 list of grants",
      "pin set Hurt": "differs",
    },
  },
  {
    of: "calendar",
    injuries: [...SPOILT, "a file for its folder"],
    doctor: "trash failed",
    lines: {},
  },
  { of: "calendar", injuries: LOST, doctor: "", lines: {} },
  {
    of: "batches/ONE",
    injuries: [...SPOILT, "a file for its folder"],
    doctor: "interrupted failed",
    lines: {},
  },
  { of: "batches/ONE", injuries: ["no folder"], doctor: "", lines: {} },
  {
    of: "tokens/Hurt",
    injuries: ["in removed/ too"],
    doctor: "trash warning",
    lines: {},
  },
  ...CLOSED.map((row): Row => ({ ...row, injuries: ["closed to its owner"] })),
  ...NEWER.map((row): Row => ({ ...row, injuries: ["of a newer fob"], repaired: row.doctor })),
  // who is named in it can be read
  { of: "agent", injuries: ["a byte flipped"], doctor: "agent warning", lines: {} },
  {
    of: "agent",
    injuries: ["a byte more", "empty", "foreign", "a folder", "a file for its folder"],
    doctor: "agent warning",
    lines: { lock: "8 the claim of the agent is damaged" },
  },
  { of: "agent", injuries: LOST, doctor: "", lines: {} },
  // what follows the key is not read
  { of: "key", injuries: ["a byte more"], doctor: "", lines: {} },
  {
    of: "key",
    injuries: ["a byte flipped", "foreign", "empty", "a folder"],
    doctor: "keychain failed",
    repaired: "keychain failed",
    lines: { key: "6 key" },
  },
  {
    of: "key",
    injuries: ["missing"],
    doctor: "keychain failed",
    repaired: "keychain failed",
    lines: { key: "8 key file" },
  },
  ...CELLS.map(
    (of): Row => ({
      of,
      injuries: ["its bytes under the next number"],
      doctor: "leftovers warning",
      lines: {},
    }),
  ),
  ...REWRITTEN.map(
    (of): Row => ({ of, injuries: ["older beside it"], doctor: "leftovers warning", lines: {} }),
  ),
  ...[...CELLS, ...FILES].map(
    (of): Row => ({ of, injuries: [".DS_Store beside it"], doctor: "", lines: {} }),
  ),
  {
    of: "tokens",
    injuries: ["a file for its folder"],
    doctor: "files failed",
    repaired: "",
    lines: {
      index: "6 tokens is damaged",
      granted: "4 no longer opens",
      "remove Hurt": "differs",
      "remove Time": "differs",
      "access list": "differs",
      "access revoke ci": "differs",
    },
  },
  {
    of: "removed",
    injuries: ["a file for its folder"],
    doctor: "files failed",
    lines: {
      // told of after every command that is done
      key: "differs",
      "restore FILE": "6 removed is damaged",
      "enroll --replace Hurt": "6 removed is damaged",
      restore: "6 removed is damaged",
      "restore Gone": "6 removed is damaged",
      "remove Hurt": "6 removed is damaged",
      "remove Time": "6 removed is damaged",
    },
  },
  {
    of: "attempts",
    injuries: ["a file for its folder"],
    doctor: "files failed",
    lines: { "code Pinned, wrong PIN": "4 0 attempts left", "pin status Pinned": "differs" },
  },
  {
    of: "grants",
    injuries: ["a file for its folder"],
    doctor: "files failed",
    lines: {
      granted: "4 ",
      "access revoke ci": "6 grants is damaged",
      "access grant": "6 grants is damaged",
      "access grant Hurt": "6 grants is damaged",
    },
  },
  {
    of: "batches",
    injuries: ["a file for its folder"],
    doctor: "files failed",
    lines: {
      restore: "6 batches is damaged",
      "restore Gone": "6 batches is damaged",
      import: "6 batches is damaged",
      "enroll new": "6 batches is damaged",
      "enroll --replace Hurt": "6 batches is damaged",
      "restore FILE": "6 batches is damaged",
    },
  },
  {
    of: "vault",
    injuries: ["a file for its folder"],
    doctor: "agent warning, vault failed",
    repaired: "agent warning, vault failed",
    lines: {
      vault: "6 vault is damaged",
      "agent status": "6 vault is damaged",
      lock: "8 vault/agent",
    },
  },
  {
    of: "vault/used",
    injuries: ["missing", "empty", "a byte flipped", "a byte more", "foreign"],
    doctor: "",
    lines: USES,
  },
  { of: "vault/used", injuries: ["a folder"], doctor: "files failed", lines: USES },
  {
    of: "config.json",
    injuries: ["a byte more", "empty", "a folder"],
    doctor: "settings failed",
    repaired: "settings failed",
    lines: {
      ...{ "config list": "6 config.json" },
      ...{ "config set": "6 config.json", "config unset": "6 config.json" },
      ...{
        "code Hurt": "6 config.json",
        "code Time": "6 config.json",
        "code Count": "6 config.json",
      },
      ...{
        "code Pinned": "6 config.json",
        "code Pinned, wrong PIN": "6 config.json",
        "code --all": "6 config.json",
      },
      ...{ "code --all --json": "6 config.json", "code Count, granted": "6 config.json" },
      "code Hurt, granted": "6 config.json",
    },
  },
  {
    of: "config.json",
    injuries: ["missing"],
    doctor: "",
    lines: { "config list": "differs", "config unset": "differs" },
  },
  {
    of: "config.json",
    injuries: ["foreign"],
    doctor: "settings warning",
    repaired: "settings warning",
    lines: { "config list": "differs", "config unset": "differs" },
  },
  {
    of: "config.json",
    injuries: ["older"],
    doctor: "",
    lines: { "config list": "differs", "config unset": "differs" },
  },
];
