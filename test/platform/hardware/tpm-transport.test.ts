import { spawn } from "node:child_process";
import { createHmac, randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { tpmChip } from "#platform/hardware/chip.ts";
import { describeWith } from "../../requires.ts";
import { isTorture } from "../../sampled.ts";
import { EMULATOR, hmacOf, listenBetween, startEmulator } from "./emulator.ts";

const AUTH = Buffer.from("the auth value of this key");
const SECRET = Buffer.from("12345678901234567890");

/** A program that is no TPM: what it does with each piece of a command is up to `answer`. */
async function stranger(answer: (socket: Socket, command: Buffer) => void) {
  const folder = mkdtempSync(join(tmpdir(), "fob-no-tpm-"));
  const path = join(folder, "s");
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("data", (command) => answer(socket, command));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
    rmSync(folder, { recursive: true, force: true });
  });
  return { FOB_TPM: `swtpm:${path}` };
}

/** The error of an attempt, which must be one. */
async function errorOf(attempt: Promise<unknown>): Promise<FobError> {
  const error = await attempt.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof FobError) return error;
  throw new Error("a FobError was expected", { cause: error });
}

function reply(code: number, body = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(0x8001);
  head.writeUInt32BE(10 + body.length, 2);
  head.writeUInt32BE(code, 6);
  return Buffer.concat([head, body]);
}

describe("a program that is no TPM", () => {
  test.each([
    ["says nothing", () => undefined, /did not answer within 0.05 s/],
    ["hangs up", (socket: Socket) => socket.destroy(), /closed the connection/],
    [
      "talks of something else",
      (socket: Socket) => socket.write("HTTP/1.1 400 Bad\r\n\r\n"),
      /sense/,
    ],
    [
      "announces a huge reply",
      (socket: Socket) => socket.write(Buffer.from("8001ffffffff00000000", "hex")),
      /sense/,
    ],
    ["sends too much", (socket: Socket) => socket.write(Buffer.alloc(100_000, 0x80)), /sense/],
    ["is always busy", (socket: Socket) => socket.write(reply(0x922)), /stayed busy/],
    ["has failed", (socket: Socket) => socket.write(reply(0x101)), /out of order/],
    ["was never started", (socket: Socket) => socket.write(reply(0x100)), /out of order/],
    ["is full", (socket: Socket) => socket.write(reply(0x902)), /full of objects/],
    ["refuses with a strange code", (socket: Socket) => socket.write(reply(0xdead)), /0xdead/],
    [
      "has a list without end",
      (socket: Socket) => socket.write(reply(0, Buffer.from("0100000001ffffffff80000000", "hex"))),
      /sense/,
    ],
  ])("that %s is an error with a hint", async (_, answer, message) => {
    const env = await stranger(answer);
    const chip = tpmChip(env, { timeoutMs: 50 });
    const error = await errorOf(chip.holdSecret(SECRET, "SHA1", AUTH));
    expect(error.message).toMatch(message);
    expect({ code: error.code, hasHint: error.hint !== undefined }).toEqual({
      code: "unavailable",
      hasHint: true,
    });
  });

  test.each([
    [{ FOB_TPM: "swtpm:/nowhere/at/all" }, "unavailable", /no TPM at the place/],
    [{ FOB_TPM: "/dev/nowhere" }, "unavailable", /no TPM at the place/],
    [{ FOB_TPM: "swtpm:" }, "usage", /FOB_TPM names no TPM/],
  ])("%j is not there", async (env, code, message) => {
    const error = await errorOf(tpmChip(env).seal(SECRET, AUTH));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

/** Makes a device with an emulated TPM behind it: a terminal without modes carries its bytes. */
const DEVICE = `
import os, pty, sys, tty
master, slave = pty.openpty()
tty.setraw(slave)
for end in (master, slave): os.set_inheritable(end, True)
print(os.ttyname(slave), flush=True)
os.execvp("swtpm", ["swtpm", "chardev", "--tpm2", "--fd", str(master),
  "--tpmstate", "dir=" + sys.argv[1], "--flags", "not-need-init,startup-clear"])
`;

/** What makes fob use a TPM of software at a character device. */
async function startDevice(): Promise<{ FOB_TPM: string }> {
  const state = mkdtempSync(join(tmpdir(), "fob-tpm-"));
  const stdio = ["ignore", "pipe", "inherit"] as const;
  const emulator = spawn("python3", ["-c", DEVICE, state], { stdio: [...stdio] });
  onTestFinished(async () => {
    emulator.kill();
    if (emulator.exitCode === null && emulator.signalCode === null) await once(emulator, "exit");
    rmSync(state, { recursive: true, force: true });
  });
  const [name] = (await once(emulator.stdout, "data")) as [Buffer];
  return { FOB_TPM: name.toString().trim() };
}

describeWith({ ...EMULATOR, python3: "python3" }, "a TPM at a character device", () => {
  test("answers one connection after the other, as one at a socket does", async () => {
    const env = await startDevice();
    const key = await tpmChip(env).holdSecret(SECRET, "SHA1", AUTH);
    const messages = [Buffer.from("1"), randomBytes(64)];
    for (let i = 0; i < 3; i++)
      expect(await tpmChip(env).hmacs(key, AUTH, messages)).toEqual(
        messages.map((message) => createHmac("sha1", SECRET).update(message).digest()),
      );
    expect(await tpmChip(env).hmacs(key, SECRET, messages)).toBeNull();
  });
});

describeWith(EMULATOR, "a TPM behind a changed bus", () => {
  test("asks for a command again, and gets it again", async () => {
    let sent = 0;
    const busy = () => (sent++ % 3 === 0 ? null : reply([0x922, 0x908][sent % 2] ?? 0));
    const bus = await listenBetween(await startEmulator(), { answer: busy });
    const chip = tpmChip(bus.env);
    const key = await chip.holdSecret(SECRET, "SHA1", AUTH);
    expect(await hmacOf(chip, key, AUTH, Buffer.from("1"))).not.toBeNull();
  });

  test(
    "never gives a wrong HMAC, and never anything but an error, whatever is changed in replies",
    async () => {
      const emulator = await startEmulator();
      const key = await tpmChip(emulator.env).holdSecret(SECRET, "SHA1", AUTH);
      const right = await hmacOf(tpmChip(emulator.env), key, AUTH, Buffer.from("1"));
      let isChanging = 0;
      const bus = await listenBetween(emulator, {
        change: (given) => {
          if (--isChanging !== 0) return given;
          const changed = Buffer.from(given);
          const kind = randomInt(3);
          if (kind === 0) return randomBytes(1 + randomInt(60));
          if (kind === 1)
            return changed.subarray(0, 10 + randomInt(Math.max(1, given.length - 10)));
          const at = randomInt(changed.length);
          changed[at] = (changed[at] ?? 0) ^ (1 + randomInt(255));
          return changed;
        },
      });
      const chip = tpmChip(bus.env, { timeoutMs: 100 });
      for (let i = 0; i < (isTorture ? 2_000 : 40); i++) {
        isChanging = 1 + randomInt(7);
        const given = await hmacOf(chip, key, AUTH, Buffer.from("1")).catch(
          (error: unknown) => error,
        );
        if (given instanceof Error) expect(given).toBeInstanceOf(FobError);
        else if (given !== null) expect(given).toEqual(right);
      }
    },
    isTorture ? 400_000 : 20_000,
  );

  test("refuses a key of another chip, and of one that was cleared", async () => {
    const [one, other] = [await startEmulator(), await startEmulator()];
    const key = await tpmChip(one.env).holdSecret(SECRET, "SHA1", AUTH);
    const error = await errorOf(hmacOf(tpmChip(other.env), key, AUTH, Buffer.from("1")));
    expect(error).toMatchObject({
      code: "invalid",
      message: expect.stringMatching(/did not make/),
    });
    await one.tool("tpm2_clear", "-c", "p");
    const cleared = await errorOf(hmacOf(tpmChip(one.env), key, AUTH, Buffer.from("1")));
    expect(cleared).toMatchObject({ code: "invalid" });
  });

  test("says how long it is locked after too many wrong auth values", async () => {
    const emulator = await startEmulator();
    await emulator.tool("tpm2_dictionarylockout", "-s", "-n", "2", "-t", "600", "-l", "600");
    const chip = tpmChip(emulator.env);
    const key = await chip.seal(SECRET, AUTH);
    for (let i = 0; i < 2; i++) expect(await chip.unseal(key, SECRET)).toBeNull();
    expect(await errorOf(chip.unseal(key, AUTH))).toMatchObject({
      code: "locked",
      hint: expect.stringContaining("10 minutes"),
    });
  });

  test("has nothing in it afterwards, even of a process that was killed", async () => {
    const emulator = await startEmulator();
    await emulator.tool("tpm2_createprimary", "-C", "o", "-c", join(emulator.state, "primary.ctx"));
    const chip = tpmChip(emulator.env);
    const key = await chip.seal(SECRET, AUTH);
    await chip.unseal(key, AUTH);
    expect(await emulator.tool("tpm2_getcap", "handles-transient")).toBe("");
    expect(await emulator.tool("tpm2_getcap", "handles-loaded-session")).toBe("");
    expect(await emulator.tool("tpm2_getcap", "handles-persistent")).toBe("- 0x81000001");
  });
});
