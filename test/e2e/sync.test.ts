import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { filesBelow, RFC_CODES, RFC_SECRET, TOTP_URI, testHome } from "./fob.ts";
import { violations } from "./schemas.ts";
import { enroll, letJoin, namesOf, ok, twoHomes } from "./two-homes.ts";

const OTHER_URI =
  "otpauth://totp/Planted-issuer:planted-account?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Planted-issuer";
const HOTP_URI = `otpauth://hotp/Count:ann?secret=${RFC_SECRET}&issuer=Count&counter=3`;

describe("two homes", () => {
  test("have the same tokens, names and removals, and give the same passcodes", async () => {
    const { laptop, desktop } = await twoHomes([TOTP_URI, OTHER_URI]);
    expect(await namesOf(desktop)).toEqual(["Example", "Planted-issuer"]);
    expect((await desktop.fob(["code", "Example", "--at", "@59"])).stdout).toBe("94287082\n");
    await ok(desktop, ["rename", "Example", "work"]);
    await ok(laptop, ["remove", "Planted-issuer", "--yes"]);
    await ok(laptop, ["sync"]);
    expect(await ok(desktop, ["sync"])).toMatchObject({ removed: ["Planted-issuer"] });
    expect(await ok(laptop, ["sync"])).toMatchObject({ changed: ["work"] });
    for (const home of [laptop, desktop]) expect(await namesOf(home)).toEqual(["work"]);
    expect(await ok(laptop, ["sync"])).toMatchObject({ sent: false, changed: [] });
    await ok(laptop, ["restore", "Planted-issuer"]);
    await ok(laptop, ["sync"]);
    await ok(desktop, ["sync"]);
    expect(await namesOf(desktop)).toEqual(["Planted-issuer", "work"]);
  });

  test("never have an event-based token at once, and it counts on", async () => {
    const { laptop, desktop } = await twoHomes([TOTP_URI, HOTP_URI]);
    expect(await namesOf(desktop)).toEqual(["Example"]);
    expect((await laptop.fob(["sync", "add", "Count"])).exitCode).toBe(2);
    expect((await laptop.fob(["sync", "add", "--tag", "work"])).exitCode).toBe(3);
    await laptop.fob(["tag", "Count", "work"]);
    expect(await ok(laptop, ["sync", "add", "--tag", "work"])).toEqual([]);
    const offered = await ok(laptop, ["sync", "move", "Count", "desktop"]);
    expect(violations("sync-move", offered)).toEqual([]);
    await ok(desktop, ["sync"]);
    expect(await namesOf(desktop)).toEqual(["Example"]);
    expect((await laptop.fob(["code", "Count"])).stdout).toBe(`${RFC_CODES[3]}\n`);
    expect(await ok(laptop, ["sync"])).toMatchObject({ left: ["Count"] });
    expect(await namesOf(laptop)).toEqual(["Example"]);
    await ok(desktop, ["sync"]);
    expect((await desktop.fob(["code", "Count"])).stdout).toBe(`${RFC_CODES[4]}\n`);
    await ok(laptop, ["sync"]);
    expect((await laptop.fob(["restore", "Count"])).exitCode).toBe(3);
  });

  test.each([
    ["offered", []],
    ["accepted", ["desktop"]],
    ["released", ["desktop", "laptop"]],
  ] as const)("a token that was %s stays when its receiver is removed", async (_, rounds) => {
    const { laptop, desktop } = await twoHomes([HOTP_URI]);
    await ok(laptop, ["sync", "move", "Count", "desktop"]);
    for (const home of rounds) await ok({ laptop, desktop }[home], ["sync"]);
    await ok(laptop, ["sync", "remove", "desktop", "--yes"]);
    await ok(laptop, ["sync"]);
    expect((await laptop.fob(["code", "Count"])).stdout).toBe(`${RFC_CODES[3]}\n`);
    const phone = testHome();
    await letJoin(laptop, phone, "phone");
    await ok(laptop, ["sync", "move", "Count", "phone"]);
    for (const home of [phone, laptop, phone]) await ok(home, ["sync"]);
    expect(await namesOf(laptop)).toEqual([]);
    expect((await phone.fob(["code", "Count"])).stdout).toBe(`${RFC_CODES[4]}\n`);
  });

  test("a token that is on its way goes into no chip of this device", async () => {
    const { laptop } = await twoHomes([HOTP_URI]);
    await ok(laptop, ["sync", "move", "Count", "desktop"]);
    expect(await laptop.fob(["hold", "Count", "tpm", "--yes"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("Count is on its way to another device"),
    });
  });

  test("a token whose holder was removed stays where a person restores it", async () => {
    const { laptop, desktop } = await twoHomes([HOTP_URI]);
    const file = join(laptop.home, "..", `${randomUUID()}.backup`);
    onTestFinished(() => rmSync(file, { force: true }));
    const env = { FOB_PIN: "correct horse battery" };
    expect((await laptop.fob(["backup", file], { env })).exitCode).toBe(0);
    await ok(laptop, ["sync", "move", "Count", "desktop"]);
    for (const home of [desktop, laptop, desktop]) await ok(home, ["sync"]);
    const removed = await ok(laptop, ["sync", "remove", "desktop", "--yes"]);
    expect(removed.tokens).toEqual(["Count"]);
    expect((await laptop.fob(["restore", file], { env })).exitCode).toBe(0);
    for (let i = 0; i < 2; i++) await ok(laptop, ["sync"]);
    expect(await namesOf(laptop)).toEqual(["Count"]);
  });

  test("a device leaves when what it gave away has arrived", async () => {
    const { laptop, desktop } = await twoHomes([HOTP_URI]);
    await ok(laptop, ["sync", "move", "Count", "desktop"]);
    for (const home of [desktop, laptop]) await ok(home, ["sync"]);
    const refused = await laptop.fob(["sync", "leave", "--yes"]);
    expect(refused).toMatchObject({ exitCode: 4 });
    expect(refused.stderr).toContain("Count is on its way to desktop");
    for (const home of [desktop, laptop]) await ok(home, ["sync"]);
    await ok(laptop, ["sync", "leave", "--yes"]);
    expect(await namesOf(desktop)).toEqual(["Count"]);
  });

  test("have the same notes, of which the later one wins, also behind a PIN", async () => {
    const { laptop, desktop } = await twoHomes([TOTP_URI]);
    const noteOf = async (home: typeof laptop, env = {}) =>
      JSON.parse((await home.fob(["show", "Example", "--note", "--json"], { env })).stdout).note;
    const exchange = async () => {
      for (const home of [laptop, desktop, laptop]) await ok(home, ["sync"]);
    };
    await ok(laptop, ["note", "Example", "first"]);
    await exchange();
    expect(await noteOf(desktop)).toBe("first");
    // the desktop's comes later, by the logical time
    await ok(desktop, ["note", "Example", "second"]);
    await ok(desktop, ["sync"]);
    await ok(laptop, ["sync"]);
    expect(await noteOf(laptop)).toBe("second");
    expect(await ok(laptop, ["sync"])).toMatchObject({ sent: false, changed: [] });
    const pin = { FOB_PIN: "748291" };
    expect((await desktop.fob(["pin", "set", "Example"], { env: pin })).exitCode).toBe(0);
    await ok(laptop, ["note", "Example", "x".repeat(65_536)]);
    await exchange();
    expect((await desktop.fob(["show", "Example", "--note"])).exitCode).toBe(5);
    expect(await noteOf(desktop, pin)).toHaveLength(65_536);
    await ok(laptop, ["note", "Example", "--remove"]);
    await exchange();
    expect(await noteOf(desktop, pin)).toBeNull();
  });

  test("never have recovery codes at once: they go with a token that is handed over", async () => {
    const { laptop, desktop } = await twoHomes([TOTP_URI, HOTP_URI]);
    const codes = "a1b2c-d3e4f\nb1b2c-d3e4f\nc1b2c-d3e4f\n";
    for (const name of ["Example", "Count"])
      await laptop.fob(["codes", "add", name, "-"], { input: codes });
    await ok(laptop, ["note", "Count", "of the door"]);
    expect((await laptop.fob(["codes", "Count"])).stdout).toBe("a1b2c-d3e4f\n");
    await ok(laptop, ["sync", "move", "Count", "desktop"]);
    await ok(desktop, ["sync"]);
    expect((await laptop.fob(["codes", "Count"])).stdout).toBe("b1b2c-d3e4f\n");
    expect(await ok(desktop, ["codes", "list"])).toEqual([]);
    await ok(laptop, ["sync"]);
    await ok(desktop, ["sync"]);
    expect(await ok(desktop, ["codes", "list"])).toMatchObject([
      { name: "Count", left: 1, total: 3 },
    ]);
    expect(await ok(laptop, ["codes", "list"])).toMatchObject([{ name: "Example", left: 3 }]);
    expect((await desktop.fob(["codes", "Count"])).stdout).toBe("c1b2c-d3e4f\n");
    expect((await desktop.fob(["show", "Count", "--note"])).stdout).toContain("of the door");
    for (const home of [laptop, desktop]) await ok(home, ["sync"]);
    expect((await desktop.fob(["codes", "Count"])).exitCode).toBe(3);
  });

  test("a removed device gets nothing new, is told so, and can leave", async () => {
    const { laptop, desktop, remote } = await twoHomes([TOTP_URI]);
    const removed = await ok(laptop, ["sync", "remove", "desktop", "--yes"]);
    expect(violations("sync-remove", removed)).toEqual([]);
    expect(removed.tokens).toEqual(["Example"]);
    await enroll(laptop, OTHER_URI);
    await ok(laptop, ["sync", "add", "Planted-issuer"]);
    const refused = await desktop.fob(["sync"]);
    expect(refused).toMatchObject({ exitCode: 4 });
    expect(refused.stderr).toContain("was removed");
    expect(await namesOf(desktop)).toEqual(["Example"]);
    expect(await ok(desktop, ["sync", "leave", "--yes"])).toMatchObject({ told: false, remote });
    expect(existsSync(join(desktop.home, "sync"))).toBe(false);
  });

  test("a remote that is away is exit code 8, and changes nothing", async () => {
    const { laptop, remote } = await twoHomes([TOTP_URI]);
    rmSync(remote, { recursive: true });
    await ok(laptop, ["rename", "Example", "work"]);
    expect(await laptop.fob(["sync"])).toMatchObject({ exitCode: 8, stdout: "" });
    expect(await namesOf(laptop)).toEqual(["work"]);
    expect((await laptop.fob(["code", "work"])).exitCode).toBe(0);
  });
});

test("the repository shows no secret and no name; age opens a token with the recovery identity", async () => {
  const { laptop, remote, recoveryIdentity } = await twoHomes([TOTP_URI, OTHER_URI]);
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["--git-dir", remote, ...args], { maxBuffer: 1 << 26 });
  const objects = git(
    "cat-file",
    "--batch-all-objects",
    "--batch-check=%(objectname) %(objecttype)",
  )
    .toString()
    .trim()
    .split("\n");
  const contents = objects.map((line) => {
    const [id = "", type = ""] = line.split(" ");
    return git("cat-file", type, id).toString("latin1");
  });
  const branches = git("for-each-ref").toString();
  const everything = [...contents, branches].join("\n");
  for (const planted of ["Planted", "Example", "laptop", "desktop", RFC_SECRET, "JBSWY3DP"])
    expect(everything.includes(planted), planted).toBe(false);
  const tree = git(
    "ls-tree",
    "-r",
    "--name-only",
    git("for-each-ref", "--format=%(objectname)").toString().split("\n")[0] ?? "",
  );
  expect(tree.toString()).toMatch(/^head\.age\n(?:tokens\/[0-9a-f]{32}\.age\n)+$/);
  const key = join(laptop.home, "recovery.txt");
  writeFileSync(key, `${recoveryIdentity}\n`);
  const sealed = contents.filter((content) => content.startsWith("age-encryption.org"));
  const opened = sealed.map((content) =>
    execFileSync("age", ["-d", "-i", key], { input: Buffer.from(content, "latin1") }).toString(),
  );
  const names = opened
    .map((text) => JSON.parse(text))
    .filter(({ format }) => format === "fob-sync-token")
    .map(({ body }) => body.fields.name.value);
  expect(new Set(names)).toEqual(new Set(["Example", "Planted-issuer"]));
  for (const text of opened) expect(Buffer.byteLength(text) % 512).toBe(0);
  for (const file of filesBelow(join(laptop.home, "sync")))
    expect(readFileSync(file, "latin1").includes(RFC_SECRET)).toBe(false);
});
