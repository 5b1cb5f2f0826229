import { expect, test } from "vitest";
import { HOTP_URI, RFC_CODES, type TestHome, testHome } from "./fob.ts";

async function enrolled(): Promise<TestHome> {
  const home = testHome();
  await home.fob(["enroll", "-"], { input: HOTP_URI });
  return home;
}

const PIN = { env: { FOB_PIN: "83517" } };

test("a token answers under the condition of its access domain alone", async () => {
  const { fob } = await enrolled();
  expect((await fob(["access", "domain", "ACME"])).stdout).toBe("ACME: 00 (full access)\n");
  expect(await fob(["access", "domain", "ACME", "none"])).toMatchObject({
    stdout: "ACME: FF (no access)\n",
    stderr: "",
  });
  expect(await fob(["code", "ACME"])).toMatchObject({ exitCode: 4, stdout: "" });
  expect(await fob(["access", "domain", "ACME", "02", "--json"])).toMatchObject({
    stdout: expect.stringContaining('"accessDomain": "02"'),
    stderr: expect.stringContaining("ACME has no PIN yet"),
  });
  expect(await fob(["code", "ACME"])).toMatchObject({ exitCode: 5, stdout: "" });
  await fob(["pin", "set", "ACME"], PIN);
  expect(await fob(["code", "ACME"])).toMatchObject({ exitCode: 5, stdout: "" });
  expect(await fob(["code", "ACME"], PIN)).toMatchObject({
    exitCode: 0,
    stdout: `${RFC_CODES[0]}\n`,
  });
});

test("an app PIN is a PIN as well", async () => {
  const { fob } = await enrolled();
  await fob(["pin", "set"], PIN);
  await fob(["access", "domain", "ACME", "pin"], PIN);
  expect(await fob(["code", "ACME"])).toMatchObject({ exitCode: 5 });
  expect((await fob(["code", "ACME"], PIN)).stdout).toBe(`${RFC_CODES[0]}\n`);
});

test("to loosen it, the token's PIN is needed", async () => {
  const { fob } = await enrolled();
  await fob(["pin", "set", "ACME"], PIN);
  expect(await fob(["access", "domain", "ACME", "FF"])).toMatchObject({ exitCode: 0 });
  expect(await fob(["access", "domain", "ACME", "00"])).toMatchObject({ exitCode: 5 });
  expect(
    await fob(["access", "domain", "ACME", "00"], { env: { FOB_PIN: "99999" } }),
  ).toMatchObject({ exitCode: 4 });
  expect(await fob(["code", "ACME"], PIN)).toMatchObject({ exitCode: 4 });
  expect(await fob(["access", "domain", "ACME", "full"], PIN)).toMatchObject({ exitCode: 0 });
  expect((await fob(["code", "ACME"], PIN)).stdout).toBe(`${RFC_CODES[0]}\n`);
});

test.each([["01"], ["__proto__"], ["constructor"]])("%s is no access domain", async (domain) => {
  const { fob } = await enrolled();
  expect(await fob(["access", "domain", "ACME", domain])).toMatchObject({
    exitCode: 2,
    stdout: "",
  });
});
