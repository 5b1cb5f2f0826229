import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { lifeHere, startOf } from "#base/processes.ts";
import { until } from "../waiting.ts";
import { type TestHome, TOTP_URI } from "./fob.ts";
import { namesOf, ok, twoHomes } from "./two-homes.ts";

let held: TestHome[] = [];

afterEach(async () => {
  for (const { fob } of held) await fob(["lock"]);
  held = [];
});

/** Two homes; the agent of the desktop is to synchronise. */
async function twoWithSetting() {
  const homes = await twoHomes([TOTP_URI]);
  held.push(homes.desktop);
  await ok(homes.desktop, ["config", "set", "sync.every", "15m"]);
  return homes;
}

const failureOf = async (home: TestHome) => (await ok(home, ["sync", "status"])).failure;

test("an agent takes over what is new where the setting says so", async () => {
  const { laptop, desktop } = await twoWithSetting();
  await ok(laptop, ["rename", "Example", "work"]);
  await ok(laptop, ["sync"]);
  await ok(desktop, ["unlock"]);
  await until("the new name", async () => (await namesOf(desktop))[0] === "work");
});

test("a remote that is away is told by the status, until it is there again", async () => {
  const { desktop, remote } = await twoWithSetting();
  renameSync(remote, `${remote}.away`);
  await ok(desktop, ["unlock"]);
  await until("the failure", async () => (await failureOf(desktop)) !== null);
  expect(await failureOf(desktop)).toMatchObject({ code: "unavailable" });
  const { stdout } = await desktop.fob(["sync", "status"]);
  expect(stdout).toMatch(/^the last attempt failed: \d.*, the remote cannot be reached/m);
  renameSync(`${remote}.away`, remote);
  await ok(desktop, ["sync"]);
  expect(await failureOf(desktop)).toBeNull();
});

test("a remote that hangs holds up no passcode, nobody is asked, and lock ends git", async () => {
  const { desktop } = await twoWithSetting();
  const hung = join(desktop.home, "hung");
  const ssh = join(desktop.home, "ssh");
  writeFileSync(
    ssh,
    `#!/bin/sh
printf %s "$GIT_ASKPASS$GIT_TERMINAL_PROMPT$SSH_ASKPASS_REQUIRE" > '${hung}.asks'
echo $$ > '${hung}.part'; mv '${hung}.part' '${hung}'; exec tail -f /dev/null
`,
  );
  chmodSync(ssh, 0o755);
  const env = { GIT_SSH_COMMAND: ssh, GIT_ASKPASS: "/usr/bin/false" };
  // the address that every round sets
  execFileSync("git", ["config", "--file", join(desktop.home, ".gitconfig"), ...REWRITE]);
  expect(await desktop.fob(["unlock"], { env })).toMatchObject({ exitCode: 0 });
  await until("ssh", () => existsSync(hung));
  expect((await desktop.fob(["code", "Example", "--at", "@59"])).stdout).toBe("94287082\n");
  expect(readFileSync(`${hung}.asks`, "utf8")).toBe("0never");
  const pid = Number(readFileSync(hung, "utf8"));
  const running = { pid, started: startOf(pid) ?? "" };
  expect(lifeHere(running)).toBe("running");
  await ok(desktop, ["lock"]);
  await until("the end of ssh", () => lifeHere(running) === "dead");
});

/** Every absolute path is one on a host that ssh reaches. */
const REWRITE = ["url.ssh://host.invalid/.insteadOf", "/"];
