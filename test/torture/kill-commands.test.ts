import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FOB, HOTP_URI, type TestHome, testHome } from "../e2e/fob.ts";
import { cutOffAfter } from "../waiting.ts";

/** `npm run torture` kills a thousand times. */
const KILLS = process.env["MODE"] === "torture" ? 1_000 : 15;

/**
 * Longer than a command takes, in milliseconds, so that some come to their end; PINs are slow on
 * purpose.
 */
const LATEST = { plain: 450, pin: 1_500 };

const PIN = "83517";
const OTHER_PIN = "90210";

/** Every command that writes, on the tokens `t0`, `t1`, ... of the home; `i` makes names new. */
const WRITERS: readonly ((i: number) => {
  readonly args: readonly string[];
  readonly input?: string;
})[] = [
  () => ({ args: ["code", "counter"] }),
  (i) => ({
    args: ["enroll", "-"],
    input: HOTP_URI.replaceAll("ACME", `new${i}`).replaceAll("ann", `new${i}`),
  }),
  (i) => ({ args: ["rename", "t0", `t0-${i}`] }),
  () => ({ args: ["favorite", "t1"] }),
  () => ({ args: ["favorite", "t1", "--off"] }),
  () => ({ args: ["remove", "t2", "--yes"] }),
  () => ({ args: ["restore", "t2"] }),
  () => ({ args: ["access", "domain", "t3", "FF"] }),
  () => ({ args: ["access", "domain", "t3", "00"] }),
  (i) => ({ args: ["access", "grant", `g${i % 3}`, "--token", "counter", "t1"] }),
  (i) => ({ args: ["access", "revoke", `g${i % 3}`] }),
  () => ({ args: ["pin", "set", "t4", "--pin-file", "-"], input: PIN }),
  () => ({ args: ["pin", "change", "t4", "--pin-file", "-"], input: `${PIN}\n${OTHER_PIN}` }),
  () => ({ args: ["pin", "change", "t4", "--pin-file", "-"], input: `${OTHER_PIN}\n${PIN}` }),
  () => ({ args: ["pin", "remove", "t4", "--pin-file", "-"], input: PIN }),
  () => ({ args: ["doctor", "--repair"] }),
  (i) => ({ args: ["import", `import-${i % 2}`] }),
];

/**
 * Starts a command and kills it after a while. Returns its exit code, or null when it was killed.
 */
function runAndKill(
  home: TestHome,
  { args, input = "" }: ReturnType<(typeof WRITERS)[number]>,
  after: number,
) {
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home.home,
    FOB_HOME: home.home,
    FOB_KEYCHAIN: "file",
  };
  const child = spawn(process.execPath, [FOB, ...args], {
    env,
    cwd: home.home,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.stdin.once("error", () => undefined);
  child.stdin.end(input);
  cutOffAfter(child, after, "SIGKILL");
  return new Promise<number | null>((resolve) => child.once("close", resolve));
}

async function listed({ fob }: TestHome, ...args: readonly string[]): Promise<string[]> {
  const { stdout, stderr, exitCode } = await fob([...args, "--json"]);
  expect({ args, stderr, exitCode }).toMatchObject({ exitCode: 0 });
  return JSON.parse(stdout).map(({ id }: { id: string }) => id);
}

test(`${KILLS} kills of writing commands lose no token and repeat no counter`, {
  timeout: KILLS * 5_000,
}, async () => {
  const home = testHome();
  const { fob } = home;
  const names = ["counter", "t0", "t1", "t2", "t3", "t4"];
  const uris = names.map((name) => HOTP_URI.replaceAll("ACME", name).replaceAll("ann", name));
  await fob(["enroll", "-"], { input: uris.join("\n") });
  for (const i of [0, 1])
    writeFileSync(join(home.home, `import-${i}`), HOTP_URI.replaceAll("ACME", `imported${i}`));
  const ids = await listed(home, "list");
  let last = -1;
  for (let i = 0; i < KILLS; i++) {
    const write = WRITERS[Math.floor(Math.random() * WRITERS.length)]?.(i) ?? { args: ["list"] };
    const isAboutPin = write.args[0] === "pin";
    const status = await runAndKill(
      home,
      write,
      Math.random() * (isAboutPin ? LATEST.pin : LATEST.plain),
    );
    // all of the contract's but 1, an unforeseen failure
    expect({ ...write, status }).toMatchObject({ status: expect.toSatisfy((code) => code !== 1) });
    const present = [...(await listed(home, "list")), ...(await listed(home, "restore"))];
    expect({ ...write, lost: ids.filter((id) => !present.includes(id)) }).toMatchObject({
      lost: [],
    });
    const { counter } = JSON.parse((await fob(["code", "counter", "--json"])).stdout);
    expect({ ...write, isLater: counter > last }).toMatchObject({ isLater: true });
    last = counter;
    // the PIN is there or not, and never something else; a right one also clears the attempts that
    // kills left counted
    if (isAboutPin)
      expect(await fob(["code", "t4"], { env: { FOB_PIN: PIN } })).toMatchObject({ exitCode: 0 });
  }
  const repaired = await fob(["doctor", "--repair"]);
  expect(repaired).toMatchObject({
    exitCode: 0,
    stdout: expect.not.stringMatching(/failed|index +warning/),
  });
  expect((await fob(["doctor"])).stdout).not.toMatch(
    /(rights|keychain|vault|index|leftovers) +(warning|failed)/,
  );
});
