import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { filesBelow, RFC_CODES, RFC_SECRET, type TestHome, TOTP_URI, testHome } from "./fob.ts";
import { violations } from "./schemas.ts";
import { enroll, letJoin, namesOf, ok, twoHomes } from "./two-homes.ts";

const HOTP_URI = `otpauth://hotp/Count:ann?secret=${RFC_SECRET}&issuer=Count&counter=3`;

/** A copy of a home as it is now. */
function copyOf({ home }: TestHome): TestHome {
  const copy = testHome();
  cpSync(home, copy.home, { recursive: true });
  return copy;
}

/** Puts a home back to what a copy of it is. */
function putBack({ home }: TestHome, copy: TestHome): void {
  rmSync(home, { recursive: true });
  cpSync(copy.home, home, { recursive: true });
}

const codeOf = async (home: TestHome) => (await home.fob(["code", "Count"])).stdout.trim();

test("of two copies of one home, one is refused, and becomes a device of its own", async () => {
  const { laptop, desktop } = await twoHomes([TOTP_URI, HOTP_URI]);
  await ok(laptop, ["sync", "move", "Count", "desktop"]);
  for (const home of [desktop, laptop, desktop, laptop]) await ok(home, ["sync"]);
  const twin = copyOf(desktop);
  // neither has anything to send, but for the copy being one
  expect(await ok(twin, ["sync"])).toMatchObject({ sent: true, added: [], removed: [] });
  expect(await ok(twin, ["sync"])).toMatchObject({ sent: false });
  for (let i = 0; i < 2; i++) {
    const refused = await desktop.fob(["sync"]);
    expect(refused).toMatchObject({ exitCode: 4, stdout: "" });
    expect(refused.stderr).toContain("another copy of this home synchronises as desktop");
    expect(refused.stderr).toContain("fob sync leave --local");
  }
  await ok(laptop, ["sync"]);
  await ok(desktop, ["sync", "leave", "--local", "--yes"]);
  await letJoin(laptop, desktop, "other");
  expect(await namesOf(desktop)).toEqual(["Example"]);
  expect(await namesOf(twin)).toEqual(["Count", "Example"]);
  expect(await ok(twin, ["sync"])).toMatchObject({ added: [], removed: [] });
});

test("what an older copy of a home has again is taken away by name, and counts on when it returns", async () => {
  const { laptop, desktop } = await twoHomes([HOTP_URI]);
  const older = copyOf(laptop);
  await ok(laptop, ["sync", "move", "Count", "desktop"]);
  for (const home of [desktop, laptop, desktop]) await ok(home, ["sync"]);
  expect(await codeOf(desktop)).toBe(RFC_CODES[3]);
  putBack(laptop, older);
  expect(await laptop.fob(["sync"])).toMatchObject({ exitCode: 4 });
  const report = await ok(laptop, ["sync", "--restored"]);
  expect(violations("sync", report)).toEqual([]);
  expect(report).toMatchObject({
    removed: ["Count"],
    doubled: [],
    elsewhere: [{ name: "Count", device: "desktop" }],
  });
  expect(await namesOf(laptop)).toEqual([]);
  // it can be restored, and goes again
  const restored = await laptop.fob(["restore", "Count"]);
  expect(restored).toMatchObject({ exitCode: 0 });
  expect(restored.stderr).toContain("Count was handed over to desktop: both give the same");
  const again = await laptop.fob(["sync"]);
  expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("removed: Count") });
  expect(again.stderr).toContain("Count was handed over to desktop");
  expect(await ok(laptop, ["sync"])).toMatchObject({ removed: [], elsewhere: [], sent: false });
  await ok(desktop, ["sync", "move", "Count", "laptop"]);
  for (const home of [laptop, desktop, laptop]) await ok(home, ["sync"]);
  expect(await namesOf(desktop)).toEqual([]);
  expect(await codeOf(laptop)).toBe(RFC_CODES[4]);
});

test("a secret that counts on two devices is named, does not move, and becomes one token", async () => {
  const { laptop, desktop } = await twoHomes([HOTP_URI]);
  await ok(laptop, ["sync", "move", "Count", "desktop"]);
  for (const home of [desktop, laptop, desktop]) await ok(home, ["sync"]);
  expect(await codeOf(desktop)).toBe(RFC_CODES[3]);
  await enroll(laptop, HOTP_URI);
  const said = await laptop.fob(["sync"]);
  expect(said.stderr).toContain("Count has the secret of a token of desktop");
  expect(await ok(laptop, ["sync"])).toMatchObject({
    doubled: [{ name: "Count", device: "desktop" }],
  });
  const refused = await laptop.fob(["sync", "move", "Count", "desktop"]);
  expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
  expect(refused.stderr).toContain("another device has the secret of Count");
  await ok(desktop, ["sync", "move", "Count", "laptop"]);
  for (const home of [laptop, desktop, laptop]) await ok(home, ["sync"]);
  expect(await namesOf(laptop)).toEqual(["Count"]);
  expect(await codeOf(laptop)).toBe(RFC_CODES[4]);
  // and leaves as a whole
  await ok(laptop, ["sync", "move", "Count", "desktop"]);
  for (const home of [desktop, laptop, desktop]) await ok(home, ["sync"]);
  expect(await namesOf(laptop)).toEqual([]);
  expect(await codeOf(desktop)).toBe(RFC_CODES[5]);
  // a device that is no member counts no more
  await ok(laptop, ["sync", "remove", "desktop", "--yes"]);
  await enroll(laptop, HOTP_URI);
  expect(await ok(laptop, ["sync"])).toMatchObject({ doubled: [] });
  const phone = testHome();
  await letJoin(laptop, phone, "phone");
  expect(await ok(laptop, ["sync", "move", "Count", "phone"])).toMatchObject({ device: "phone" });
});

test("what counts on two devices and was never handed over is named on both", async () => {
  const { laptop, desktop } = await twoHomes([HOTP_URI, TOTP_URI]);
  // with a PIN from the beginning, nobody can compare the secret
  await ok(laptop, ["sync"]);
  const pin = { FOB_PIN: "748291" };
  await laptop.fob(["pin", "set", "Count"], { env: pin });
  await enroll(desktop, HOTP_URI.replaceAll("Count", "Other"));
  const [here, there] = [
    { name: "Count", device: "desktop" },
    { name: "Other", device: "laptop" },
  ];
  expect(await ok(desktop, ["sync"])).toMatchObject({ doubled: [there], sent: true });
  expect(await ok(laptop, ["sync"])).toMatchObject({ doubled: [here] });
  for (const home of [laptop, desktop])
    expect(await ok(home, ["sync"])).toMatchObject({ sent: false });
  const status = await laptop.fob(["sync", "status"]);
  expect(status.stdout).toContain("counts on two devices: Count, on desktop too");
  expect(violations("sync-status", await ok(laptop, ["sync", "status"]))).toEqual([]);
  const checks = await laptop.fob(["doctor", "--json"]);
  expect(JSON.parse(checks.stdout)).toContainEqual(
    expect.objectContaining({ check: "sync", status: "warning" }),
  );
  await ok(desktop, ["remove", "Other", "--yes"]);
  for (const home of [desktop, laptop])
    expect(await ok(home, ["sync"])).toMatchObject({ doubled: [] });
});

test("a copy of a home that becomes a device of its own names what counts in both, also behind a PIN", async () => {
  const { laptop, desktop } = await twoHomes([TOTP_URI, HOTP_URI]);
  await laptop.fob(["pin", "set", "Count"], { env: { FOB_PIN: "748291" } });
  const copy = copyOf(laptop);
  await ok(copy, ["sync", "leave", "--local", "--yes"]);
  await letJoin(desktop, copy, "copy");
  await ok(laptop, ["sync"]);
  for (const [home, device] of [
    [copy, "laptop"],
    [laptop, "copy"],
  ] as const)
    expect(await ok(home, ["sync"])).toMatchObject({ doubled: [{ name: "Count", device }] });
});

test("a damaged copy of the repository is made anew, with what was never sent", async () => {
  const { laptop, desktop, remote } = await twoHomes([TOTP_URI]);
  await ok(laptop, ["rename", "Example", "work"]);
  // the repository takes nothing: the change is ready to be sent
  const setting = ["receive.hideRefs", "refs/heads/fob"];
  execFileSync("git", ["--git-dir", remote, "config", ...setting]);
  expect(await laptop.fob(["sync"])).toMatchObject({ exitCode: 8 });
  execFileSync("git", ["--git-dir", remote, "config", "--unset", ...setting]);
  for (const file of filesBelow(join(laptop.home, "sync/objects"))) {
    rmSync(file);
    writeFileSync(file, "");
  }
  const mended = await laptop.fob(["sync"]);
  expect(mended).toMatchObject({ exitCode: 0 });
  expect(mended.stderr).toContain("was damaged, and was made anew");
  expect(await ok(desktop, ["sync"])).toMatchObject({ changed: ["work"] });
  rmSync(join(laptop.home, "sync"), { recursive: true });
  expect(await ok(laptop, ["sync"])).toMatchObject({ sent: false, added: [], removed: [] });
});

test("what is known of the synchronisation may be damaged: doctor says so, and it can be left", async () => {
  const { laptop, desktop } = await twoHomes([TOTP_URI]);
  const checkOf = async (home: TestHome, args: readonly string[] = []) => {
    const checks = JSON.parse((await home.fob(["doctor", "--json", ...args])).stdout);
    return checks.find(({ check }: { check: string }) => check === "sync");
  };
  expect(await checkOf(desktop)).toMatchObject({ status: "ok" });
  for (const home of [desktop, laptop]) {
    const folder = join(home.home, "vault/sync");
    for (const name of readdirSync(folder)) writeFileSync(join(folder, name), "rubbish");
  }
  const refused = await desktop.fob(["sync"]);
  expect(refused).toMatchObject({ exitCode: 6 });
  expect(refused.stderr).toContain("fob sync leave --local");
  expect(await checkOf(desktop)).toMatchObject({ status: "failed" });
  expect(await ok(desktop, ["sync", "leave", "--local", "--yes"])).toMatchObject({ told: false });
  expect(existsSync(join(desktop.home, "sync"))).toBe(false);
  expect(await checkOf(desktop)).toBeUndefined();
  expect(await checkOf(laptop, ["--repair"])).toMatchObject({ status: "warning" });
  expect(await checkOf(laptop)).toBeUndefined();
  for (const home of [desktop, laptop]) expect(await namesOf(home)).toEqual(["Example"]);
});

test("the last failure is a warning of doctor", async () => {
  const home = testHome();
  const remote = join(home.home, "tokens.git");
  onTestFinished(() => rmSync(remote, { recursive: true, force: true }));
  await enroll(home, TOTP_URI);
  await ok(home, ["sync", "init", remote, "--name", "laptop"]);
  rmSync(remote, { recursive: true });
  expect(await home.fob(["sync"])).toMatchObject({ exitCode: 8 });
  const checks = JSON.parse((await home.fob(["doctor", "--json"])).stdout);
  expect(checks).toContainEqual(
    expect.objectContaining({
      check: "sync",
      status: "warning",
      message: expect.stringContaining("cannot be reached"),
    }),
  );
});
