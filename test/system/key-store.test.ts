import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { fileKeyStore } from "#platform/keychain/file.ts";
import { systemKeyStore } from "#platform/keychain/system.ts";
import type { KeyItem, KeyStore } from "#vault/keys/key-store.ts";
import { describeWith } from "../requires.ts";
import { onBus } from "./private-bus.ts";

const ITEM = "biometric-0123456789abcdef";

/** What the vault relies on, whoever keeps its keys. */
function keepsTheContract(storeOf: (item: KeyItem | null) => KeyStore): void {
  const vaultId = randomBytes(16).toString("hex");
  const key = randomBytes(32);

  test("keeps a key, another for an item, and forgets one of them", async () => {
    expect(await storeOf(null).read(vaultId)).toBeNull();
    expect(await storeOf(null).provide(vaultId, key)).toEqual(key);
    expect(await storeOf(null).read(vaultId)).toEqual(key);
    expect(await storeOf(ITEM).read(vaultId)).toBeNull();
    const other = randomBytes(32);
    expect(await storeOf(ITEM).provide(vaultId, other)).toEqual(other);
    await storeOf(ITEM).remove(vaultId);
    await storeOf(ITEM).remove(vaultId);
    expect(await storeOf(ITEM).read(vaultId)).toBeNull();
    expect(await storeOf(null).read(vaultId)).toEqual(key);
  });
}

describe("the key file", () => {
  let home: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "fob-keys-"));
  });

  afterEach(() => rmSync(home, { recursive: true, force: true }));

  keepsTheContract((item) => fileKeyStore(home, item));
});

describeWith(
  { "dbus-daemon": "dbus", "gnome-keyring-daemon": "gnome-keyring", gdbus: "libglib2.0-bin" },
  "the system keychain",
  () => {
    let folder: string;
    const children: ChildProcess[] = [];

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "fob-session-"));
      mkdirSync(join(folder, "runtime"), { mode: 0o700 });
      vi.stubEnv("XDG_RUNTIME_DIR", join(folder, "runtime"));
      vi.stubEnv("XDG_DATA_HOME", join(folder, "data"));
      const bus = spawn("dbus-daemon", ["--session", "--nofork", "--print-address=1"], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      const address = await new Promise<string>((resolve) =>
        createInterface({ input: bus.stdout }).once("line", resolve),
      );
      vi.stubEnv("DBUS_SESSION_BUS_ADDRESS", address);
      const keyring = spawn(
        "gnome-keyring-daemon",
        ["--foreground", "--unlock", "--components=secrets"],
        {
          stdio: ["pipe", "ignore", "ignore"],
        },
      );
      keyring.stdin.end("pw");
      children.push(keyring, bus);
      await onBus("session", process.env, "org.freedesktop.secrets");
    });

    afterAll(() => {
      for (const child of children) child.kill("SIGKILL");
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true, force: true });
    });

    keepsTheContract((item) => systemKeyStore(item, { timeoutMs: 5_000 }));
  },
);
