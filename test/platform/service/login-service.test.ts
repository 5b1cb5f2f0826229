import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { linkIn } from "#platform/agent/agent-socket.ts";
import { defaultHome } from "#platform/paths.ts";
import { loginService } from "#platform/service/login-service.ts";
import { describeWith } from "../../requires.ts";

function userHome(): string {
  const folder = mkdtempSync(join(tmpdir(), "fob-login-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The service of a system whose programs are these scripts, in a home of its own. */
function serviceOf(platform: NodeJS.Platform, home = userHome()) {
  const env = { HOME: home, APPDATA: join(home, "Roaming"), PATH: "/nonexistent" };
  return loginService(platform, {
    home: join(home, "R&D <vault> 100%"),
    folder: "/opt/fob/dist",
    env,
  });
}

/** What tells a home that is not the usual one apart from others of the same user. */
function partFor(home: string): string {
  return basename(linkIn("", join(home, "R&D <vault> 100%"))).slice(0, 8);
}

/** The files that the service of a home writes. */
function filesOf(platform: NodeJS.Platform, user: string, home: string): string[] {
  const env = { HOME: user, APPDATA: join(user, "Roaming"), PATH: "/nonexistent" };
  const { steps } = loginService(platform, {
    home,
    folder: "/opt/fob/dist",
    env,
  }).planInstallation();
  return steps.flatMap(({ action, target }) => (action === "write" ? [basename(target)] : []));
}

test.each([
  ["linux", ["fob-agent.socket", "fob-agent.service"]],
  ["darwin", ["fob.agent.plist"]],
  ["win32", ["fob-agent.cmd"]],
] as const)(
  "of each home has files of its own, the usual one those without a part: %s",
  (platform, usual) => {
    const user = userHome();
    vi.stubEnv("XDG_CONFIG_HOME", undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(filesOf(platform, user, defaultHome({ HOME: user }))).toEqual(usual);
    const all = ["one", "two", "three"].flatMap((name) =>
      filesOf(platform, user, join(user, name)),
    );
    expect(new Set([...all, ...usual]).size).toBe(4 * usual.length);
  },
);

test("for systemd has the options of Node for connections alone", () => {
  const home = userHome();
  const NODE_OPTIONS = "--require /tmp/x.cjs --use-openssl-ca --inspect --tls_min_v1.3";
  const env = { HOME: home, PATH: "/nonexistent", NODE_OPTIONS };
  const options = { home: join(home, "other"), folder: "/opt/fob/dist", env };
  const { steps } = loginService("linux", options).planInstallation();
  const units = steps.map(({ content }) => content ?? "").join("");
  expect(units).toContain(`\nEnvironment="NODE_OPTIONS=--use-openssl-ca --tls_min_v1.3"\n`);
});

const SERVED = (home: string, ...words: readonly string[]) => [
  process.execPath,
  "/opt/fob/bin/fob.js",
  "--home",
  join(home, "R&D <vault> 100%"),
  "--pinentry",
  "agent",
  ...words,
];

describeWith({ python3: "python3" }, "of macOS", () => {
  test("is an agent of launchd that starts fob's own at log-in", () => {
    const home = userHome();
    const { steps } = serviceOf("darwin", home).planInstallation();
    const [file, ...others] = steps;
    expect(file).toMatchObject({
      action: "write",
      target: join(home, "Library/LaunchAgents", `fob.agent-${partFor(home)}.plist`),
    });
    expect(others).toEqual([
      {
        action: "run",
        target: `launchctl bootstrap gui/${process.getuid?.()} ${file?.target}`,
        content: null,
      },
    ]);
    // another program's reading of the property list
    const read = execFileSync(
      "python3",
      [
        "-c",
        "import sys,plistlib,json;json.dump(plistlib.loads(sys.stdin.buffer.read()),sys.stdout)",
      ],
      { input: file?.content ?? "", encoding: "utf8" },
    );
    expect(JSON.parse(read)).toMatchObject({
      Label: `fob.agent-${partFor(home)}`,
      ProgramArguments: SERVED(home, "start"),
      RunAtLoad: true,
      AbandonProcessGroup: true,
    });
  });
});

test("of Windows is a script among the start-up programs, written and taken away again", async () => {
  const home = userHome();
  const service = serviceOf("win32", home);
  expect(service.planRemoval()).toBeNull();
  const plan = service.planInstallation();
  const path = plan.steps[0]?.target ?? "";
  expect(path.slice(path.indexOf("Start Menu"))).toBe(
    `Start Menu/Programs/Startup/fob-agent-${partFor(home)}.cmd`,
  );
  await plan.carryOut();
  const script = readFileSync(path, "utf8");
  expect(script.split("\r\n")).toEqual([
    "@echo off",
    "rem Written by `fob agent install`; `fob agent remove` takes it away.",
    "chcp 65001 >nul",
    `start "fob agent" /min ${SERVED(home, "start")
      .map((word) => `"${word.replaceAll("%", "%%")}"`)
      .join(" ")}`,
    "",
  ]);
  await service.planRemoval()?.carryOut();
  expect(existsSync(path)).toBe(false);
});

test("writes nothing where no systemd of this user answers", async () => {
  const home = userHome();
  vi.stubEnv("XDG_CONFIG_HOME", undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  const plan = serviceOf("linux", home).planInstallation();
  await expect(plan.carryOut()).rejects.toMatchObject({ code: "unavailable" });
  expect(existsSync(join(home, ".config"))).toBe(false);
});
