import { spawn } from "node:child_process";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { describe, expect, onTestFinished, test } from "vitest";
import { keyFilePath, readKeyFile } from "#platform/keychain/key-file.ts";
import { updateCell } from "#vault/cells/cell.ts";
import { readHeader } from "#vault/keys/header.ts";
import { findSlot, openKeychainSlot } from "#vault/keys/slots.ts";
import { Vault } from "#vault/vault.ts";
import { sampled } from "../sampled.ts";
import { FOB, type Outcome, RFC_SECRET, runFob, type Surroundings, testHome } from "./fob.ts";

const uri = (kind: "totp" | "hotp", name: string, more = "") =>
  `otpauth://${kind}/${name}:ann?secret=${RFC_SECRET}&issuer=${name}${more}`;

const LATER = "&t0=4000000000";

/** A home with tokens called First, Bad, Count (event-based) and Last. */
interface Patient {
  readonly home: string;
  /** The id of Bad. */
  readonly bad: string;
  fob(args: readonly string[], more?: Surroundings): Promise<Outcome>;
}

async function patient(parameters = "", kind: "totp" | "hotp" = "totp"): Promise<Patient> {
  const { home, fob } = testHome();
  const input = [
    uri("totp", "First"),
    uri(kind, "Bad", parameters),
    uri("hotp", "Count"),
    uri("totp", "Last"),
  ];
  const { stdout } = await fob(["enroll", "-", "--json"], { input: input.join("\n") });
  return {
    home,
    fob,
    bad: JSON.parse(stdout).find(({ name }: { name: string }) => name === "Bad").id,
  };
}

function copyOf({ home, bad }: Patient): Patient {
  const copy = mkdtempSync(join(tmpdir(), "fob-test-"));
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  cpSync(home, copy, { recursive: true, preserveTimestamps: true });
  const env = { HOME: copy, FOB_HOME: copy, FOB_KEYCHAIN: "file" };
  return { home: copy, bad, fob: (args, more) => runFob(args, env, more) };
}

/** The vault of a home, opened by the program's own functions. */
function openVault(home: string): Vault {
  const header = readHeader(home);
  const slot = header && findSlot(header, "keychain");
  const key = readKeyFile(keyFilePath(home, null));
  if (!slot || !key) throw new Error("no vault with a key file");
  return new Vault({ home, vaultId: header.id }, openKeychainSlot(header.id, slot, key), false);
}

/** What is done to the folder of Bad and its only file. */
interface Damage {
  apply(file: string, folder: string, patient: Patient): void;
  /** The exit code of whoever needs the token. */
  readonly exitCode: 3 | 6;
}

const DAMAGES: Readonly<Record<string, Damage>> = {
  "a byte more": { apply: (file) => appendFileSync(file, "x"), exitCode: 6 },
  "a byte less": { apply: (file) => truncateSync(file, statSync(file).size - 1), exitCode: 6 },
  "an empty file": { apply: (file) => truncateSync(file, 0), exitCode: 6 },
  "a folder in place of the file": {
    apply(file) {
      rmSync(file);
      mkdirSync(file);
    },
    exitCode: 6,
  },
  "a file in place of the folder": {
    apply(_, folder) {
      rmSync(folder, { recursive: true });
      writeFileSync(folder, "");
    },
    exitCode: 6,
  },
  "no folder": { apply: (_, folder) => rmSync(folder, { recursive: true }), exitCode: 3 },
  "an empty folder": { apply: (file) => rmSync(file), exitCode: 3 },
  "a record without a credential": {
    apply: (_f, _d, one) => seal(one, { token: { id: one.bad } }),
    exitCode: 6,
  },
  "a record of null": { apply: (_f, _d, one) => seal(one, null), exitCode: 6 },
  "a kind of token that nobody knows": {
    apply: (_f, _d, one) => change(one, (token) => ({ ...token, credential: { kind: "quantum" } })),
    exitCode: 6,
  },
  "a period that is a word": {
    apply: (_f, _d, one) =>
      change(one, (token) => ({
        ...token,
        credential: { ...token["credential"], period: "long" },
      })),
    exitCode: 6,
  },
};

type Json = Readonly<Record<string, object>>;

/** Seals something as the record of Bad. */
function seal({ home, bad }: Patient, record: unknown): void {
  updateCell(openVault(home).tokenCell(bad), () => Buffer.from(JSON.stringify(record)));
}

function change({ home, bad }: Patient, tokenOf: (token: Json) => unknown): void {
  updateCell(openVault(home).tokenCell(bad), (current) => {
    const record = JSON.parse(String(current));
    return Buffer.from(JSON.stringify({ ...record, token: tokenOf(record.token) }));
  });
}

/** Does the damage; long ago, so that nobody waits for a writer to finish. */
function hurt(one: Patient, { apply }: Damage): void {
  const folder = join(one.home, "vault", "tokens", one.bad);
  apply(join(folder, readdirSync(folder)[0] ?? ""), folder, one);
  const past = new Date(Date.now() - 60_000);
  const inside = existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder) : [];
  for (const path of [...inside.map((name) => join(folder, name)), folder]) {
    if (existsSync(path)) utimesSync(path, past, past);
  }
}

/** What a run with --json gave: its result, and the errors that it named. */
function readJson({ stdout, stderr, exitCode }: Outcome) {
  const said = stderr.split("\n").filter((line) => line !== "");
  const errors = said
    .map((line) => JSON.parse(line))
    .flatMap(({ error }) => (error ? [error.message as string] : []));
  return { exitCode, value: stdout === "" ? null : JSON.parse(stdout), errors };
}

const named = [expect.stringMatching(/^Bad: /)];
const namesOf = (value: readonly { name: string }[]) => value.map(({ name }) => name);

describe.each(sampled(Object.entries(DAMAGES), 3))("a token with %s", (_, damage) => {
  const { exitCode } = damage;

  test("hinders no command over several tokens, and is named", async () => {
    const one = await patient();
    hurt(one, damage);
    const run = async (...args: string[]) => readJson(await one.fob([...args, "--json"]));
    const recipient = await identityToRecipient(await generateX25519Identity());
    const all = await run("code", "--all");
    expect({ ...all, value: namesOf(all.value) }).toEqual({
      exitCode,
      value: ["First", "Last"],
      errors: named,
    });
    const some = await run("code", "Last", "Bad", "Count");
    expect({ ...some, value: namesOf(some.value) }).toMatchObject({
      exitCode,
      value: ["Last", "Count"],
      errors: named,
    });
    const list = await run("list", "--codes");
    expect({ ...list, value: namesOf(list.value) }).toEqual({
      exitCode,
      value: ["Count", "First", "Last"],
      errors: named,
    });
    expect(await run("export")).toMatchObject({
      exitCode,
      value: { tokens: ["Count", "First", "Last"] },
      errors: named,
    });
    expect(await run("export", "Bad", "First")).toMatchObject({
      exitCode,
      value: { tokens: ["First"] },
      errors: named,
    });
    expect(await run("backup", join(one.home, "b.age"), "--recipient", recipient)).toMatchObject({
      exitCode,
      value: { tokens: 3 },
      errors: named,
    });
    expect(await run("access", "grant", "ci", "--token", "First", "Bad")).toMatchObject({
      exitCode,
      value: { tokens: ["First"] },
      errors: named,
    });
    // a program that gets half of its passcodes does half of its work
    const program = await one.fob([
      "run",
      "--json",
      "--stdin",
      "--token",
      "Count",
      "Bad",
      "--",
      "cat",
    ]);
    expect(readJson(program)).toEqual({ exitCode, value: null, errors: named });
    expect((await one.fob(["code", "Count", "--json"])).stdout).toContain('"counter": 1');
  });

  test("is a line of its own for a person", async () => {
    const one = await patient();
    hurt(one, damage);
    const { stdout, stderr, exitCode: ended } = await one.fob(["code", "First", "Bad"]);
    expect({ stdout, ended }).toEqual({
      stdout: expect.stringMatching(/^\d{6}\tFirst\n$/),
      ended: exitCode,
    });
    expect(stderr).toMatch(/^fob: Bad: [^\n]+\n(hint: [^\n]+\n)?$/);
    expect(stderr).not.toContain("unexpected");
  });

  test("can be removed, replaced and repaired, and not renamed", async () => {
    const one = await patient();
    hurt(one, damage);
    const listed = async ({ fob }: Patient) =>
      namesOf(JSON.parse((await fob(["list", "--json"])).stdout));
    const all = async ({ fob }: Patient) => readJson(await fob(["code", "--all", "--json"]));

    expect(await one.fob(["rename", "Bad", "Good"])).toMatchObject({ exitCode, stdout: "" });
    expect(await one.fob(["favorite", "Bad"])).toMatchObject({ exitCode, stdout: "" });
    expect(await listed(one)).toEqual(["Bad", "Count", "First", "Last"]);

    const removed = copyOf(one);
    expect(await removed.fob(["remove", "Bad", "--yes"])).toMatchObject({
      exitCode: 0,
      stdout: "removed Bad\n",
    });
    expect(await listed(removed)).toEqual(["Count", "First", "Last"]);
    expect(await all(removed)).toMatchObject({ exitCode: 0, errors: [] });
    expect((await removed.fob(["doctor"])).exitCode).toBe(0);

    const replaced = copyOf(one);
    const replacing = await replaced.fob(["enroll", "-", "--replace"], {
      input: uri("totp", "Bad"),
    });
    expect(replacing).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^enrolled Bad /),
    });
    expect(await listed(replaced)).toEqual(["Bad", "Count", "First", "Last"]);
    expect(await all(replaced)).toMatchObject({ exitCode: 0, errors: [] });

    expect((await one.fob(["doctor", "--repair"])).exitCode).toBe(0);
    expect(await listed(one)).toEqual(["Count", "First", "Last"]);
    expect(await all(one)).toMatchObject({ exitCode: 0, errors: [] });
    expect((await one.fob(["doctor"])).exitCode).toBe(0);
  });
});

describe("a token whose time is still to come", () => {
  test("has no passcode, hinders none, and is otherwise a token", async () => {
    const one = await patient(LATER);
    const run = async (...args: string[]) => readJson(await one.fob([...args, "--json"]));
    for (const args of [
      ["code", "--all"],
      ["code", "Last", "Bad", "First"],
      ["list", "--codes"],
    ]) {
      const { value, ...rest } = await run(...args);
      expect(namesOf(value)).toEqual(expect.arrayContaining(["First", "Last"]));
      expect(rest).toEqual({
        exitCode: 6,
        errors: [expect.stringMatching(/^Bad has no passcode/)],
      });
    }
    const alone = {
      exitCode: 6,
      value: null,
      errors: [expect.stringMatching(/^Bad has no passcode/)],
    };
    expect(await run("code", "Bad")).toEqual(alone);
    expect(await run("verify", "Bad", "123456")).toEqual(alone);
    expect(
      readJson(await one.fob(["inspect", "-", "--json"], { input: uri("totp", "Bad", LATER) })),
    ).toMatchObject({
      value: { tokens: [{ code: null }] },
    });
    expect(await run("export")).toMatchObject({
      exitCode: 0,
      value: { tokens: ["Bad", "Count", "First", "Last"] },
    });
    expect((await one.fob(["rename", "Bad", "Early"])).exitCode).toBe(0);
    expect((await one.fob(["remove", "Early", "--yes"])).exitCode).toBe(0);
    expect(await run("code", "--all")).toMatchObject({ exitCode: 0, errors: [] });
  });

  test("is what a clock at 1970 makes of one from later", async () => {
    const one = await patient("&t0=1000000000");
    const { value, ...rest } = readJson(
      await one.fob(["code", "First", "Bad", "--at", "@59", "--json"]),
    );
    expect({ ...rest, value: namesOf(value) }).toEqual({
      exitCode: 6,
      value: ["First"],
      errors: [expect.stringMatching(/^Bad has no passcode/)],
    });
  });
});

describe("one bad token", () => {
  test("among event-based ones is named by list, with and without --json", async () => {
    const one = await patient("", "hotp");
    hurt(one, DAMAGES["a byte more"] as Damage);
    const { value, ...rest } = readJson(await one.fob(["list", "--json"]));
    expect({ ...rest, value: namesOf(value) }).toEqual({
      exitCode: 6,
      value: ["Count", "First", "Last"],
      errors: named,
    });
    expect(await one.fob(["list"])).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/^fob: Bad: /),
    });
  });

  test("in a large vault is found by name, and named where ten thousand are read at once", async () => {
    const { home, fob } = testHome();
    const input = Array.from({ length: 260 }, (_, i) => uri("totp", `T${i}`)).join("\n");
    const tokens = JSON.parse((await fob(["enroll", "-", "--json", "--quiet"], { input })).stdout);
    const bad = tokens.find(({ name }: { name: string }) => name === "T77").id;
    const one = { home, fob, bad };
    await fob(["code", "T3"]);
    hurt(one, DAMAGES["a byte more"] as Damage);
    const { value, ...rest } = readJson(await fob(["code", "--all", "--json"]));
    expect({ ...rest, count: value.length }).toEqual({
      exitCode: 6,
      count: 259,
      errors: [expect.stringMatching(/^T77: /)],
    });
    expect((await fob(["code", "T77"])).exitCode).toBe(6);
    expect((await fob(["remove", "T77", "--yes"])).exitCode).toBe(0);
    expect(readJson(await fob(["code", "--all", "--json"]))).toMatchObject({
      exitCode: 0,
      errors: [],
    });
  });

  test.skipIf(process.platform === "win32")("hinders none that are watched", async () => {
    const one = await patient();
    hurt(one, DAMAGES["a byte more"] as Damage);
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: one.home,
      FOB_HOME: one.home,
      FOB_KEYCHAIN: "file",
    };
    const watch = spawn(
      process.execPath,
      [FOB, "code", "--watch", "Bad", "First", "Last", "--json"],
      { env },
    );
    onTestFinished(() => void watch.kill("SIGKILL"));
    const read = { stdout: "", stderr: "" };
    await new Promise<void>((resolve) => {
      const hear = (which: "stdout" | "stderr") => (text: Buffer) => {
        read[which] += text;
        if (read.stdout.split("\n").length > 2 && read.stderr.includes("\n")) resolve();
      };
      watch.stdout.on("data", hear("stdout"));
      watch.stderr.on("data", hear("stderr"));
    });
    expect(
      read.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).name),
    ).toEqual(["First", "Last"]);
    expect(JSON.parse(read.stderr).error).toMatchObject({
      code: "invalid",
      message: expect.stringMatching(/^Bad: /),
    });
  });

  test("hinders none that an agent gives", async () => {
    const one = await patient();
    expect((await one.fob(["unlock", "--for", "5m"])).exitCode).toBe(0);
    onTestFinished(async () => void (await one.fob(["lock"])));
    hurt(one, DAMAGES["a record of null"] as Damage);
    const { value, ...rest } = readJson(await one.fob(["code", "--all", "--json"]));
    expect({ ...rest, value: namesOf(value) }).toEqual({
      exitCode: 6,
      value: ["First", "Last"],
      errors: named,
    });
  });
});

test("foreign files among the tokens are nobody's business", async () => {
  const { home, fob } = await patient();
  const tokens = join(home, "vault", "tokens");
  writeFileSync(join(tokens, ".DS_Store"), "x");
  mkdirSync(join(tokens, "lost+found"));
  for (const args of [["code", "--all"], ["list", "--codes"], ["export"], ["doctor"]]) {
    expect(await fob([...args, "--json"]), args.join(" ")).toMatchObject({ exitCode: 0 });
  }
});
