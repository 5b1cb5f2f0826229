import type { LineName } from "./commands.ts";
import { LINES } from "./commands.ts";
import type { InjuryName } from "./injuries.ts";
import type { Kind } from "./rich-home.ts";

/** What is hurt in homes of other kinds than the usual one, and of which. */
export const ELSEWHERE = {
  "app attempts": "app PIN",
  "app header": "app PIN",
  "named key": "app PIN",
  "biometric key": "app PIN",
  "passphrase attempts": "passphrase",
  "passphrase header": "passphrase",
  "exported header": "exported",
  "exported grant": "exported",
  "exported token": "exported",
  "sync state": "synchronised",
  "sync turn": "synchronised",
  locator: "large",
} as const satisfies Readonly<Record<string, Kind>>;

/** The files of a rich home that are hurt, and the cells, of which the newest file is. */
export type Patient =
  | keyof typeof ELSEWHERE
  | "codes-left"
  | "Time/note"
  | "Time/codes"
  | "service"
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
  | "vault/access-log/1"
  | "key"
  | "config.json";

/**
 * What a command does where a file is hurt:
 *
 * - "works": it ends and says what it does and says in a whole home;
 * - "differs": it ends with the exit code of a whole home, and says something else;
 * - "ends alike": it ends with that exit code, and may say something else;
 * - "6 TEXT": it ends with that exit code, and its error has that text.
 */
export type Expectation =
  | "works"
  | "differs"
  | "ends alike"
  | `${2 | 3 | 4 | 5 | 6 | 7 | 8} ${string}`;

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

/** All command lines. */
export const ALL = Object.keys(LINES) as LineName[];

/** Lines without some of them. */
export function without(from: readonly LineName[], ...some: LineName[]): LineName[] {
  return from.filter((name) => !some.includes(name));
}

const HOUSE: LineName[] = [
  "config list",
  "config get",
  "config set",
  "config unset",
  "doctor",
  "doctor --repair",
  "lock",
];
/** Lines about the token Hurt alone. */
const HURT: LineName[] = [
  "show Hurt",
  "code Hurt",
  "verify Hurt",
  "resync Hurt",
  "pin status Hurt",
  "pin set Hurt",
  "favorite Hurt",
  "rename Hurt",
  "access grant Hurt",
  "access domain Hurt",
];
/** Lines about several tokens, that read Hurt among them. */
const AMONG: LineName[] = ["list", "list --json", "list --codes", "backup", "export"];
const CODES: LineName[] = [
  "code Hurt",
  "code Time",
  "code Count",
  "code Pinned",
  "code Pinned, wrong PIN",
  "code --all",
  "code --all --json",
  "code Count, granted",
  "code Hurt, granted",
];
const GRANTED: LineName[] = ["code Count, granted", "code Hurt, granted", "list, granted"];
const vault = without(ALL, ...HOUSE, "agent status");
const key = without(vault, ...GRANTED, "pin status");

/** Lines that are named together. */
export const GROUPS = {
  hurt: HURT,
  hurtAmong: AMONG,
  codes: CODES,
  /** Whatever reads the header. */
  vault,
  /** Whatever opens the vault. */
  key,
  /** Whatever looks a token up. */
  index: without(key, "restore", "pin set", "keychain move none"),
  granted: GRANTED,
  everything: ALL,
} as const satisfies Readonly<Record<string, readonly LineName[]>>;

type GroupName = keyof typeof GROUPS;

/** A file is there, and is not what it was. */
export const SPOILT = ["a byte flipped", "a byte more", "empty", "foreign", "a folder"] as const;
/** The file is gone. */
export const LOST = ["missing", "no folder"] as const;

/** A file with a key; `spoilt` is what doctor says where it is there and opens nothing. */
export function keyRows(of: "key" | "named key", spoilt: string): readonly Row[] {
  const gone = "keychain failed";
  return [
    {
      of,
      injuries: ["a byte flipped", "foreign", "empty", "a folder"],
      doctor: spoilt,
      repaired: spoilt,
      lines: { key: "6 key" },
    },
    { of, injuries: ["missing"], doctor: gone, repaired: gone, lines: { key: "8 key file" } },
  ];
}

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
  "list --json": "ends alike",
  "show Hurt": "ends alike",
  "show Time": "ends alike",
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

/** What is said of a file that a newer fob wrote. */
export const OF_NEWER = "6 newer fob";
/** What comes with every command that looks whether something has to go. */
const TOLD: Row["lines"] = {
  key: "ends alike",
  "list --json": "works",
  "code --all --json": "works",
};

/** What is said of a file that this user may not read. */
export const SHUT = "8 permission denied";

/** What is closed may be whole: a repair opens what is its owner's, and puts nothing aside. */
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
      hurt: SHUT,
      hurtAmong: SHUT,
      "remove Hurt": SHUT,
      // it could be the same account, with a higher counter
      "restore Gone": SHUT,
      "enroll --replace Hurt": SHUT,
      // its key would have to change: the other tokens of the grant get theirs
      "access revoke ci": "8 the grant has ended",
      "code Hurt, granted": "4 opens no token",
      "list, granted": "ends alike",
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
      codes: SHUT,
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
      hurt: OF_NEWER,
      hurtAmong: OF_NEWER,
      "remove Hurt": OF_NEWER,
      "enroll --replace Hurt": OF_NEWER,
      // it could be the same account, with a higher counter
      "restore Gone": OF_NEWER,
      "code Hurt, granted": "4 ",
      "list, granted": "ends alike",
    },
  },
  {
    of: "removed/Gone",
    doctor: "trash failed",
    lines: {
      restore: "ends alike",
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
      vault: "6 header/",
      "agent status": "6 header/",
      // the fast path asks the vault's key whether the header is right, and not its checksum
      "code Hurt": "works",
      "code Time": "works",
      "code Count": "works",
    },
  },
  {
    of: "header",
    injuries: ["a byte more", "empty", "foreign", "a folder"],
    doctor: "agent warning, vault failed",
    repaired: "agent warning, vault failed",
    lines: { vault: "6 header/", "agent status": "6 header/" },
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
      import: "works",
      "enroll new": "works",
      "enroll --replace Hurt": "works",
      "restore FILE": "works",
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
      hurt: "6 damaged",
      hurtAmong: "6 Hurt: ",
      "remove Hurt": "ends alike",
      "enroll --replace Hurt": "ends alike",
      "code Hurt, granted": "4 ",
      "list, granted": "ends alike",
    },
  },
  {
    of: "tokens/Hurt",
    injuries: LOST,
    doctor: "lost failed",
    lines: {
      hurt: "3 ",
      hurtAmong: "3 Hurt: ",
      "remove Hurt": "ends alike",
      "code Hurt, granted": "4 ",
      "list, granted": "ends alike",
    },
  },
  {
    of: "attempts/Pinned",
    injuries: [...SPOILT, "a file for its folder"],
    doctor: "attempts failed",
    lines: { "code Pinned, wrong PIN": "4 0 attempts left", "pin status Pinned": "ends alike" },
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
    lines: { restore: "ends alike", "restore Gone": "3 " },
  },
  {
    of: "removed/Gone",
    injuries: LOST,
    doctor: "",
    lines: { restore: "ends alike", "restore Gone": "3 " },
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
      "pin set Hurt": "ends alike",
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
  ...keyRows("key", "keychain failed"),
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
      "remove Hurt": "ends alike",
      "remove Time": "ends alike",
      "access list": "ends alike",
      "access revoke ci": "ends alike",
    },
  },
  {
    of: "removed",
    injuries: ["a file for its folder"],
    doctor: "files failed",
    lines: {
      // told of after every command that is done
      key: "ends alike",
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
    lines: { "code Pinned, wrong PIN": "4 0 attempts left", "pin status Pinned": "ends alike" },
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
      codes: "6 config.json",
      "config list": "6 config.json",
      "config set": "6 config.json",
      "config unset": "6 config.json",
    },
  },
  {
    of: "config.json",
    injuries: ["missing"],
    doctor: "",
    lines: { "config list": "ends alike", "config unset": "ends alike" },
  },
  {
    of: "config.json",
    injuries: ["foreign"],
    doctor: "settings warning",
    repaired: "settings warning",
    lines: { "config list": "ends alike", "config unset": "ends alike" },
  },
  {
    of: "config.json",
    injuries: ["older"],
    doctor: "",
    lines: { "config list": "ends alike", "config unset": "ends alike" },
  },
];
