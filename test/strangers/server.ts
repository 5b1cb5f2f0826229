import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll } from "vitest";
import { until } from "../waiting.ts";

/** After how many seconds a server ends, should the tests not end it. */
const LIFE_S = 300;

/** A server of others that runs. */
export interface Server {
  /** What it has written so far, to both streams. */
  log(): string;
}

/** The servers of a group of tests, and what they leave outside of their folder. */
export interface Servers {
  /** Starts a server, and waits until it has written that it is ready. */
  start(command: readonly string[], isReady: RegExp): Promise<Server>;
  /**
   * Makes a service of PAM that asks for a passcode of `usersFile` (pam_oath, 20 counters ahead),
   * and returns its name. Only root can.
   */
  pamService(usersFile: string): string;
}

/** Makes a place for servers, which ends each by its process id after the tests of the group. */
export function makeServers(): Servers {
  const endings: (() => unknown)[] = [];
  afterAll(async () => {
    for (const end of endings) await end();
  });
  return {
    start: (command, isReady) => startServer(command, isReady, (end) => endings.push(end)),
    pamService(usersFile) {
      const name = `fob-test-${randomBytes(6).toString("hex")}`;
      const path = join("/etc/pam.d", name);
      const oath = `auth required pam_oath.so usersfile=${usersFile} window=20 digits=6`;
      const rest = ["account", "session"].map((type) => `${type} required pam_permit.so`);
      writeFileSync(path, [oath, ...rest, ""].join("\n"));
      endings.push(() => rmSync(path));
      return name;
    },
  };
}

async function startServer(
  command: readonly string[],
  isReady: RegExp,
  whenDone: (end: () => Promise<unknown>) => void,
): Promise<Server> {
  const child = spawn("timeout", [String(LIFE_S), ...command], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: `${process.env["PATH"]}:/usr/sbin` },
  });
  let written = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text) => {
      written += text;
    });
  const ended = once(child, "exit");
  whenDone(() => {
    child.kill();
    return ended;
  });
  await until(`${command[0]} is ready`, () => {
    if (child.exitCode !== null) throw new Error(`${command[0]} has ended: ${written}`);
    return isReady.test(written);
  });
  return { log: () => written };
}

/** A port of loopback that nothing uses. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("there is no port");
  return address.port;
}

/** Makes `cert.pem` and `key.pem` in a folder: a certificate of 127.0.0.1, signed by itself. */
export function makeCertificate(folder: string): void {
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const files = ["-keyout", "key.pem", "-out", "cert.pem", "-days", "2"];
  execFileSync("openssl", ["req", ...kind, ...name, ...files], { cwd: folder, stdio: "pipe" });
}
