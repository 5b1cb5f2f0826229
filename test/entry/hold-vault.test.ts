import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { ClientLanguages } from "#agent/server/client-languages.ts";
import { holdVault } from "#entry/hold-vault.ts";
import { forget } from "#token/secret.ts";

test("an agent that gets no socket leaves no copy of the key", async () => {
  const home = mkdtempSync(join(tmpdir(), "fob-hold-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const order = {
    home,
    vault: "0123456789abcdef",
    socket: join(home, "s"),
    link: null,
    limits: { totalMs: 60_000, idleMs: 60_000 },
    push: false,
    notify: false,
    syncMs: 60_000,
    pinentry: null,
    locksWithScreen: false,
  };
  const key = randomBytes(32);
  // Node copies small buffers into a pool, which this one belongs to, too
  const pool = Buffer.from(Buffer.from("fob").buffer);
  const places = () => [pool, Buffer.from(Buffer.from("fob").buffer)];
  const languages = { speak: (_: unknown, work: () => unknown) => work() };
  const at = { languages: languages as ClientLanguages, folder: home };
  const holding = holdVault(order, key, at, () => Promise.reject(new Error("no socket")));
  await expect(holding).rejects.toThrow("no socket");
  const sought = randomBytes(32).fill(key);
  forget(key);
  expect(places().some((place) => place.includes(sought))).toBe(false);
});
