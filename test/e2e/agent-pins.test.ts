import { cpSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { inQuickTime } from "../quick-time.ts";
import { HOTP_URI, RFC_CODES, RFC_SECRET, type TestHome, TOTP_URI, testHome } from "./fob.ts";

const APP = "83517";
const BANK = "90210";
const SHOP = "46372";
const MOTP = "1234";

const OCRA_URI = `otpauth://ocra/Ocra:ann?secret=${RFC_SECRET}&suite=OCRA-1%3AHOTP-SHA256-8%3AQN08-PSHA1&issuer=Ocra`;

let open: TestHome | null = null;

afterEach(async () => {
  await open?.fob(["lock"]);
  open = null;
});

let model: TestHome;
let removeModel: () => void;

/** A vault with an app PIN, two tokens with PINs of their own, and two whose use takes a PIN. */
beforeAll(async () => {
  model = testHome((remove) => {
    removeModel = remove;
  });
  const { fob } = model;
  const bank = HOTP_URI.replaceAll("ACME", "Bank");
  const shop = TOTP_URI.replaceAll("Example", "Shop");
  const motp = "motp://Motp:ann?secret=1f2e3d4c5b6a79880102030405060708";
  const yandex = "otpauth://yaotp/Yandex:ann?secret=LA2V6KMCGYMWWVEW64RNP3JA3IAAAAAAHTSG4HRZPI";
  const { exitCode } = await fob(["enroll", "-"], {
    input: [HOTP_URI, bank, shop, motp, yandex, OCRA_URI].join("\n"),
  });
  expect(exitCode).toBe(0);
  for (const [name, pin] of [
    ["Bank", BANK],
    ["Shop", SHOP],
  ] as const)
    expect((await fob(["pin", "set", name], { env: { FOB_PIN: pin } })).exitCode).toBe(0);
  await fob(["pin", "set"], { env: { FOB_PIN: APP } });
});

afterAll(() => removeModel());

/** A home with that vault. */
function guarded(): TestHome {
  const home = testHome();
  cpSync(model.home, home.home, { recursive: true });
  return home;
}

async function unlock(home: TestHome): Promise<void> {
  open = home;
  expect((await home.fob(["unlock"], { env: { FOB_PIN: APP } })).exitCode).toBe(0);
}

/** How many wrong PINs the tokens still allow. */
async function attemptsLeft({ fob }: TestHome): Promise<unknown[]> {
  const left = [];
  for (const name of ["Bank", "Shop"]) {
    const { stdout } = await fob(["pin", "status", name, "--json"], { env: { FOB_PIN: APP } });
    left.push(JSON.parse(stdout).attemptsLeft);
  }
  return left;
}

const at = ["--at", "2030-01-01T00:00:00Z"];

/** Command lines, and the PINs that they ask for behind the app PIN. */
const SCRIPTS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["a passcode", ["code", "Bank"], [BANK]],
  ["passcodes of two tokens", ["code", "Bank", "Shop"], [BANK, SHOP]],
  ["a resynchronization", ["resync", "Bank", ...RFC_CODES.slice(2, 4)], [BANK]],
  ["a check", ["verify", "Bank", RFC_CODES[0] ?? ""], [BANK]],
  ["a Mobile-OTP passcode", ["code", "Motp", ...at], [MOTP]],
  ["a passcode of Yandex", ["code", "Yandex", ...at], ["7586"]],
  ["a response", ["challenge", "Ocra", "12345678"], ["4711"]],
  [
    "a program",
    ["run", "--token", "Bank", "--", process.execPath, "-p", "process.env.FOB_CODE"],
    [BANK],
  ],
  ["a new token with a PIN", ["enroll", "-", "--pin"], ["75319"]],
];

describe("PINs one a line, the app PIN first", () => {
  test.each(SCRIPTS)("give %s with an agent as without one", async (_, args, pins) => {
    const input = args[0] === "enroll" ? TOTP_URI.replaceAll("Example", "New") : "";
    const script = { input, env: { FOB_PIN: [APP, ...pins].join("\n") } };
    const outcomes = [];
    for (const isHeld of [false, true]) {
      const home = guarded();
      if (isHeld) await unlock(home);
      const { stdout, exitCode } = await home.fob(args, script);
      expect(await attemptsLeft(home)).toEqual([10, 10]);
      // what time it is is not the script's
      outcomes.push({ exitCode, stdout: args.includes("Shop") ? stdout.length : stdout });
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[0]).toMatchObject({ exitCode: 0 });
  });
});

test.each(SCRIPTS)("with an agent, %s needs no line for the app PIN", async (_, args, pins) => {
  const home = guarded();
  await unlock(home);
  const input = args[0] === "enroll" ? TOTP_URI.replaceAll("Example", "New") : "";
  expect(await home.fob(args, { input, env: { FOB_PIN: pins.join("\n") } })).toMatchObject({
    exitCode: 0,
  });
});

/** The wrong app PINs that are still allowed. */
async function appAttemptsLeft({ fob }: TestHome): Promise<unknown> {
  return JSON.parse((await fob(["pin", "status", "--json"], { env: { FOB_PIN: APP } })).stdout)
    .attemptsLeft;
}

test("an agent that hangs is waited for and named, and the PIN of a token is never the app's", async () => {
  const home = guarded();
  await unlock(home);
  const { pid } = JSON.parse((await home.fob(["agent", "status", "--json"])).stdout);
  process.kill(pid, "SIGSTOP");
  const asked = [
    ["code", "Bank"],
    ["agent", "status"],
    ["agent", "start"],
  ];
  for (const args of asked)
    expect(await inQuickTime(50, () => home.fob(args, { env: { FOB_PIN: BANK } }))).toMatchObject({
      exitCode: 8,
      stderr: `fob: the agent (process ${pid}) runs and does not answer\nhint: \`fob lock\` ends it, \`fob unlock\` starts another one\n`,
    });
  expect(await inQuickTime(50, () => home.fob(["lock"]))).toMatchObject({ exitCode: 0 });
  expect(await appAttemptsLeft(home)).toBe(10);
});

test("24 right PINs at once wait for each other in the agent, and cost nothing", {
  timeout: 240_000,
}, async () => {
  const home = guarded();
  await unlock(home);
  const script = { env: { FOB_PIN: SHOP } };
  const outcomes = await Promise.all(
    Array.from({ length: 24 }, () => home.fob(["code", "Shop"], script)),
  );
  expect(outcomes.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(
    outcomes.map(() => ({ exitCode: 0, stderr: "" })),
  );
  expect(await attemptsLeft(home)).toEqual([10, 10]);
  expect(await appAttemptsLeft(home)).toBe(10);
});

test("a line too much is no new PIN where there is no app PIN that it could be", async () => {
  const home = testHome();
  await home.fob(["enroll", "-"], { input: HOTP_URI });
  await unlock(home);
  const two = { input: TOTP_URI, env: { FOB_PIN: `${APP}\n${BANK}` } };
  expect(await home.fob(["enroll", "-", "--pin"], two)).toMatchObject({ exitCode: 2 });
});
