import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { onTestFinished } from "vitest";
import type { Chip, HeldKey } from "#vault/chip/chip.ts";

/** What the tests of this folder need. */
export const EMULATOR = { swtpm: "swtpm", tpm2_getcap: "tpm2-tools" } as const;

/** A TPM of software (swtpm), with an empty state of its own. */
export interface Emulator {
  /** The socket for commands, and where its state is. */
  readonly socket: string;
  readonly state: string;
  /** What makes fob use it. */
  readonly env: { readonly FOB_TPM: string };
  /** Runs one of tpm2-tools at it, and returns what it prints. */
  tool(name: string, ...args: readonly string[]): Promise<string>;
  /** Ends it as a machine that is switched off; `start` switches it on. */
  stop(): void;
  start(): Promise<void>;
}

/** Starts a TPM, which ends with the test, or when `whenDone` says. */
export async function startEmulator(
  whenDone: (end: () => void) => void = onTestFinished,
): Promise<Emulator> {
  const folder = mkdtempSync(join(tmpdir(), "fob-tpm-"));
  const [socket, state, pidFile] = ["s", "state", "pid"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(state);
  let pid = 0;
  const stop = () => {
    if (pid) process.kill(pid, "SIGTERM");
    pid = 0;
  };
  const start = async () => {
    await execa("swtpm", [
      ...["socket", "--tpm2", "--tpmstate", `dir=${state}`],
      ...["--ctrl", `type=unixio,path=${socket}.ctrl`, "--server", `type=unixio,path=${socket}`],
      ...["--flags", "not-need-init,startup-clear", "--daemon", "--pid", `file=${pidFile}`],
    ]);
    pid = Number(readFileSync(pidFile, "utf8"));
  };
  await start();
  whenDone(() => {
    stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    socket,
    state,
    env: { FOB_TPM: `swtpm:${socket}` },
    start,
    stop,
    tool: async (name, ...args) => {
      const { stdout } = await execa(name, args, {
        env: { TPM2TOOLS_TCTI: `swtpm:path=${socket}` },
      });
      return stdout;
    },
  };
}

/**
 * Starts a TPM for all tests of a file, which forgives wrong PINs within a second each; `end` is
 * what `beforeAll` returns.
 */
export async function startForAll(): Promise<{
  readonly emulator: Emulator;
  readonly end: () => void;
}> {
  const ends: (() => void)[] = [];
  const emulator = await startEmulator((end) => void ends.push(end));
  await emulator.tool("tpm2_dictionarylockout", "-s", "-n", "30", "-t", "1", "-l", "1");
  return {
    emulator,
    end: () => {
      for (const end of ends) end();
    },
  };
}

/** A socket before another one, which records and may change what goes through. */
export interface Listener {
  readonly env: { readonly FOB_TPM: string };
  /** All bytes that went through, in both directions. */
  recorded(): Buffer;
}

/**
 * Listens on the bus between fob and a TPM. `change` may alter each reply; `answer` stands for the
 * TPM where it returns something.
 */
export async function listenBetween(
  { socket }: Pick<Emulator, "socket">,
  {
    change = (reply) => reply,
    answer = () => null,
  }: {
    readonly change?: (reply: Buffer) => Buffer;
    readonly answer?: (command: Buffer) => Buffer | null;
  } = {},
): Promise<Listener> {
  const folder = mkdtempSync(join(tmpdir(), "fob-bus-"));
  const path = join(folder, "s");
  const pieces: Buffer[] = [];
  const server = createServer((client) => {
    const chip = createConnection(socket);
    client.on("data", (bytes) => {
      pieces.push(bytes);
      const answered = answer(bytes);
      if (answered) client.write(answered);
      else chip.write(bytes);
    });
    chip.on("data", (bytes) => {
      pieces.push(bytes);
      client.write(change(bytes));
    });
    for (const [one, other] of [
      [client, chip],
      [chip, client],
    ] as const)
      one.on("close", () => other.destroy()).on("error", () => other.destroy());
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { env: { FOB_TPM: `swtpm:${path}` }, recorded: () => Buffer.concat(pieces) };
}

/** The HMAC of one message, or null for a wrong auth value. */
export async function hmacOf(
  chip: Chip,
  key: HeldKey,
  auth: Buffer,
  message: Buffer,
): Promise<Buffer | null> {
  return (await chip.hmacs(key, auth, [message]))?.[0] ?? null;
}
