import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { COMMANDS } from "#commands/commands.ts";
import { HOTP_URI, TOTP_URI, testHome } from "./fob.ts";

/**
 * Command lines that open the vault: each is refused with whatever is no grant, before anything
 * else.
 */
const OPENING: Readonly<Record<string, string>> = {
  enroll: "enroll -",
  list: "list",
  show: "show ACME",
  code: "code ACME",
  run: "run --token ACME -- true",
  challenge: "challenge ACME 1",
  "push listen": "push listen --json --timeout 1",
  "push list": "push list",
  "push approve": "push approve ACME",
  "push deny": "push deny ACME",
  "push history": "push history",
  "pin set": "pin set",
  "pin remove": "pin remove ACME",
  unlock: "unlock",
  "agent start": "agent start",
  "access grant": "access grant ci --token ACME",
  "access list": "access list",
  "access log": "access log",
  "access revoke": "access revoke ci",
  "access confirm": "access confirm ACME",
  "access domain": "access domain ACME",
  rename: "rename ACME other",
  remove: "remove --yes ACME",
  favorite: "favorite ACME",
  tag: "tag ACME work",
  untag: "untag ACME work",
  note: "note ACME text",
  codes: "codes ACME",
  "codes add": "codes add ACME -",
  "codes list": "codes list",
  resync: "resync ACME 755224 287082",
  import: "import LIST",
  export: "export --yes",
  backup: "backup OUT --recipient age1",
  verify: "verify ACME 755224",
  "keychain move": "keychain move none",
};

/** Command lines that open no vault: the grant is nothing to them. */
const OTHERS: Readonly<Record<string, string>> = {
  lock: "lock",
  "pin status": "pin status",
  "agent stop": "agent stop",
  "agent status": "agent status",
  "agent install": "agent install --dry-run",
  "agent remove": "agent remove --dry-run",
  "agent serve": "agent serve",
  inspect: "inspect -",
  provision: "provision totp",
  "link install": "link install --dry-run",
  "link remove": "link remove --dry-run",
  "link status": "link status",
  "link open": "link open nothing",
  "config list": "config list",
  "config get": "config get code.min-validity",
  "config set": "config set code.min-validity 5",
  "config unset": "config unset code.min-validity",
  "biometric test": "biometric test",
  "lab serve": "lab serve --for 1s --port 0",
  "lab user add": "lab user add",
  "lab user list": "lab user list",
  "lab user unlock": "lab user unlock nobody",
  "lab issue": "lab issue nobody totp",
  "lab push": "lab push nobody",
  "lab log": "lab log",
  askpass: "askpass Password",
  doctor: "doctor",
  shellenv: "shellenv",
  completion: "completion bash",
};

/**
 * Command lines that say something else first, where a vault has nothing that they could change.
 */
const EITHER: Readonly<Record<string, string>> = {
  "pin change": "pin change",
  "biometric enable": "biometric enable",
  "biometric disable": "biometric disable",
  "biometric status": "biometric status",
  restore: "restore",
  hold: "hold ACME tpm --yes",
  sync: "sync",
  "sync init": "sync init OUT.git",
  "sync add": "sync add ACME",
  "sync invite": "sync invite",
  "sync join": "sync join nothing",
  "sync members": "sync members",
  "sync move": "sync move ACME desk",
  "sync remove": "sync remove desk --yes",
  "sync leave": "sync leave --yes",
  "sync status": "sync status",
};

test("every command does with an empty FOB_GRANT what it does with one that is no grant", {
  timeout: 300_000,
}, async () => {
  const lines = { ...OPENING, ...OTHERS, ...EITHER };
  expect(Object.keys(lines).sort()).toEqual(Object.keys(COMMANDS).sort());
  const { home, fob } = testHome();
  await fob(["enroll", "-"], { input: HOTP_URI });
  writeFileSync(join(home, "list.txt"), TOTP_URI);
  const unlike: object[] = [];
  for (const [name, line] of Object.entries(lines)) {
    const args = line.split(" ").map((word) => (word === "LIST" ? join(home, "list.txt") : word));
    const told = (FOB_GRANT: string) => fob(args, { env: { FOB_GRANT }, input: TOTP_URI });
    const [empty, blank, garbage] = [await told(""), await told(" "), await told("fobgrant_x")];
    const codes = [empty, blank, garbage].map((outcome) => outcome.exitCode);
    const isSaid = codes[0] !== 4 || empty.stderr.includes("FOB_GRANT");
    if (new Set(codes).size > 1 || !isSaid) unlike.push({ name, codes, stderr: empty.stderr });
    const isExpected =
      Object.hasOwn(EITHER, name) || (codes[0] === 4) === Object.hasOwn(OPENING, name);
    if (!isExpected) unlike.push({ name, codes, stderr: garbage.stderr });
  }
  expect(unlike).toEqual([]);
  expect((await fob(["list"])).stdout.trim().split("\n")).toHaveLength(1);
});
