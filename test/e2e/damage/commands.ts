import { basename, join } from "node:path";
import type { RichHome } from "./rich-home.ts";
import { HURT_AGAIN, NEW_ACCOUNT, TOKEN_PIN } from "./rich-home.ts";
import type { Env } from "./run-in-process.ts";

/** A command line that is tried on every injured home. */
export interface Line {
  readonly args: (rich: RichHome, home: string) => readonly string[];
  readonly env?: (rich: RichHome) => Env;
  readonly input?: string;
}

const line = (...args: string[]): Line => ({ args: () => args });
const reading = (input: string, ...args: string[]): Line => ({ args: () => args, input });
const withPin = (pin: string, ...args: string[]): Line => ({
  args: () => args,
  env: () => ({ FOB_PIN: pin }),
});

export const LINES = {
  list: line("list"),
  "list --json": line("list", "--json"),
  "list --codes": line("list", "--codes"),
  "show Hurt": line("show", "Hurt"),
  "show Time": line("show", "Time"),
  "code Hurt": line("code", "Hurt"),
  "code Time": line("code", "Time"),
  "code Count": line("code", "Count"),
  "code Pinned": withPin(TOKEN_PIN, "code", "Pinned"),
  "code Pinned, wrong PIN": withPin("0815", "code", "Pinned"),
  "code --all": line("code", "--all"),
  "code --all --json": line("code", "--all", "--json"),
  "challenge Asks": line("challenge", "Asks", "12345678"),
  "verify Time": line("verify", "Time", "00000000"),
  "verify Hurt": line("verify", "Hurt", "000000"),
  "resync Hurt": line("resync", "Hurt", "000000"),
  "pin status": line("pin", "status"),
  "pin status Hurt": line("pin", "status", "Hurt"),
  "pin status Pinned": line("pin", "status", "Pinned"),
  "pin set Hurt": withPin("4826", "pin", "set", "Hurt", "--keep-grants"),
  "pin change Pinned": withPin(`${TOKEN_PIN}\n4826\n4826\n`, "pin", "change", "Pinned"),
  "pin remove Pinned": withPin(TOKEN_PIN, "pin", "remove", "Pinned"),
  "pin set": withPin("correct-horse-14", "pin", "set"),
  "favorite Hurt": line("favorite", "Hurt"),
  "rename Hurt": line("rename", "Hurt", "Renamed"),
  "rename Time": line("rename", "Time", "Renamed"),
  "remove Hurt": line("remove", "Hurt", "--yes"),
  "remove Time": line("remove", "Time", "--yes"),
  restore: line("restore"),
  "restore Gone": line("restore", "Gone"),
  "restore FILE": { args: ({ backup, identity }) => ["restore", backup, "--identity", identity] },
  "enroll new": line("enroll", NEW_ACCOUNT),
  "enroll --replace Hurt": line("enroll", HURT_AGAIN.replace("KRSX", "KRSY"), "--replace"),
  import: { args: ({ list }) => ["import", list] },
  backup: {
    args: (_, home) => [
      "backup",
      join(home, "..", `${basename(home)}.age`),
      "--recipient",
      RECIPIENT,
    ],
    env: () => ({ FOB_PIN: TOKEN_PIN }),
  },
  export: line("export", "Time", "Count", "Hurt", "--format", "aegis", "--unencrypted", "--yes"),
  "access list": line("access", "list"),
  "access log": line("access", "log"),
  "access grant": line("access", "grant", "another", "--token", "Count"),
  "access grant Hurt": line("access", "grant", "another", "--token", "Hurt"),
  "access revoke ci": line("access", "revoke", "ci"),
  "access domain Hurt": line("access", "domain", "Hurt"),
  "access domain Time FF": line("access", "domain", "Time", "FF"),
  "code Count, granted": {
    args: () => ["code", "Count"],
    env: ({ grant }) => ({ FOB_GRANT: grant }),
  },
  "code Hurt, granted": {
    args: () => ["code", "Hurt"],
    env: ({ grant }) => ({ FOB_GRANT: grant }),
  },
  "list, granted": { args: () => ["list"], env: ({ grant }) => ({ FOB_GRANT: grant }) },
  "note Time": line("note", "Time", "another"),
  "show Time --note": line("show", "Time", "--note"),
  "tag Time": line("tag", "Time", "work"),
  "codes Time": line("codes", "Time"),
  "codes list": line("codes", "list"),
  "codes add Time": reading("81524 93471\n", "codes", "add", "Time", "-"),
  "push list": line("push", "list"),
  "push history": line("push", "history"),
  "biometric status": line("biometric", "status"),
  "biometric disable": line("biometric", "disable"),
  sync: line("sync"),
  "sync status": line("sync", "status"),
  "sync members": line("sync", "members"),
  "sync invite": line("sync", "invite"),
  "sync add Asks": line("sync", "add", "Asks"),
  "sync leave": line("sync", "leave", "--yes"),
  "sync leave --local": line("sync", "leave", "--local", "--yes"),
  "agent status": line("agent", "status"),
  lock: line("lock"),
  "config list": line("config", "list"),
  "config get": line("config", "get", "keychain"),
  "config set": line("config", "set", "keychain", "file"),
  "config unset": line("config", "unset", "color"),
  "keychain move none": withPin("correct-horse-battery-14", "keychain", "move", "none"),
  "keychain move file": line("keychain", "move", "file"),
  "pin change": withPin("58204\n58204\n", "pin", "change"),
  "pin remove": line("pin", "remove"),
  doctor: line("doctor"),
  "doctor --repair": line("doctor", "--repair"),
} as const satisfies Readonly<Record<string, Line>>;

export type LineName = keyof typeof LINES;

/** Anybody's: nobody reads what is written for it. */
const RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
