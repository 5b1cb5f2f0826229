import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HOTP_URI, testHome } from "./fob.ts";

test.each(["nofile.png", "folder/tokens.json", "./tokens"])(
  "inspect says that %s does not exist",
  async (path) => {
    const { fob } = testHome();
    expect(await fob(["inspect", path])).toMatchObject({
      exitCode: 6,
      stdout: "",
      stderr: `fob: ${path} does not exist\n`,
    });
  },
);

test("inspect says of other words that they are no enrollment string", async () => {
  const { fob } = testHome();
  const outcome = await fob(["inspect", "hello"]);
  expect(outcome.exitCode).toBe(6);
  expect(outcome.stdout).toContain("is not an enrollment string");
});

test("enroll warns about the secret of the documentation", async () => {
  const { fob } = testHome();
  const input = "otpauth://totp/ACME:ann?secret=JBSWY3DPEHPK3PXP&issuer=ACME";
  const outcome = await fob(["enroll", "-"], { input });
  expect(outcome.exitCode).toBe(0);
  expect(outcome.stderr).toContain("warning: ACME: the secret is one from documentation");
});

test("verify says that a passcode has another length", async () => {
  const { fob } = testHome();
  await fob(["enroll", "-"], { input: HOTP_URI });
  expect(await fob(["verify", "ACME", "755"])).toMatchObject({
    exitCode: 2,
    stdout: "",
    stderr: "fob: a passcode of this token has 6 characters, and 3 were given\n",
  });
});

test("verify asks for no PIN where the passcode has another length", async () => {
  const { fob } = testHome();
  await fob(["enroll", "--pin", "-"], { input: HOTP_URI, env: { FOB_PIN: "4711" } });
  expect((await fob(["verify", "ACME", "755224"])).exitCode).toBe(5);
  expect(await fob(["verify", "ACME", "755"])).toMatchObject({ exitCode: 2, stdout: "" });
});

test("verify reads every enrollment string with a scheme, and takes others for names", async () => {
  const { fob } = testHome();
  const verified = await fob(["verify", HOTP_URI, "755224"]);
  expect(verified).toMatchObject({ exitCode: 0 });
  const moved = await fob(["verify", HOTP_URI.replace("otpauth", "apple-otpauth"), "755224"]);
  expect(moved).toMatchObject({ exitCode: 0 });
  expect((await fob(["verify", "otpauth://hotp/ACME", "755224"])).exitCode).toBe(6);
  expect((await fob(["verify", "pia://pipush/ACME?url=x", "755224"])).exitCode).toBe(6);
  expect((await fob(["verify", "https://acme.test/", "755224"])).exitCode).toBe(3);
});

test("JSON that names one-time passwords in its first line is no damaged CSV", async () => {
  const { home, fob } = testHome();
  const file = join(home, "x.json");
  for (const text of ['{"totp": [1, 2], "b": "x\\"y"}', '["totp", "b,\\""]', '"totp, a\\"']) {
    writeFileSync(file, text);
    const outcome = await fob(["import", file]);
    expect(outcome.exitCode).toBe(6);
    expect(outcome.stderr).toContain("is not a file that fob knows");
  }
});
