import { describe, expect, test } from "vitest";
import { filesBelow, HOTP_URI, testHome } from "./fob.ts";

/** An activation string, which nobody answers. */
const STRING = activationString("http://127.0.0.1:9/selfenrollment/dskpp.aspx?sc=ABCDEFGHIJ");

function activationString(url: string): string {
  return Buffer.from(`EnrollmentURL=${url}\nUserID=ann\nPassphrase=3582AF0C3E`).toString("base64");
}

describe("fob enroll, where a server makes the token", () => {
  test("says whom it would ask, and asks nobody, when it is tried out", async () => {
    const { fob, home } = testHome();
    const { stdout, exitCode } = await fob(["enroll", "-", "--dry-run"], { input: STRING });
    expect({ stdout, exitCode }).toEqual({
      stdout: "would ask 127.0.0.1:9 for a token for ann (activation-string)\n",
      exitCode: 0,
    });
    const json = JSON.parse((await fob(["enroll", "-", "--dry-run", "--json"], { input: STRING })).stdout);
    expect(json).toEqual([
      {
        ...{ name: null, issuer: null, account: "ann", serial: null },
        ...{ format: "activation-string", server: "127.0.0.1:9", dryRun: true },
      },
    ]);
    expect(filesBelow(home)).toEqual([]);
  });

  test("stores nothing when the server cannot be reached", async () => {
    const { fob } = testHome();
    const { stdout, stderr, exitCode } = await fob(["enroll", "-"], { input: `${HOTP_URI}\n${STRING}` });
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 8 });
    expect(stderr).not.toContain("3582AF0C3E");
    expect((await fob(["list"])).stdout).toBe("");
  });

  test.each([
    ["--trace", ["--trace", "enrollment.log"]],
    ["--insecure", ["--insecure"]],
  ])("refuses %s where no server is asked", async (option, args) => {
    const { fob } = testHome();
    const { stderr, exitCode } = await fob(["enroll", "-", ...args], { input: HOTP_URI });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`fob: ${option} is for enrollments with a server`);
  });

  test("gives one name to one token alone", async () => {
    const { fob } = testHome();
    const outcome = await fob(["enroll", "-", "--name", "vpn", "--dry-run"], { input: `${HOTP_URI}\n${STRING}` });
    expect(outcome).toMatchObject({ exitCode: 2, stderr: "fob: --name is for one token, and 2 were given\n" });
  });
});
