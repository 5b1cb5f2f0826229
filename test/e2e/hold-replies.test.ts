import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { EMULATOR, type Emulator, startForAll } from "../platform/hardware/emulator.ts";
import { describeWith } from "../requires.ts";
import { FOB, RFC_CODES, type TestHome, testHome } from "./fob.ts";
import { PEAK_KIB } from "./peak-memory.ts";

const EVENTS = "otpauth://hotp/ACME?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=0";

/** What one process may take more than another one, in KiB. */
const MOST_MORE = 16 * 1_024;

/** What a program sends in place of a TPM, again and again, for as long as it is read. */
const FLOODS: Readonly<Record<string, Buffer>> = {
  "a reply without end": Buffer.alloc(2 ** 20, 0x80),
  "replies of the greatest length": framed(0, Buffer.alloc(4_086, 0xff)),
  "a list of handles": framed(
    0,
    Buffer.from(`00${"00000001"}00000040${"80000001".repeat(64)}`, "hex"),
  ),
  "busy, and more": Buffer.concat([framed(0x922, Buffer.alloc(0)), Buffer.alloc(2 ** 20, 0x80)]),
};

let emulator: Emulator;

function framed(code: number, body: Buffer): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(0x8001);
  head.writeUInt32BE(10 + body.length, 2);
  head.writeUInt32BE(code, 6);
  return Buffer.concat([head, body]);
}

/** A program that answers every connection with this. */
async function flood(folder: string, bytes: Buffer): Promise<string> {
  const path = join(folder, "flood");
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const pour = () => {
      for (let i = 0; i < 64 && !socket.destroyed && socket.write(bytes); i++);
    };
    socket
      .on("error", () => undefined)
      .on("data", pour)
      .on("drain", pour);
  });
  await once(server.listen(path), "listening");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return path;
}

/** Runs `fob code ACME` as a process of its own, and measures the most memory that it took. */
async function codeOf({ home }: Pick<TestHome, "home">, socket: string) {
  const peak = join(home, "peak");
  const report = `process.on("exit", () => process.getBuiltinModule("fs").writeFileSync(${JSON.stringify(peak)}, String(${PEAK_KIB})))`;
  const env = {
    ...{ PATH: process.env["PATH"] ?? "", HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file" },
    FOB_TPM: `swtpm:${socket}`,
  };
  const preload = `data:text/javascript,${encodeURIComponent(report)}`;
  const child = spawn(process.execPath, ["--import", preload, FOB, "code", "ACME"], { env });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
    });
  const [exitCode] = await once(child, "close");
  return { exitCode, ...texts, peakKib: Number(readFileSync(peak, "utf8")) };
}

describeWith(EMULATOR, "replies of what is no TPM", () => {
  beforeAll(async () => {
    const started = await startForAll();
    emulator = started.emulator;
    return started.end;
  });

  test("take less than 16 MiB, however long they are", async () => {
    const test = testHome();
    await test.fob(["enroll", "--hold", "tpm", "-"], { input: EVENTS, env: emulator.env });
    const right = await codeOf(test, emulator.socket);
    expect(right.stdout).toBe(`${RFC_CODES[0]}\n`);
    for (const [name, bytes] of Object.entries(FLOODS)) {
      const { exitCode, stdout, stderr, peakKib } = await codeOf(
        test,
        await flood(testHome().home, bytes),
      );
      expect({ name, exitCode, stdout }).toEqual({ name, exitCode: 8, stdout: "" });
      expect(stderr).toMatch(/^fob: .*\nhint: .*\n$/);
      expect(peakKib - right.peakKib).toBeLessThan(MOST_MORE);
    }
    expect((await codeOf(test, emulator.socket)).stdout).toBe(`${RFC_CODES[1]}\n`);
  });
});
