import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HOTP_URI, RFC_CODES, testHome } from "./fob.ts";

test.skipIf(process.platform === "win32")(
  "an agent is found by everybody, whatever folders the environment names",
  async () => {
    const { fob, home } = testHome();
    const session = join(home, "run");
    mkdirSync(session, { mode: 0o700 });
    await fob(["enroll", "-"], { input: HOTP_URI });
    await fob(["unlock"], { env: { XDG_RUNTIME_DIR: session } });
    const { stdout } = await fob(["agent", "status", "--json"]);
    const { pid, socket } = JSON.parse(stdout);
    expect(socket.startsWith(`${session}/fob/`)).toBe(true);
    const environments: Record<string, string>[] = [
      { XDG_RUNTIME_DIR: "relative", TMPDIR: "relative" },
      { XDG_RUNTIME_DIR: "/nonexistent", TMPDIR: "/nonexistent" },
      { FOB_AGENT_SOCK: join(home, "other.sock") },
    ];
    for (const [n, env] of environments.entries()) {
      for (const command of ["status", "start"]) {
        const status = await fob(["agent", command, "--json"], { env });
        expect(JSON.parse(status.stdout)).toMatchObject({ pid, socket });
      }
      const exported = await fob(["agent", "start", "--export"], { env });
      expect(exported.stdout).toBe(`export FOB_AGENT_SOCK='${socket}'\n`);
      expect((await fob(["code", "ACME"], { env })).stdout).toBe(`${RFC_CODES[n]}\n`);
    }
    const { stdout: printed } = await fob(["doctor", "--json"], { env: environments[0] ?? {} });
    const checks = JSON.parse(printed);
    const agent = checks.find(({ check }: { check: string }) => check === "agent");
    expect(agent).toMatchObject({ status: "ok" });
    expect((await fob(["lock"], { env: environments[1] ?? {} })).stderr).toBe("locked\n");
    expect((await fob(["agent", "status"])).exitCode).toBe(8);
  },
);
