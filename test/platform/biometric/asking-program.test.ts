import { describe, expect, test } from "vitest";
import type { Sensor } from "#cli/sensor.ts";
import { touchId } from "#platform/biometric/touch-id.ts";
import { windowsHello } from "#platform/biometric/windows-hello.ts";
import { scriptRunner } from "../script-runner.ts";

// no machine of ours has these sensors
const platform = scriptRunner();
const { runner } = platform;

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
    platform.leaveAlone();
    await expect(verify(make())).rejects.toMatchObject({ code: "unavailable" });
  });
});

test("a token's name is text in the scripts, whatever it is", async () => {
  const name = 'it\'s "x"; $(id) `id` ’';
  runner("osascript", "recognized");
  await verify(touchId(), name);
  expect(platform.given()).toContain(JSON.stringify(name));
  runner("powershell.exe", "recognized");
  await verify(windowsHello(), name);
  const script = Buffer.from(platform.given().trim().split("\n").at(-1) ?? "", "base64").toString(
    "utf16le",
  );
  expect(script).toContain("'it''s \"x\"; $(id) `id` ’’'");
});

test("Touch ID's script is one that a JavaScript engine reads", async () => {
  runner("osascript", "recognized");
  await verify(touchId());
  const script = platform.given().split("-e\n")[1] ?? "";
  expect(() => new Function("ObjC", "$", script)).not.toThrow();
});
