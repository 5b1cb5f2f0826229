import { expect, test } from "vitest";
import { filesBelow, HOTP_URI, RFC_CODES, type TestHome, testHome } from "./fob.ts";

const pin = (FOB_PIN: string) => ({ env: { FOB_PIN } });

/** The old PIN and the new one, as a script gives them. */
const pins = (...lines: string[]) => ({ env: { FOB_PIN: lines.join("\n") } });

/** A home with an event-based token whose issuer wants this PIN policy. */
async function enrolled(policy: string, firstPin = "83517"): Promise<TestHome> {
  const home = testHome();
  const uri = `${HOTP_URI}&pinpolicy=${encodeURIComponent(policy)}`;
  expect(await home.fob(["enroll", "-"], { input: uri, ...pin(firstPin) })).toMatchObject({
    exitCode: 0,
  });
  return home;
}

async function status({ fob }: TestHome) {
  return JSON.parse((await fob(["pin", "status", "ACME", "--json"])).stdout);
}

test("comes with the enrollment, and the PIN must keep to it", async () => {
  const home = testHome();
  const uri = `${HOTP_URI}&pinpolicy=min%3D6%2Calphabet%3Dnumeric`;
  expect(await home.fob(["enroll", "-"], { input: uri })).toMatchObject({ exitCode: 5 });
  expect(await home.fob(["enroll", "-"], { input: uri, ...pin("8351") })).toMatchObject({
    exitCode: 6,
    stderr: expect.stringContaining("this PIN is refused (too-short)"),
  });
  expect(await home.fob(["enroll", "-"], { input: uri, ...pin("83517a") })).toMatchObject({
    exitCode: 6,
    stderr: expect.stringContaining("this PIN is refused (alphabet)"),
  });
  expect(await home.fob(["list", "--json"])).toMatchObject({ stdout: "[]\n" });
  expect(await home.fob(["enroll", "-"], { input: uri, ...pin("835170") })).toMatchObject({
    exitCode: 0,
  });
  expect(await home.fob(["code", "ACME"])).toMatchObject({ exitCode: 5 });
  expect(await home.fob(["pin", "remove", "ACME"], pin("835170"))).toMatchObject({
    exitCode: 4,
    stderr: "fob: the issuer of ACME asks for a PIN: it can be changed, not removed\n",
  });
  expect((await home.fob(["code", "ACME"], pin("835170"))).stdout).toBe(`${RFC_CODES[0]}\n`);
});

test("of the server leaves the passcode alone", async () => {
  const home = testHome();
  await home.fob(["enroll", "-"], { input: `${HOTP_URI}&pinpolicy=server` });
  expect((await home.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  expect(await status(home)).toMatchObject({ type: "server", attemptsLeft: null });
  expect(await home.fob(["pin", "set", "ACME"], pin("83517"))).toMatchObject({ exitCode: 2 });
});

test("that is wrong is refused with its rule, and nothing is stored", async () => {
  const home = testHome();
  expect(
    await home.fob(["enroll", "-"], { input: `${HOTP_URI}&pinpolicy=days%3D0` }),
  ).toMatchObject({
    exitCode: 6,
    stderr: expect.stringContaining('the PIN policy is wrong: days is "0"'),
  });
  expect((await home.fob(["list", "--json"])).stdout).toBe("[]\n");
});

test("locks after its own number of attempts", async () => {
  const home = await enrolled("attempts=2");
  await home.fob(["code", "ACME"], pin("11112"));
  await home.fob(["code", "ACME"], pin("11112"));
  expect(await home.fob(["code", "ACME"], pin("83517"))).toMatchObject({ exitCode: 5 });
  expect(await status(home)).toMatchObject({ attemptsLeft: 0, locked: true, wiped: false });
});

test("wipes the secret after its number of attempts, whoever holds a key to it", async () => {
  const home = await enrolled("attempts=2,at-limit=wipe");
  const grant = (
    await home.fob(["access", "grant", "ci", "--token", "ACME"], pin("83517"))
  ).stdout.trim();
  const env = { FOB_GRANT: grant };
  expect((await home.fob(["code", "ACME"], { env })).stdout).toBe(`${RFC_CODES[0]}\n`);
  const codes = { input: "a1b2c-d3e4f\nb1b2c-d3e4f\n", ...pin("83517") };
  expect((await home.fob(["codes", "add", "ACME", "-"], codes)).exitCode).toBe(0);
  const size = () =>
    filesBelow(home.home).filter((file) => /\/tokens\/[^/]+\/[0-9]+$/.test(file)).length;
  expect(await home.fob(["code", "ACME"], pin("11112"))).toMatchObject({ exitCode: 4 });
  expect(await home.fob(["code", "ACME"], pin("11112"))).toMatchObject({
    exitCode: 4,
    stderr:
      "fob: wrong PIN for ACME, the last one: its secret was wiped\nhint: a new enrollment is the way out: ask its issuer, then `fob enroll --replace`\n",
  });
  const gone = {
    exitCode: 5,
    stderr: expect.stringContaining("the secret of ACME was wiped after too many wrong PINs"),
  };
  expect(await home.fob(["code", "ACME"], pin("83517"))).toMatchObject(gone);
  expect(await home.fob(["code", "ACME"], { env })).toMatchObject(gone);
  expect(size()).toBe(1);
  expect(await status(home)).toMatchObject({ locked: true, wiped: true });
  expect((await home.fob(["pin", "status", "ACME"])).stdout).toMatch(
    /^locked +yes, and its secret was wiped$/m,
  );
  // nothing counts codes that went with the secret
  expect(await home.fob(["codes", "list"])).toMatchObject({
    stdout: "ACME\t0\t2\n",
    stderr: "ACME: its codes went with its secret, which too many wrong PINs have wiped\n",
  });
  expect((await home.fob(["show", "ACME"])).stdout).toMatch(/^codes left +0$/m);
  for (const command of ["list", "doctor"]) {
    const { stdout, stderr } = await home.fob([command]);
    expect(stdout + stderr).not.toContain("few codes");
  }
  // it is still listed, a backup of the others is possible, and a new enrollment takes its place
  expect((await home.fob(["list"])).stdout).toContain("ACME");
  await home.fob(["enroll", "-"], { input: HOTP_URI.replaceAll("ACME", "Other") });
  expect(await home.fob(["export", "--yes"])).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("Other"),
    stderr: expect.stringContaining("wiped"),
  });
  expect(await home.fob(["enroll", "-", "--replace"], { input: HOTP_URI })).toMatchObject({
    exitCode: 0,
  });
  expect((await home.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
});

test("remembers the last PINs, the current one among them", { timeout: 120_000 }, async () => {
  const home = await enrolled("history=2", "83517");
  const change = (from: string, to: string) => home.fob(["pin", "change", "ACME"], pins(from, to));
  const refused = {
    exitCode: 6,
    stderr: expect.stringContaining("this PIN is refused (history): it is one of the last 2"),
  };
  expect(await change("83517", "83517")).toMatchObject(refused);
  expect(await change("83517", "27954")).toMatchObject({ exitCode: 0 });
  expect(await change("27954", "83517")).toMatchObject(refused);
  expect(await change("27954", "60381")).toMatchObject({ exitCode: 0 });
  expect(await change("60381", "83517")).toMatchObject({ exitCode: 0 });
  expect((await home.fob(["code", "ACME"], pin("83517"))).stdout).toBe(`${RFC_CODES[0]}\n`);
});

test("makes a PIN that somebody else chose good for one thing: choosing another", async () => {
  const home = await enrolled("change-first");
  expect(await status(home)).toMatchObject({ mustChange: true });
  expect(await home.fob(["code", "ACME"], pin("83517"))).toMatchObject({
    exitCode: 5,
    stdout: "",
    stderr:
      "fob: the PIN of ACME must be changed: it was chosen by somebody else\nhint: `fob pin change ACME`\n",
  });
  expect(await home.fob(["pin", "change", "ACME"], pins("83517", "27954"))).toMatchObject({
    exitCode: 0,
  });
  expect(await status(home)).toMatchObject({ mustChange: false });
  expect((await home.fob(["code", "ACME"], pin("27954"))).stdout).toBe(`${RFC_CODES[0]}\n`);
});

test("lets a PIN expire after its days", async () => {
  const home = await enrolled("days=90");
  const { setAt, expiresAt, mustChange } = await status(home);
  expect(mustChange).toBe(false);
  expect(Date.parse(expiresAt) - Date.parse(setAt)).toBe(90 * 86_400_000);
  expect((await home.fob(["pin", "status", "ACME"])).stdout).toMatch(
    /^policy .*changed every 90 days/m,
  );
});

test("can be the user's own, for a token whose issuer has none", async () => {
  const home = testHome();
  await home.fob(["enroll", "-"], { input: HOTP_URI });
  expect(await home.fob(["pin", "set", "ACME", "--policy", "min=6"], pin("83517"))).toMatchObject({
    exitCode: 6,
  });
  expect(await home.fob(["pin", "set", "--policy", "min=6"], pin("835170"))).toMatchObject({
    exitCode: 2,
  });
  expect(await home.fob(["pin", "set", "ACME", "--policy", "min=6"], pin("835170"))).toMatchObject({
    exitCode: 0,
  });
  expect(await home.fob(["pin", "remove", "ACME"], pin("835170"))).toMatchObject({ exitCode: 0 });
});

test("goes along when an administrator hands the token out, and into a backup", {
  timeout: 120_000,
}, async () => {
  const admin = testHome();
  const rules = "min=6,attempts=3,at-limit=wipe,history=5,days=30,change-first,biometric=no";
  const made = await admin.fob(["provision", "hotp", "--account", "ann", "--pinpolicy", rules]);
  expect(made.stdout).toContain(`pinpolicy=${encodeURIComponent(rules)}`);
  await admin.fob(["enroll", "-"], { input: made.stdout, ...pin("835170") });
  await admin.fob(["pin", "change", "ann"], pins("835170", "279541"));
  const file = `${admin.home}/tokens.age`;
  const backup = await admin.fob(["backup", file], pins("279541", "a long passphrase"));
  expect(backup).toMatchObject({ exitCode: 0 });
  const other = testHome();
  expect(await other.fob(["restore", file], pins("a long passphrase", "603817"))).toMatchObject({
    exitCode: 0,
  });
  expect(
    JSON.parse((await other.fob(["pin", "status", "ann", "--json"])).stdout).policy,
  ).toMatchObject({
    minLength: 6,
    attempts: 3,
    atLimit: "wipe",
    history: 5,
    expiryDays: 30,
    changeFirst: true,
    biometric: false,
    required: true,
  });
});

test("a list of which the secret was wiped has no entry left", async () => {
  const { fob } = testHome();
  await fob(["enroll", "--codes", "-", "--name", "tans"], { input: "1. 100001\n2. 100002\n" });
  const policy = ["--policy", "attempts=1,at-limit=wipe"];
  expect((await fob(["pin", "set", "tans", ...policy], pin("83517"))).exitCode).toBe(0);
  expect((await fob(["code", "tans"], pin("11112"))).stderr).toContain("its secret was wiped");
  expect(JSON.parse((await fob(["show", "tans", "--json"])).stdout)).toMatchObject({ left: 0 });
  const { stdout, stderr } = await fob(["list"]);
  expect(stdout + stderr).not.toContain("few codes");
});
