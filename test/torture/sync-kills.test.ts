import { execFileSync } from "node:child_process";
import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestHome, TOTP_URI } from "../e2e/fob.ts";
import { enroll, namesOf, ok, twoHomes } from "../e2e/two-homes.ts";
import { describeWith } from "../requires.ts";
import { KILLING, killAtCalls } from "./killed-at.ts";

const OTHER = "otpauth://totp/Other:bob?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Other";
const THIRD = "otpauth://totp/Third:eve?secret=KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU&issuer=Third";

describeWith({ strace: "strace", git: "git" }, "a sync that is killed", () => {
  const removals: (() => void)[] = [];
  let laptop: TestHome;
  let desktop: TestHome;
  let remote: string;
  let folders: readonly string[];

  beforeAll(async () => {
    const whenDone = (remove: () => void) => void removals.push(remove);
    ({ laptop, desktop, remote } = await twoHomes([TOTP_URI, OTHER], whenDone));
    folders = [laptop.home, remote];
    // the sync that is killed has to take over and to send every kind of change
    await ok(desktop, ["rename", "Example", "work"]);
    await ok(desktop, ["remove", "Other", "--yes"]);
    await enroll(desktop, THIRD);
    await ok(desktop, ["sync", "add", "Third"]);
    await ok(laptop, ["favorite", "Example"]);
    for (const folder of folders) cpSync(folder, `${folder}.before`, { recursive: true });
  }, 60_000);

  afterAll(() => {
    for (const folder of folders) rmSync(`${folder}.before`, { recursive: true, force: true });
    for (const remove of removals) remove();
  });

  const restore = () => {
    for (const folder of folders) {
      rmSync(folder, { recursive: true, force: true });
      cpSync(`${folder}.before`, folder, { recursive: true });
    }
  };

  /** Checks that all is whole, and that the next sync brings everything. */
  const checkRest = async () => {
    const fsck = (folder: string) =>
      execFileSync("git", ["--git-dir", folder, "fsck", "--strict"], { stdio: "pipe" });
    fsck(remote);
    if (existsSync(join(laptop.home, "sync"))) fsck(join(laptop.home, "sync"));
    expect((await laptop.fob(["list"])).exitCode).toBe(0);
    await ok(laptop, ["sync"]);
    expect([...(await namesOf(laptop))].sort()).toEqual(["Third", "work"]);
    const [listed] = (await ok(laptop, ["list"])).filter(
      ({ name }: { name: string }) => name === "work",
    );
    expect(listed.favorite).toBe(true);
    expect(await ok(laptop, ["sync"])).toMatchObject({ sent: false, added: [], changed: [] });
  };

  for (const [what, inAll] of [
    ["itself", false],
    ["with its children", true],
  ] as const) {
    test(
      `${what}, at any system call, leaves all whole, and the next one completes`,
      KILLING,
      async () => {
        const sync = { home: laptop.home, args: ["sync"], inAll };
        const kills = await killAtCalls(sync, 40, { restore, check: checkRest });
        expect(kills).toBeGreaterThan(1);
      },
    );
  }
});
