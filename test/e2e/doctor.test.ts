import {
  chmodSync,
  cpSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { updateCell } from "#vault/cells/cell.ts";
import { vaultOf } from "./damage/rich-home.ts";
import { HOTP_URI, RFC_CODES, type TestHome, TOTP_URI, testHome } from "./fob.ts";

interface Patient extends TestHome {
  readonly ids: readonly string[];
  /** What `fob doctor` says about these things: their status. */
  examine(...options: readonly string[]): Promise<Record<string, string>>;
}

async function patient(): Promise<Patient> {
  const { fob, home } = testHome();
  const { stdout } = await fob(["enroll", "-", "--json"], { input: `${HOTP_URI}\n${TOTP_URI}` });
  const ids = JSON.parse(stdout).map(({ id }: { id: string }) => id);
  return {
    fob,
    home,
    ids,
    async examine(...options) {
      const checks: { check: string; status: string }[] = JSON.parse(
        (await fob(["doctor", "--json", ...options])).stdout,
      );
      return Object.fromEntries(checks.map(({ check, status }) => [check, status]));
    },
  };
}

const WHOLE = { rights: "ok", keychain: "ok", vault: "ok", index: "ok", leftovers: "ok" };

const listed = async ({ fob }: Patient) =>
  JSON.parse((await fob(["list", "--json"])).stdout).map(({ name }: { name: string }) => name);

describe("fob doctor", () => {
  test("finds nothing wrong with a new vault, a used one, and none at all", async () => {
    const one = await patient();
    expect(await one.examine()).toMatchObject(WHOLE);
    await one.fob(["code", "ACME"]);
    await one.fob(["rename", "ACME", "vpn"]);
    await one.fob(["remove", "Example", "--yes"]);
    expect(await one.examine()).toMatchObject(WHOLE);
    const { fob } = testHome();
    expect(await fob(["doctor"])).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("tells what its repair put aside, also where the rest cannot be judged", async () => {
    const { fob, home, ids } = await patient();
    const batches = join(home, "vault", "batches");
    rmSync(batches, { recursive: true, force: true });
    writeFileSync(batches, "");
    updateCell(vaultOf(home).tokenCell(ids[0] ?? ""), () => Buffer.from('{"version":99}'));
    const checks = JSON.parse((await fob(["doctor", "--repair", "--json"])).stdout);
    expect(checks).toContainEqual(
      expect.objectContaining({
        check: "files",
        status: "ok",
        message: expect.stringMatching(/^put aside .*batches$/),
      }),
    );
    expect(checks).toContainEqual(
      expect.objectContaining({
        check: "vault",
        status: "failed",
        message: expect.stringContaining("newer fob"),
      }),
    );
  });

  test("gives every check as JSON with the same keys", async () => {
    const { fob } = await patient();
    const checks = JSON.parse((await fob(["doctor", "--json"])).stdout);
    for (const check of checks)
      expect(Object.keys(check)).toEqual(["check", "status", "message", "hint"]);
    expect(checks.map(({ check }: { check: string }) => check)).toContain("clock");
  });

  test("takes rights from others", async () => {
    const one = await patient();
    chmodSync(join(one.home, "key"), 0o644);
    chmodSync(join(one.home, "vault"), 0o755);
    expect(await one.fob(["doctor"])).toMatchObject({ exitCode: 8 });
    expect(await one.examine()).toMatchObject({ rights: "warning", keychain: "failed" });
    expect(await one.examine("--repair")).toMatchObject(WHOLE);
    expect(statSync(join(one.home, "vault")).mode & 0o777).toBe(0o700);
    expect((await one.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test.each([
    [
      "an index that was emptied",
      (folder: string) => truncateSync(join(folder, readdirSync(folder)[0] ?? ""), 0),
      "failed",
    ],
    ["an index that is gone", (folder: string) => rmSync(folder, { recursive: true }), "failed"],
  ])("makes %s again from the tokens", async (_, damage, status) => {
    const one = await patient();
    damage(join(one.home, "vault", "index"));
    expect(await one.examine()).toMatchObject({ vault: "ok", index: status });
    expect(await one.examine("--repair")).toMatchObject({ index: "ok" });
    expect((await listed(one)).sort()).toEqual(["ACME", "Example"]);
    expect((await one.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect(await one.examine()).toMatchObject(WHOLE);
  });

  test("finishes what was interrupted: enrolling, removing, restoring", async () => {
    const one = await patient();
    const [acme = "", example = ""] = one.ids;
    const vault = join(one.home, "vault");
    const before = join(one.home, "index-before");
    cpSync(join(vault, "index"), before, { recursive: true });
    await one.fob(["enroll", "-"], { input: HOTP_URI.replaceAll("ACME", "Newer") });
    rmSync(join(vault, "index"), { recursive: true });
    renameSync(before, join(vault, "index"));
    expect(await one.examine()).toMatchObject({ index: "warning" });
    expect(await one.examine("--repair")).toMatchObject(WHOLE);
    expect(await listed(one)).toContain("Newer");

    await one.fob(["remove", "ACME", "--yes"]);
    // marked as removed, and not yet put away: it is still in use
    renameSync(join(vault, "removed", acme), join(vault, "tokens", acme));
    expect((await one.fob(["show", acme])).exitCode).toBe(3);
    expect(await one.examine()).toMatchObject({ index: "warning" });
    expect(await one.examine("--repair")).toMatchObject(WHOLE);
    expect((await one.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);

    // put away, and still listed; or listed again, and not yet taken back
    renameSync(join(vault, "tokens", example), join(vault, "removed", example));
    expect(await one.examine()).toMatchObject({ index: "warning" });
    expect(await one.examine("--repair")).toMatchObject(WHOLE);
    expect((await one.fob(["restore", "Example"])).exitCode).toBe(0);
    expect(await listed(one)).toContain("Example");
  });

  test("clears away what interrupted writes left, and never the value itself", async () => {
    const one = await patient();
    const cell = join(one.home, "vault", "tokens", one.ids[0] ?? "");
    await one.fob(["code", "ACME"]);
    const [generation = ""] = readdirSync(cell);
    const abandoned = join(cell, ".new-0123456789abcdef");
    writeFileSync(abandoned, "half", { mode: 0o600 });
    utimesSync(abandoned, 0, 0);
    writeFileSync(join(cell, "1"), "older", { mode: 0o600 });
    // a newer one that does not verify: the older is the value, and is written anew above it
    const torn = join(cell, String(Number(generation) + 1));
    writeFileSync(torn, "torn", { mode: 0o600 });
    utimesSync(torn, 0, 0);
    expect(await one.examine()).toMatchObject({ vault: "ok", leftovers: "warning" });
    await one.examine("--repair");
    expect(readdirSync(cell)).toEqual([String(Number(generation) + 2)]);
    expect((await one.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[1]}\n`);
    expect(await one.examine("--repair")).toMatchObject(WHOLE);
  });

  test("names a damaged token, and with --repair puts it aside, every byte of it", async () => {
    const one = await patient();
    const [id = ""] = one.ids;
    const cell = join(one.home, "vault", "tokens", id);
    const [file = ""] = readdirSync(cell);
    truncateSync(join(cell, file), 50);
    expect(await one.fob(["doctor"])).toMatchObject({
      stdout: expect.stringMatching(/vault +failed +ACME: .* is damaged/),
      exitCode: 6,
    });
    expect(readdirSync(cell)).toHaveLength(1);
    const repaired = await one.fob(["doctor", "--repair"]);
    const aside = readdirSync(join(one.home, "vault")).filter((name) =>
      name.startsWith(`damaged-token-${id}-`),
    );
    expect(aside).toHaveLength(1);
    expect(repaired).toMatchObject({
      stdout: expect.stringContaining(aside[0] ?? ""),
      exitCode: 0,
    });
    expect(readdirSync(join(one.home, "vault", aside[0] ?? ""))).toEqual([file]);
    expect(await one.examine()).toMatchObject(WHOLE);
    expect(await listed(one)).not.toContain("ACME");
    expect((await one.fob(["code", "Example"])).exitCode).toBe(0);
  });

  test("leaves the vault closed where nobody can give the app PIN", async () => {
    const one = await patient();
    await one.fob(["pin", "set"], { env: { FOB_PIN: "83517" } });
    expect(await one.examine()).toMatchObject({ keychain: "ok", vault: "skipped" });
  });

  test("follows no link out of the home", async () => {
    const [one, other] = [await patient(), testHome()];
    chmodSync(other.home, 0o755);
    symlinkSync(other.home, join(one.home, "elsewhere"));
    expect(await one.examine("--repair")).toMatchObject({ rights: "ok" });
    expect(statSync(other.home).mode & 0o777).toBe(0o755);
  });
});
