import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Sensor } from "../../src/cli/sensor.ts";
import { touchId } from "../../src/platform/biometric/touch-id.ts";
import { windowsHello } from "../../src/platform/biometric/windows-hello.ts";

// no machine of ours has these sensors: a program that prints what our scripts would print stands for the platform's own runner
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fob-sensor-"));
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"]}`);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** The runner prints `output` for whatever script it is given, and keeps its arguments. */
function runner(name: string, output: string, status = 0): void {
  const path = join(folder, name);
  writeFileSync(
    path,
    `#!/bin/sh\nprintf '%s\\n' "$@" > '${folder}/arguments'\nprintf '%s\\n' '${output}'\nexit ${status}\n`,
  );
  chmodSync(path, 0o755);
}

const given = () => readFileSync(join(folder, "arguments"), "utf8");

const verify = (sensor: Sensor, reason = "unlock vpn") =>
  sensor.verify(reason, { signal: new AbortController().signal, tell: () => undefined });

describe.each([
  ["Touch ID", touchId, "osascript"],
  ["Windows Hello", windowsHello, "powershell.exe"],
])("%s", (name, make, program) => {
  test("is there when its script says so", async () => {
    runner(program, "ready");
    expect(await make().describe()).toBe(name);
    runner(program, "unavailable");
    await expect(make().describe()).rejects.toMatchObject({ code: "unavailable" });
  });

  test.each([
    ["refused", "denied"],
    ["cancelled", "denied"],
    ["unavailable", "unavailable"],
    ["", "unavailable"],
    ["recognized\nrecognized", "unavailable"],
    ["true", "unavailable"],
  ])("says no for %j: %s", async (word, code) => {
    runner(program, word);
    await expect(verify(make())).rejects.toMatchObject({ code });
  });

  test("says yes for one word alone, of a script that ended well", async () => {
    runner(program, "recognized");
    await verify(make());
    runner(program, "recognized", 1);
    await expect(verify(make())).rejects.toMatchObject({ code: "unavailable" });
  });

  test("says no where its runner is not installed", async () => {
    vi.stubEnv("PATH", folder);
    await expect(verify(make())).rejects.toMatchObject({ code: "unavailable" });
  });
});

test("a token's name is text in the scripts, whatever it is", async () => {
  const name = 'it\'s "x"; $(id) `id` ’';
  runner("osascript", "recognized");
  await verify(touchId(), name);
  expect(given()).toContain(JSON.stringify(name));
  runner("powershell.exe", "recognized");
  await verify(windowsHello(), name);
  const script = Buffer.from(given().trim().split("\n").at(-1) ?? "", "base64").toString("utf16le");
  expect(script).toContain("'it''s \"x\"; $(id) `id` ’’'");
});

test("Touch ID's script is one that a JavaScript engine reads", async () => {
  runner("osascript", "recognized");
  await verify(touchId());
  const script = given().split("-e\n")[1] ?? "";
  expect(() => new Function("ObjC", "$", script)).not.toThrow();
});
