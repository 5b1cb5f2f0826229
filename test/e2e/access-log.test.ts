import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectTo } from "../agent/agent.ts";
import { HOTP_URI, homesLike, homesToLock, type TestHome, TOTP_URI } from "./fob.ts";

const PIN = { env: { FOB_PIN: "83517" } };

const locked = homesToLock();

const prepared = homesLike(async ({ fob }) => {
  await fob(["enroll", "-"], { input: [HOTP_URI, TOTP_URI].join("\n") });
  await fob(["pin", "set"], PIN);
});

async function enrolled(): Promise<TestHome> {
  return locked(await prepared());
}

/** The entries of the log, the newest first. */
async function logOf({ fob }: TestHome, ...args: readonly string[]) {
  const { stdout, stderr, exitCode } = await fob(["access", "log", "--json", ...args], PIN);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  return JSON.parse(stdout) as readonly Readonly<Record<string, unknown>>[];
}

test("fob without an agent and a grant leaves no log", async () => {
  const home = await enrolled();
  await home.fob(["code", "Example"], PIN);
  expect(readdirSync(join(home.home, "vault"))).not.toContain("access-log");
  expect(await home.fob(["access", "log"], PIN)).toMatchObject({ exitCode: 0, stdout: "" });
});

test("a grant writes what it does, and reads nothing", async () => {
  const home = await enrolled();
  const made = await home.fob(["access", "grant", "ci", "--token", "ACME", "Example"], PIN);
  const script = { env: { FOB_GRANT: made.stdout.trim(), FOB_NO_INPUT: "1" } };
  await home.fob(["code", "ACME"], script);
  await home.fob(["access", "confirm", "Example", "others"], PIN);
  expect(await home.fob(["code", "Example"], script)).toMatchObject({ exitCode: 4 });
  expect(await home.fob(["access", "log"], script)).toMatchObject({ exitCode: 4, stdout: "" });
  const [denied, allowed, ...others] = await logOf(home);
  expect(denied).toMatchObject({ token: "Example", grant: "ci", allowed: false, asked: false });
  expect(allowed).toMatchObject({ token: "ACME", grant: "ci", allowed: true, times: 1 });
  expect(others).toEqual([]);
  if (process.platform === "linux") expect(allowed?.["program"]).toMatch(/^\/.* < /);
  expect(await logOf(home, "ACME")).toEqual([allowed]);
  expect(await logOf(home, "ci")).toEqual([denied, allowed]);
  expect(await home.fob(["access", "log", "nobody"], PIN)).toMatchObject({ exitCode: 3 });
});

test("an agent writes what it gives, by whom, and shows it without the app PIN", async () => {
  const home = await enrolled();
  const { socket } = JSON.parse((await home.fob(["unlock", "--json"], PIN)).stdout);
  const client = await connectTo(socket);
  for (let i = 0; i < 1_000; i++) await client.ask("code Example");
  await home.fob(["code", "ACME"]);
  const shown = await home.fob(["access", "log", "--json"]);
  expect(shown).toMatchObject({ exitCode: 0, stderr: "" });
  const uses: readonly Readonly<Record<string, unknown>>[] = JSON.parse(shown.stdout);
  const counted = uses.filter(({ token }) => token === "Example");
  expect(counted.length).toBeLessThanOrEqual(2);
  expect(counted.reduce((sum, { times }) => sum + Number(times), 0)).toBe(1_000);
  expect(uses.filter(({ token }) => token === "ACME")).toMatchObject([
    { allowed: true, asked: false, times: 1, grant: null },
  ]);
  client.socket.destroy();
  // what is left is written when it locks
  const last = await connectTo(socket);
  await last.ask("code Example");
  last.socket.destroy();
  await home.fob(["lock"]);
  const total = (await logOf(home, "Example")).reduce((sum, { times }) => sum + Number(times), 0);
  expect(total).toBe(1_001);
});
