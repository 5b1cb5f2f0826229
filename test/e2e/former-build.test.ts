import { chmodSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { decodeEntries, decodeReply, decodeState } from "#agent/protocol/protocol.ts";
import { keyFilePath, readKeyFile } from "#platform/keychain/key-file.ts";
import { TOKEN_VERSION } from "#token/codec.ts";
import { updateCell } from "#vault/cells/cell.ts";
import { updateGrants } from "#vault/grants/grant-list.ts";
import { readHeader } from "#vault/keys/header.ts";
import { findSlot, keyItemOf, openKeychainSlot } from "#vault/keys/slots.ts";
import { Vault } from "#vault/vault.ts";
import { filesBelow, RFC_CODES, type TestHome, testHome } from "./fob.ts";

// What the build before tokens had one codec wrote: its vaults, a backup, and what its agent says.
// All secrets are those of the RFCs' examples.
const FIXTURES = fileURLToPath(new URL("../vault/fixtures", import.meta.url));
const GRANT = "fobgrant_9042663385927c51_VmYx6f9laEi4z-6jwwbIYpaedIlAK0HJcrsLQ0kob5w";
const TOKEN_PIN = "7392";
const APP_PIN = "48151623";
const PASSPHRASE = "correct horse battery";
const AT_59 = ["--at", "@59"];
const CODE_AT_59 = "94287082";

/** Of the tokens in the vault without an app PIN, in list order. */
const NAMES = ["time", "bank", "event", "guarded", "pin-only", "push", "tiqr"];

function formerHome(which: "plain" | "app-pin"): TestHome {
  const home = testHome();
  cpSync(join(FIXTURES, which), home.home, { recursive: true });
  for (const file of filesBelow(home.home)) chmodSync(file, 0o600);
  return home;
}

function openFormer({ home }: TestHome): Vault {
  const header = readHeader(home);
  const slot = header && findSlot(header, "keychain");
  const key = header && readKeyFile(keyFilePath(home, keyItemOf(header)));
  const vaultKey = header && slot && key && openKeychainSlot(header.id, slot, key);
  if (!header || !vaultKey) throw new Error("the fixture does not open");
  return new Vault({ home, vaultId: header.id }, vaultKey, false);
}

async function ok(home: TestHome, args: readonly string[], env: Record<string, string> = {}) {
  const { exitCode, stdout, stderr } = await home.fob(args, { env });
  expect({ args, exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return stdout.trim();
}

const namesOf = async (home: TestHome) =>
  JSON.parse(await ok(home, ["list", "--json"])).map(({ name }: { name: string }) => name);

describe("a vault of the former build", () => {
  test("opens with every token, and each can be used", async () => {
    const home = formerHome("plain");
    expect(await namesOf(home)).toEqual(NAMES);
    expect(await ok(home, ["code", "time", ...AT_59])).toBe(CODE_AT_59);
    expect(await ok(home, ["code", "event"])).toBe(RFC_CODES[6]);
    expect(await ok(home, ["code", "event"])).toBe(RFC_CODES[7]);
    expect(await ok(home, ["challenge", "bank", "00000000"])).toBe("237653");
    expect(await ok(home, ["code", "guarded", ...AT_59], { FOB_PIN: TOKEN_PIN })).toBe("287082");
    expect((await home.fob(["code", "pin-only"])).exitCode).toBe(5);
    expect(JSON.parse(await ok(home, ["show", "push", "--json"]))).toMatchObject({
      kind: "push",
      protocol: "privacyidea",
      serial: "PIPU5B37A477",
    });
    expect(JSON.parse(await ok(home, ["push", "history", "push", "--json"]))).toEqual([]);
    expect(JSON.parse(await ok(home, ["show", "tiqr", "--json"]))).toMatchObject({
      protocol: "tiqr",
    });
  });

  test("is whole to doctor, and mending changes none of its tokens", async () => {
    const home = formerHome("plain");
    await home.fob(["doctor", "--repair"]);
    const checks = JSON.parse((await home.fob(["doctor", "--json"])).stdout);
    for (const check of ["vault", "index", "trash", "grants"])
      expect(checks).toContainEqual(expect.objectContaining({ check, status: "ok" }));
    expect(await namesOf(home)).toEqual(NAMES);
  });

  test("can be changed: names, favourites, PINs, access, trash and grants", async () => {
    const home = formerHome("plain");
    await ok(home, ["rename", "time", "clock"]);
    await ok(home, ["favorite", "bank"]);
    await ok(home, ["access", "domain", "pin-only", "full"]);
    await ok(home, ["pin", "remove", "guarded"], { FOB_PIN: TOKEN_PIN });
    await ok(home, ["restore", "removed"]);
    await ok(home, ["remove", "tiqr", "--yes"]);
    expect(await namesOf(home)).toEqual([
      "bank",
      "clock",
      "event",
      "guarded",
      "pin-only",
      "push",
      "removed",
    ]);
    for (const name of ["guarded", "pin-only", "removed"])
      expect(await ok(home, ["code", name, ...AT_59])).toBe("287082");
    expect(await ok(home, ["code", "clock", ...AT_59])).toBe(CODE_AT_59);
    const grant = await ok(home, ["access", "grant", "more", "--token", "clock"]);
    const withGrant = (text: string) => ({ FOB_GRANT: text });
    expect(await ok(home, ["code", "clock", ...AT_59], withGrant(grant))).toBe(CODE_AT_59);
    expect(await ok(home, ["code", "event"], withGrant(GRANT))).toBe(RFC_CODES[6]);
    await ok(home, ["access", "revoke", "ci"]);
    expect((await home.fob(["code", "event"], { env: withGrant(GRANT) })).exitCode).toBe(4);
    expect(await ok(home, ["code", "clock", ...AT_59], withGrant(grant))).toBe(CODE_AT_59);
  });

  test("with an app PIN opens by it, and the PIN can be removed", async () => {
    const home = formerHome("app-pin");
    const pin = { FOB_PIN: APP_PIN };
    expect((await home.fob(["code", "time"])).exitCode).toBe(5);
    expect(await ok(home, ["code", "time", ...AT_59], pin)).toBe(CODE_AT_59);
    await ok(home, ["rename", "time", "clock"], pin);
    await ok(home, ["pin", "remove"], pin);
    expect(await ok(home, ["code", "clock", ...AT_59])).toBe(CODE_AT_59);
  });
});

test("a backup of the former build is restored", async () => {
  const home = testHome();
  const pins = join(home.home, "pins");
  writeFileSync(pins, `${PASSPHRASE}\n${TOKEN_PIN}\n`);
  await ok(home, ["restore", join(FIXTURES, "backup.age"), "--pin-file", pins]);
  expect(await namesOf(home)).toEqual(expect.arrayContaining(["time", "event", "push"]));
  expect(await ok(home, ["code", "event"])).toBe(RFC_CODES[6]);
});

test("what an agent of the former build says is understood", () => {
  const [list = "", ...states] = readFileSync(join(FIXTURES, "agent-replies.jsonl"), "utf8")
    .trimEnd()
    .split("\n");
  const entries = decodeEntries(decodeReply(list));
  expect(entries.map(({ name }) => name)).toEqual(NAMES);
  expect(states.map((line) => decodeState(decodeReply(line)).token)).toEqual(
    entries.map((entry) =>
      entry.credential.kind === "hotp"
        ? { ...entry, credential: { ...entry.credential, counter: 6n } }
        : entry,
    ),
  );
});

/** Changes JSON that lies sealed in a cell, as another version might have written it. */
function rewrite(
  cell: Parameters<typeof updateCell>[0],
  change: (json: Record<string, unknown>) => unknown,
): void {
  updateCell(cell, (value) =>
    Buffer.from(
      // an index has one row a line
      JSON.stringify(change(JSON.parse(String(value)))).replace(/"tokens":\[\[.*\]\]/, (tokens) =>
        tokens.replaceAll("[[", "[\n[").replaceAll("],[", "],\n[").replace(/\]\]$/, "]\n]"),
      ),
    ),
  );
}

/** `doctor --repair` makes the index anew: it changes where it is not the newer one. */
/** All files but the calendar: fob looks at the clock as the fixtures grow older. */
const contents = ({ home }: TestHome, named: string) =>
  filesBelow(join(home, "vault"))
    .filter((file) => !/[\\/]calendar[\\/]/.test(file))
    .filter((file) => named !== "the list of grants" || !/[\\/]index[\\/]/.test(file))
    .sort()
    .map((file) => `${file} ${readFileSync(file).toString("base64")}`);

describe("what a newer fob wrote is refused by name, and stays as it is:", () => {
  const tokenOf = (vault: Vault, name: string) => vault.findExactly(name)?.id ?? "";
  test.each<[string, (vault: Vault) => void, string, readonly (readonly string[])[]]>([
    [
      "an index of another version",
      (vault) => rewrite(vault.indexCell(), (json) => ({ version: TOKEN_VERSION + 1, ...json })),
      "the index of the tokens",
      [["list"], ["code", "time"], ["rename", "time", "clock"], ["show", "time"]],
    ],
    [
      "an index with a field more",
      (vault) =>
        rewrite(vault.indexCell(), (json) => ({
          ...json,
          kinds: (json["kinds"] as object[]).map((kind) => ({ ...kind, colour: "red" })),
        })),
      "the index of the tokens",
      [["list"], ["code", "time"], ["favorite", "time"]],
    ],
    [
      "an index with a column more",
      (vault) =>
        rewrite(vault.indexCell(), (json) => ({
          ...json,
          tokens: (json["tokens"] as unknown[][]).map((row) => [...row, "red"]),
        })),
      "the index of the tokens",
      [["list"], ["code", "time"], ["favorite", "time"]],
    ],
    [
      "a token",
      (vault) =>
        rewrite(vault.tokenCell(tokenOf(vault, "time")), (json) => ({
          ...json,
          version: TOKEN_VERSION + 1,
        })),
      "time",
      [
        ["code", "time"],
        ["show", "time"],
        ["rename", "time", "clock"],
        ["favorite", "time"],
      ],
    ],
    [
      "the list of grants",
      (vault) => {
        updateGrants(vault, (list) => list);
        const cell = { ...vault.indexCell(), folder: join(vault.layout.home, "vault/grant-list") };
        rewrite({ ...cell, identity: `${vault.layout.vaultId}/grant-list` }, (json) => ({
          ...json,
          version: 9,
        }));
      },
      "the list of grants",
      [
        ["access", "list"],
        ["access", "revoke", "ci"],
        ["access", "grant", "x", "--token", "time"],
      ],
    ],
  ])("%s", async (_, age, named, commands) => {
    const home = formerHome("plain");
    age(openFormer(home));
    const before = contents(home, named);
    for (const args of [...commands, ["doctor"], ["doctor", "--repair"]]) {
      const { exitCode, stderr, stdout } = await home.fob(args);
      expect(stdout + stderr).toContain(`${named} was written by a newer fob`);
      expect(stdout + stderr).not.toMatch(/--repair` (?:makes|ends)|^\s+at /m);
      if (args[0] !== "doctor") expect({ args, exitCode }).toEqual({ args, exitCode: 6 });
      expect({ args, files: contents(home, named) }).toEqual({ args, files: before });
    }
  });
});

test("a field of a token that this fob does not know stays with it", async () => {
  const home = formerHome("plain");
  const vault = openFormer(home);
  const id = vault.findExactly("time")?.id ?? "";
  rewrite(vault.tokenCell(id), (json) => ({
    ...json,
    mood: "fine",
    token: { ...(json["token"] as object), colour: "red" },
  }));
  await ok(home, ["rename", "time", "clock"]);
  await ok(home, ["remove", "clock", "--yes"]);
  await ok(home, ["restore", "clock"]);
  expect(vault.read(id)).toMatchObject({ mood: "fine", token: { colour: "red", name: "clock" } });
  const checks = JSON.parse((await home.fob(["doctor", "--json"])).stdout);
  expect(checks).toContainEqual(expect.objectContaining({ check: "index", status: "ok" }));
});
