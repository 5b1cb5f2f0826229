import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hotp } from "#otp/hotp.ts";
import { Vault } from "#vault/vault.ts";
import { isTorture } from "../sampled.ts";
import { anyMoment, cutOffAfter } from "../waiting.ts";
import { addAtOnce } from "./add-at-once.ts";
import { driverFrom } from "./driver.ts";

/** `npm run torture` kills more often. */
const KILLS = isTorture ? 1_000 : 15;
/** How many passcodes each process takes. */
const CODES = isTorture ? 150 : 50;
const SECRET = Buffer.from("12345678901234567890");

const { folder, driver } = driverFrom(new URL("counting-driver.ts", import.meta.url));

/** A vault with one event-based token, and how to let processes take its passcodes. */
function newVault() {
  const home = join(folder, randomBytes(4).toString("hex"));
  const vaultId = randomBytes(16).toString("hex");
  mkdirSync(home);
  const vault = new Vault({ home, vaultId }, randomBytes(32), false);
  const credential = {
    kind: "hotp",
    algorithm: "SHA1",
    digits: 6,
    alphabet: "decimal",
    counter: 0n,
  } as const;
  const names = {
    name: "hot",
    issuer: null,
    account: null,
    serial: null,
    format: "key-uri",
    pin: "none",
  } as const;
  const [token] = addAtOnce(vault, [{ ...names, credential, secret: SECRET }], new Date());
  if (!token) throw new Error("no token was added");
  const start = (count: number) => {
    const child = spawn(process.execPath, [driver, home, vaultId, token.id, String(count)]);
    child.stdin.end(vault.vaultKey.toString("hex"));
    return child;
  };
  return { vault, token, start };
}

/** The lines that a process printed until it ended. */
function linesOf(child: ChildProcess): Promise<string[]> {
  return new Promise((resolve) => {
    let text = "";
    child.stdout?.on("data", (chunk) => {
      text += chunk;
    });
    child.on("close", () => resolve(text.split("\n").slice(0, -1)));
  });
}

function expectRightCodes(lines: readonly string[]): bigint[] {
  return lines.map((line) => {
    const [counter = "", code] = line.split(" ");
    expect(code).toBe(
      hotp({
        secret: SECRET,
        counter: BigInt(counter),
        algorithm: "SHA1",
        digits: 6,
        alphabet: "decimal",
      }),
    );
    return BigInt(counter);
  });
}

function counterOf({ vault, token }: ReturnType<typeof newVault>): bigint {
  const { credential } = vault.read(token.id).token;
  return credential.kind === "hotp" ? credential.counter : -1n;
}

describe("a vault under fire", () => {
  test(`repeats and loses nothing in ${KILLS} kills at any moment`, {
    timeout: 300_000,
  }, async () => {
    const fresh = newVault();
    const counters: bigint[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const child = fresh.start(1_000_000);
      const lines = linesOf(child);
      await new Promise((resolve) => child.stdout.once("data", resolve));
      await anyMoment(12);
      child.kill("SIGKILL");
      counters.push(...expectRightCodes(await lines));
      // a process that was killed may have taken a counter without printing it, never the other way
      // round
      expect(counterOf(fresh)).toBeGreaterThan(counters.at(-1) ?? 0n);
    }
    expect(counters.length).toBeGreaterThanOrEqual(KILLS);
    expect(counters.every((counter, i) => i === 0 || counter > (counters[i - 1] ?? 0n))).toBe(true);
    expect(Number(counterOf(fresh)) - counters.length).toBeLessThanOrEqual(KILLS);
    expect(fresh.vault.entries().map(({ name }) => name)).toEqual(["hot"]);
  });

  test("gives every counter to exactly one of 8 processes, without gaps", {
    timeout: 120_000,
  }, async () => {
    const fresh = newVault();
    const all = await Promise.all(Array.from({ length: 8 }, () => linesOf(fresh.start(CODES))));
    const counters = expectRightCodes(all.flat()).sort((a, b) => Number(a - b));
    expect(counters).toEqual(Array.from({ length: 8 * CODES }, (_, i) => BigInt(i)));
    expect(readdirSync(fresh.vault.tokenCell(fresh.token.id).folder)).toHaveLength(1);
  });

  test("stays right when some of many writers are killed", { timeout: 120_000 }, async () => {
    const fresh = newVault();
    const children = Array.from({ length: 12 }, () => fresh.start(CODES));
    const lines = Promise.all(children.map(linesOf));
    for (const child of children.slice(0, 6))
      cutOffAfter(child, 300 + Math.random() * 500, "SIGKILL");
    const counters = expectRightCodes((await lines).flat());
    expect(new Set(counters).size).toBe(counters.length);
    expect(Number(counterOf(fresh)) - counters.length).toBeLessThanOrEqual(6);
  });
});
