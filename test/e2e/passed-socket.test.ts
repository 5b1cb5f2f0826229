import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { connectTo } from "../agent/agent.ts";
import { describeWith } from "../requires.ts";
import { until } from "../waiting.ts";
import { FOB, testHome } from "./fob.ts";

/** Passes a socket as systemd does (sd_listen_fds(3)). */
const ACTIVATE = `
import os, socket, sys
path, *program = sys.argv[1:]
listening = socket.socket(socket.AF_UNIX)
listening.bind(path + ".new")
listening.listen(4096)
os.rename(path + ".new", path)
os.dup2(listening.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(program[0], program)
`;

const NEEDED = { python3: "python3", ss: "iproute2" };

describeWith(NEEDED, "a service at a socket that is passed to it", () => {
  test("leaves as many clients in the queue as an agent with a socket of its own", async () => {
    const { home } = testHome();
    const path = join(home, "s");
    const program = [process.execPath, FOB, "agent", "serve"];
    const service = spawn("python3", ["-c", ACTIVATE, path, ...program], {
      env: { PATH: process.env["PATH"], HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file" },
      stdio: "ignore",
    });
    onTestFinished(() => void service.kill("SIGKILL"));
    await until("a socket", () => existsSync(path));
    const { socket, ask } = await connectTo(path);
    expect(await ask("waiting")).toBe("ok waiting");
    // the socket has the name still with which it was bound
    const listing = execFileSync("ss", ["-xlHn", "src", `${path}.new`], { encoding: "utf8" });
    const [, , , longest] = listing.split(/ +/);
    const allowed = Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));
    expect(Number(longest)).toBe(Math.min(4_096, allowed));
    socket.destroy();
  });
});
