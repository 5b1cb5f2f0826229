import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { accessLogFolder, vaultFolder } from "#vault/cells/layout.ts";
import type { LoggedUse } from "#vault/uses/use.ts";
import { appendUses, mendUses, readUses } from "#vault/uses/use-log.ts";
import { ENTRY_BYTES, logKey, openUse, publicLogKey, sealUse } from "#vault/uses/use-sealing.ts";
import { isTorture } from "../../sampled.ts";

const NOW = new Date("2026-01-01T00:00:00Z");

function newLog() {
  const home = mkdtempSync(join(tmpdir(), "fob-log-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(vaultFolder(home));
  const layout = { home, vaultId: randomBytes(16).toString("hex") };
  const vaultKey = randomBytes(32);
  const key = publicLogKey(vaultKey, layout.vaultId);
  const folder = accessLogFolder(layout);
  const write = (...names: readonly string[]) => appendUses(layout, key, names.map(useOf));
  const names = () => readUses({ layout, vaultKey }).uses.map(({ token }) => token.name);
  return { layout, vaultKey, key, folder, write, names, vault: { layout, vaultKey } };
}

function useOf(name: string, more: Partial<LoggedUse> | number = {}): LoggedUse {
  return {
    token: { id: "0123456789abcdef", name },
    purpose: "code",
    program: "/usr/bin/nc < bash",
    grant: "ci",
    isAllowed: true,
    isAsked: false,
    times: 1,
    first: NOW,
    last: NOW,
    ...(typeof more === "number" ? {} : more),
  };
}

test("a use comes back as it was written, and long names are cut", () => {
  const { vaultKey, key, layout } = newLog();
  const open = logKey(vaultKey, layout.vaultId);
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 2_000 }),
      fc.option(fc.string({ unit: "grapheme", maxLength: 400 })),
      fc.boolean(),
      (name, program, isAsked) => {
        const use = useOf(name, {
          program: program,
          isAsked,
        });
        const entry = sealUse(key, layout.vaultId, use);
        expect(entry).toHaveLength(ENTRY_BYTES);
        const read = openUse(open, layout.vaultId, entry);
        expect(read).toMatchObject({ grant: "ci", isAsked, first: NOW, times: 1 });
        if (name.length <= 20 && (program ?? "").length <= 20) expect(read).toEqual(use);
      },
    ),
    { numRuns: 20 },
  );
});

test("only the vault's key opens it, and not what seals it", () => {
  const { key, layout } = newLog();
  const entry = sealUse(key, layout.vaultId, useOf("vpn"));
  expect(entry.includes("vpn")).toBe(false);
  for (const other of [key, randomBytes(32)])
    expect(openUse(logKey(other, layout.vaultId), layout.vaultId, entry)).toBeNull();
});

test("keeps the last thousand uses at least, and not many more", () => {
  const { write, names, folder } = newLog();
  for (let i = 0; i < 160; i++)
    write(...Array.from({ length: 10 }, (_, one) => `use ${10 * i + one}`));
  const kept = new Set(names());
  expect(kept.size).toBe(1_000);
  const bytes = readdirSync(folder).reduce(
    (sum, name) => sum + readFileSync(join(folder, name)).length,
    0,
  );
  expect(bytes).toBeLessThanOrEqual(1_300 * ENTRY_BYTES);
});

test("many processes at once lose no entry", async () => {
  const { layout, key, folder, names } = newLog();
  const driver = join(layout.home, "driver.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("logging-driver.ts", import.meta.url))],
    outfile: driver,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
  const [processes, uses] = isTorture ? [30, 33] : [5, 60];
  const args = (name: number) => [
    driver,
    ...[layout.home, layout.vaultId, key.toString("hex"), String(name), String(uses)],
  ];
  await Promise.all(
    Array.from({ length: processes }, (_, i) => promisify(execFile)(process.execPath, args(i))),
  );
  expect(new Set(names()).size).toBe(processes * uses);
  // some came to the next file while others wrote to the last one
  expect(readdirSync(folder).length).toBeGreaterThan(1);
});

const DAMAGES: readonly [string, (file: string, folder: string) => void, readonly string[]][] = [
  ["a byte flipped", (file) => flip(file, ENTRY_BYTES + 100), ["a", "c", "later"]],
  ["its first byte flipped", (file) => flip(file, 0), ["b", "c", "later"]],
  ["a byte more", (file) => appendFileSync(file, "x"), ["a", "b", "c", "later"]],
  ["a torn end", (file) => truncateSync(file, 3 * ENTRY_BYTES - 1), ["a", "b", "later"]],
  [
    "foreign bytes at its beginning",
    (file) => writeFileSync(file, Buffer.concat([randomBytes(777), readFileSync(file)])),
    ["a", "b", "c", "later"],
  ],
  ["a folder in its place", replaceByFolder, ["later"]],
];

test.each(DAMAGES)("%s costs what it hits, and is mended", (_, hurt, left) => {
  const { write, names, folder, vault } = newLog();
  write("a", "b", "c");
  hurt(join(folder, "1"), folder);
  write("later");
  expect(new Set(names())).toEqual(new Set(left));
  expect(readUses(vault).damaged).toBeGreaterThan(0);
  mendUses(vault);
  expect(new Set(names())).toEqual(new Set(left));
  expect(readUses(vault).damaged).toBe(0);
  write("after");
  expect(names()).toContain("after");
});

test("a file in place of its folder stops nothing", () => {
  const { write, names, folder } = newLog();
  writeFileSync(folder, "x");
  write("a");
  expect(names()).toEqual([]);
});

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

function replaceByFolder(file: string): void {
  rmSync(file);
  mkdirSync(file);
}
