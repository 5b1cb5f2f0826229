import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, onTestFinished, test } from "vitest";
import { describeWith } from "../requires.ts";
import { FOB, filesBelow, RFC_CODES, RFC_SECRET, TOTP_URI, testHome } from "./fob.ts";
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

  test("a PIN that was set since a token was offered keeps it here, and goes with it later", async () => {
    const { laptop, desktop } = await twoHomes([HOTP_URI]);
    const env = { FOB_PIN: "748291" };
    await ok(laptop, ["sync", "move", "Count", "desktop"]);
    await ok(desktop, ["sync"]);
    expect((await laptop.fob(["pin", "set", "Count"], { env })).exitCode).toBe(0);
    const kept = await laptop.fob(["sync"]);
    expect(kept.stderr).toContain("Count stays, because it has got a PIN");
    for (const home of [desktop, laptop]) await ok(home, ["sync"]);
    expect(await namesOf(desktop)).toEqual([]);
    expect((await laptop.fob(["code", "Count"], { env })).stdout).toBe(`${RFC_CODES[3]}\n`);
    const offered = await laptop.fob(["sync", "move", "Count", "desktop"], { env });
    expect(offered).toMatchObject({ exitCode: 0 });
    for (const home of [desktop, laptop]) await ok(home, ["sync"]);
    expect(await ok(desktop, ["sync"])).toMatchObject({ waiting: ["Count"] });
    await desktop.fob(["sync", "--set-pins"], { env: { FOB_PIN: "915273" } });
    const given = await desktop.fob(["code", "Count"], { env: { FOB_PIN: "915273" } });
    expect(given.stdout).toBe(`${RFC_CODES[4]}\n`);
  });

  test.each([
    ["offered", []],
    ["accepted", ["desktop"]],
  ] as const)(
    "a token that was %s and is removed here goes nowhere, and can be restored",
    async (_, rounds) => {
      const { laptop, desktop } = await twoHomes([HOTP_URI]);
      await ok(laptop, ["sync", "move", "Count", "desktop"]);
      for (const home of rounds) await ok({ desktop }[home], ["sync"]);
      await ok(laptop, ["remove", "Count", "--yes"]);
      for (const home of [laptop, desktop, laptop, desktop, laptop]) await ok(home, ["sync"]);
      expect(await namesOf(desktop)).toEqual([]);
      await ok(laptop, ["restore", "Count"]);
      for (const home of [laptop, desktop]) await ok(home, ["sync"]);
      expect((await laptop.fob(["code", "Count"])).stdout).toBe(`${RFC_CODES[3]}\n`);
      await ok(laptop, ["sync", "move", "Count", "desktop"]);
      for (const home of [desktop, laptop, desktop]) await ok(home, ["sync"]);
      expect((await desktop.fob(["code", "Count"])).stdout).toBe(`${RFC_CODES[4]}\n`);
    },
  );

  test("a token on its way to a device that left without a word comes back", async () => {
    const { laptop, desktop } = await twoHomes([HOTP_URI]);
    await ok(laptop, ["sync", "move", "Count", "desktop"]);
    for (const home of [desktop, laptop]) await ok(home, ["sync"]);
    const left = await desktop.fob(["sync", "leave", "--local", "--yes"]);
    expect(left.stderr).toContain("`fob sync remove desktop` on laptop keeps it there");
    const status = await laptop.fob(["sync", "status"]);
    expect(status.stderr).toContain("`fob sync remove desktop` brings it back");
    const removed = await laptop.fob(["sync", "remove", "desktop", "--yes"]);
    expect(removed.stderr).toContain("Count was on its way to desktop, and is here again");
    expect(await namesOf(laptop)).toEqual(["Count"]);
  });

  /** Lets the repository take nothing for a while. */
  async function whileRefused(remote: string, work: () => Promise<void>): Promise<void> {
    const config = (...args: readonly string[]) =>
      execFileSync("git", ["--git-dir", remote, "config", ...args]);
    config("receive.maxInputSize", "1");
    await work();
    config("--unset", "receive.maxInputSize");
  }

  test("a token that arrives is stored once the others can see that it has", async () => {
    const { laptop, desktop, remote } = await twoHomes([HOTP_URI]);
    await ok(laptop, ["sync", "move", "Count", "desktop"]);
    for (const home of [desktop, laptop]) await ok(home, ["sync"]);
    await whileRefused(remote, async () => {
      expect(await desktop.fob(["sync"])).toMatchObject({ exitCode: 8 });
      expect(await namesOf(desktop)).toEqual([]);
      expect(await ok(desktop, ["sync", "status"])).toMatchObject({
        moves: [{ name: "Count", device: "desktop", step: "released" }],
      });
    });
    await ok(laptop, ["sync", "remove", "desktop", "--yes"]);
    expect(await namesOf(laptop)).toEqual(["Count"]);
    expect(await desktop.fob(["sync"])).toMatchObject({ exitCode: 4 });
    expect(await namesOf(desktop)).toEqual([]);
  });

  test("who leaves is told of what it was to hand over, and can restore what never went", async () => {
    const { laptop, desktop, remote } = await twoHomes([HOTP_URI]);
    await ok(laptop, ["sync", "move", "Count", "desktop"]);
    await ok(desktop, ["sync"]);
    await whileRefused(remote, async () => {
      expect(await laptop.fob(["sync"])).toMatchObject({ exitCode: 8 });
    });
    const left = await laptop.fob(["sync", "leave", "--local", "--yes"]);
    expect(left.stdout).toBe(`left ${remote}\n`);
    expect(left.stderr).toContain("Count is not here any more: it was to go to desktop");
    await ok(laptop, ["restore", "Count"]);
    expect((await laptop.fob(["code", "Count"])).stdout).toBe(`${RFC_CODES[3]}\n`);
  });

  test("a move ends where its owner leaves with the token", async () => {
    const { laptop, desktop } = await twoHomes([HOTP_URI]);
    await ok(laptop, ["sync", "move", "Count", "desktop"]);
    await ok(desktop, ["sync"]);
    await ok(laptop, ["sync", "leave", "--yes"]);
    const said = await desktop.fob(["sync"]);
    expect(said.stderr).toContain("Count does not come");
    expect(await ok(desktop, ["sync", "status"])).toMatchObject({ moves: [] });
    expect((await desktop.fob(["sync", "leave", "--local", "--yes"])).stderr).toBe("");
    expect(await namesOf(laptop)).toEqual(["Count"]);
  });

  test("a token whose secret is shared under another name says how it is called now", async () => {
    const { laptop, desktop } = await twoHomes([TOTP_URI]);
    await enroll(laptop, OTHER_URI.replace(/Planted/g, "Zed"));
    await enroll(desktop, OTHER_URI);
    await ok(laptop, ["sync", "add", "Zed-issuer"]);
    const added = await desktop.fob(["sync", "add", "Planted-issuer"]);
    const [name] = (await namesOf(desktop)).filter((one) => one !== "Example");
    expect(added.stdout).toBe(`shared ${name}\n`);
    const renamed = "Planted-issuer is called Zed-issuer from now on\n";
    expect(added.stderr.includes(renamed)).toBe(name === "Zed-issuer");
  });

  test("two secrets for one account are told on both devices", async () => {
    const { laptop, desktop } = await twoHomes([TOTP_URI]);
    for (const [home, key] of [
      [laptop, "A"],
      [desktop, "B"],
    ] as const)
      await enroll(home, `otpauth://totp/Shop:ann?secret=${key.repeat(32)}&issuer=Shop`);
    const conflict = { conflicts: ["Shop"] };
    await ok(laptop, ["sync", "add", "Shop"]);
    expect(await ok(desktop, ["sync"])).toMatchObject({ conflicts: [], added: ["Shop 2"] });
    const added = await desktop.fob(["sync", "add", "Shop"]);
    expect(added.stderr).toContain("Shop has two secrets on two devices");
    expect(await ok(laptop, ["sync"])).toMatchObject(conflict);
    for (const home of [laptop, desktop]) {
      expect(await ok(home, ["sync"])).toMatchObject({ conflicts: [] });
      expect(await namesOf(home)).toEqual(["Example", "Shop", "Shop 2"]);
    }
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
    expect(await ok(desktop, ["sync", "status"])).toMatchObject({
      member: false,
      members: ["laptop"],
    });
    expect(await ok(desktop, ["sync", "members"])).toMatchObject([{ name: "laptop" }]);
    expect(await desktop.fob(["sync", "invite"])).toMatchObject({ exitCode: 4, stdout: "" });
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

describe("beginning and leaving", () => {
  test("a home without a vault is told how to begin", async () => {
    for (const args of [[], ["add", "--all"], ["status"], ["members"], ["invite"], ["leave"]])
      expect(await testHome().fob(["sync", ...args])).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining("`fob sync join` joins"),
      });
  });

  const remoteOf = ({ home }: { readonly home: string }) => join(home, "tokens.git");

  test("words that no device shows approve none, and a request that is gone was refused", async () => {
    const [laptop, desktop] = [testHome(), testHome()];
    await enroll(laptop, TOTP_URI);
    const none = async (words: string) => {
      const refused = await laptop.fob(["sync", "--approve", words]);
      expect(refused.exitCode).toBe(2);
      return refused.stderr;
    };
    await ok(laptop, ["sync", "init", remoteOf(laptop), "--name", "laptop"]);
    expect(await none("lusab-babad-gutih-tugad")).toContain("none asks");
    const { invitation } = await ok(laptop, ["sync", "invite"]);
    const elsewhere = join(desktop.home, "empty.git");
    execFileSync("git", ["init", "--quiet", "--bare", elsewhere]);
    const wrong = ["sync", "join", "-", "--remote", elsewhere];
    expect(await desktop.fob(wrong, { input: invitation })).toMatchObject({ exitCode: 3 });
    // the repository is at another place on this device
    const moved = join(desktop.home, "tokens.git");
    symlinkSync(remoteOf(laptop), moved);
    const args = ["sync", "join", "-", "--name", "desktop", "--remote", moved];
    const { words } = await ok(desktop, args, invitation);
    for (const mistyped of [words.replace(/^./, "x"), words.slice(0, 10)])
      expect(await none(mistyped)).toContain(`desktop (${words})`);
    expect(await ok(laptop, ["sync", "members"])).toHaveLength(1);
    const waiting = await desktop.fob(["sync"]);
    expect(waiting).toMatchObject({ exitCode: 8 });
    const git = (...more: readonly string[]) =>
      execFileSync("git", ["--git-dir", remoteOf(laptop), ...more]).toString();
    const [request = ""] = git("for-each-ref", "--format=%(refname)", "refs/heads/fob-join").split(
      "\n",
    );
    git("update-ref", "-d", request);
    const refused = await desktop.fob(["sync"]);
    expect(refused).toMatchObject({ exitCode: 7 });
    expect(refused.stderr).toContain("the request of this device was refused");
    expect(await ok(desktop, ["sync", "leave", "--yes"])).toMatchObject({ remote: moved });
  });

  test("a request without the invitation's secret is refused, and does not use it up", async () => {
    const [laptop, desktop] = [testHome(), testHome()];
    const remote = remoteOf(laptop);
    await enroll(laptop, TOTP_URI);
    await ok(laptop, ["sync", "init", remote, "--name", "laptop"]);
    const { invitation } = await ok(laptop, ["sync", "invite"]);
    const { id } = JSON.parse(Buffer.from(invitation.split(":")[1], "base64url").toString());
    const git = (args: readonly string[], input = "") =>
      execFileSync("git", ["--git-dir", remote, ...args], {
        input,
        env: { ...process.env, GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a", ...COMMITTER },
      })
        .toString()
        .trim();
    const file = git(["hash-object", "-w", "--stdin"], "x".repeat(512));
    const tree = git(["mktree"], `100644 blob ${file}\trequest\n`);
    const commit = git(["commit-tree", tree, "-m", "x"]);
    git(["update-ref", `refs/heads/fob-join/${id}`, commit]);
    const join = ["sync", "join", "-", "--name", "desktop"];
    expect(await desktop.fob(join, { input: invitation })).toMatchObject({ exitCode: 7 });
    const said = await laptop.fob(["sync"]);
    expect(said).toMatchObject({ exitCode: 0 });
    expect(said.stderr).toContain("not made with the secret of its invitation");
    const { words } = await ok(desktop, join, invitation);
    expect(await ok(laptop, ["sync", "--approve", words])).toMatchObject({ approved: ["desktop"] });
  });

  test("a device that leaves before it was let in takes its request back", async () => {
    const [laptop, desktop] = [testHome(), testHome()];
    await enroll(laptop, TOTP_URI);
    await ok(laptop, ["sync", "init", remoteOf(laptop), "--name", "laptop"]);
    const { invitation } = await ok(laptop, ["sync", "invite"]);
    const { words } = await ok(desktop, ["sync", "join", "-", "--name", "desktop"], invitation);
    await ok(desktop, ["sync", "leave", "--yes"]);
    expect((await laptop.fob(["sync", "--approve", words])).exitCode).toBe(2);
    expect(await ok(laptop, ["sync", "members"])).toHaveLength(1);
  });

  test("who waits with an invitation lets nobody in that has another one", async () => {
    const [laptop, desktop, other] = [testHome(), testHome(), testHome()];
    await enroll(laptop, TOTP_URI);
    await ok(laptop, ["sync", "init", remoteOf(laptop), "--name", "laptop"]);
    const { invitation: earlier } = await ok(laptop, ["sync", "invite"]);
    await ok(other, ["sync", "join", "-", "--name", "other"], earlier);
    const inviting = execa(process.execPath, [FOB, "sync", "invite", "--wait", "--yes", "--json"], {
      env: { FOB_HOME: laptop.home, FOB_KEYCHAIN: "file" },
    });
    const [first = ""] = (await once(inviting.stdout, "data")).map(String);
    const { invitation } = JSON.parse(first);
    await ok(desktop, ["sync", "join", "-", "--name", "desktop"], invitation);
    expect((await inviting).stdout).toMatch(/"approved":\s*"desktop"/);
    const members = await ok(laptop, ["sync", "members"]);
    expect(members.map(({ name }: { name: string }) => name)).toEqual(["laptop", "desktop"]);
    expect(await other.fob(["sync"])).toMatchObject({ exitCode: 8 });
  });

  test("the last device empties the repository, and one that is used is not taken", async () => {
    const laptop = testHome();
    const remote = remoteOf(laptop);
    await enroll(laptop, TOTP_URI);
    const init = ["sync", "init", remote, "--name", "laptop"];
    for (let i = 0; i < 2; i++) {
      await ok(laptop, init);
      await ok(laptop, ["sync", "add", "--all"]);
      expect((await testHome().fob(init)).stderr).toContain("holds a synchronisation already");
      const left = await ok(laptop, ["sync", "leave", "--yes"]);
      expect(left).toMatchObject({ told: true, emptied: true });
      expect(violations("sync-leave", left)).toEqual([]);
    }
    const tree = execFileSync("git", ["--git-dir", remote, "mktree"], { input: "" });
    const env = { ...process.env, GIT_AUTHOR_NAME: "a", GIT_AUTHOR_EMAIL: "a", ...COMMITTER };
    const commit = execFileSync(
      "git",
      ["--git-dir", remote, "commit-tree", String(tree).trim(), "-m", "x"],
      { env },
    );
    const update = ["update-ref", "refs/heads/main", String(commit).trim()];
    execFileSync("git", ["--git-dir", remote, ...update]);
    const refused = await laptop.fob(init);
    expect(refused).toMatchObject({ exitCode: 2 });
    expect(refused.stderr).toContain("refs/heads/main");
    // what is no repository is not taken, and stays as it is
    const file = join(laptop.home, "..", `${randomUUID()}.txt`);
    onTestFinished(() => rmSync(file, { force: true }));
    writeFileSync(file, "x");
    for (const place of [laptop.home, file]) {
      const other = await laptop.fob(["sync", "init", place]);
      expect(other).toMatchObject({ exitCode: 2, stdout: "" });
      expect(other.stderr).toContain("an empty folder, fob makes a repository");
    }
    expect(await namesOf(laptop)).toEqual(["Example"]);
  });

  test("a remote that has moved is told by its new address", async () => {
    const { laptop, desktop, remote } = await twoHomes([TOTP_URI]);
    renameSync(remote, `${remote}.new`);
    expect((await laptop.fob(["sync"])).exitCode).toBe(8);
    expect((await laptop.fob(["sync", "--remote", "https://ann:x@git.example"])).exitCode).toBe(2);
    await ok(laptop, ["rename", "Example", "work"]);
    for (const home of [laptop, desktop]) await ok(home, ["sync", "--remote", `${remote}.new`]);
    expect(await namesOf(desktop)).toEqual(["work"]);
    expect(await ok(laptop, ["sync", "status"])).toMatchObject({ remote: `${remote}.new` });
    await ok(laptop, ["sync"]);
    // an empty one is no remote that has moved
    expect((await laptop.fob(["sync", "--remote", testHome().home])).exitCode).not.toBe(0);
    expect(await ok(laptop, ["sync", "status"])).toMatchObject({ remote: `${remote}.new` });
  });

  test("a PIN source sets the PINs of tokens that arrive, where it is told to", async () => {
    const { laptop, desktop } = await twoHomes([TOTP_URI]);
    const env = { FOB_PIN: "748291" };
    const uri = `otpauth://totp/Guarded:ann?secret=${RFC_SECRET.replace("G", "A")}&issuer=Guarded`;
    await enroll(laptop, uri);
    for (const args of [
      ["pin", "set", "Guarded"],
      ["sync", "add", "Guarded"],
    ])
      expect((await laptop.fob(args, { env })).exitCode).toBe(0);
    const file = join(desktop.home, "pin");
    writeFileSync(file, "918273\n");
    await ok(desktop, ["sync", "--pin-file", file]);
    expect(await namesOf(desktop)).toEqual(["Example"]);
    await ok(desktop, ["sync", "--set-pins"]);
    expect(await namesOf(desktop)).toEqual(["Example"]);
    const set = await ok(desktop, ["sync", "--set-pins", "--pin-file", file]);
    expect(set).toMatchObject({ added: ["Guarded"], waiting: [] });
    const code = ["code", "Guarded", "--at", "@59"];
    expect((await desktop.fob(code, { env })).exitCode).toBe(4);
    const opened = await desktop.fob([...code, "--pin-file", file]);
    expect(opened).toMatchObject({ exitCode: 0 });
    expect(opened.stdout).toBe((await laptop.fob(code, { env })).stdout);
  });
});

const COMMITTER = { GIT_COMMITTER_NAME: "a", GIT_COMMITTER_EMAIL: "a" };

describeWith({ age: "age" }, "the repository", () => {
  test("shows no secret and no name; age opens a token with the recovery identity", async () => {
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
});

describeWith({ faketime: "faketime" }, "an invitation that has ended", () => {
  test("takes its request from the remote, and lets nobody in", async () => {
    const [laptop, desktop] = [testHome(), testHome()];
    const remote = join(laptop.home, "tokens.git");
    await enroll(laptop, TOTP_URI);
    await ok(laptop, ["sync", "init", remote, "--name", "laptop"]);
    const { invitation } = await ok(laptop, ["sync", "invite"]);
    await ok(desktop, ["sync", "join", "-", "--name", "desktop"], invitation);
    const requests = () =>
      execFileSync("git", ["--git-dir", remote, "for-each-ref", "refs/heads/fob-join"]).toString();
    expect(requests()).not.toBe("");
    await ok(laptop, ["sync", "invite"]);
    const env = { ...process.env, FOB_HOME: laptop.home, FOB_KEYCHAIN: "file" };
    const late = await execa("faketime", ["-f", "+20m", process.execPath, FOB, "sync"], { env });
    expect(late.stdout + late.stderr).not.toContain("desktop");
    expect(requests()).toBe("");
    expect((await desktop.fob(["sync"])).exitCode).toBe(7);
    expect(await ok(laptop, ["sync", "members"])).toHaveLength(1);
  });
});
