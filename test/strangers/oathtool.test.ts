import { execFileSync } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { encodeBase32 } from "#token/base32.ts";
import { testHome } from "../e2e/fob.ts";
import { describeWith } from "../requires.ts";
import { isTorture } from "../sampled.ts";

const TOKENS = isTorture ? 400 : 40;

interface RandomToken {
  readonly uri: string;
  readonly oathtool: readonly string[];
}

describeWith({ oathtool: "oathtool" }, "a second opinion", () => {
  test(`oathtool gives the same passcodes for ${TOKENS} random tokens`, {
    timeout: 120_000,
  }, async () => {
    const { fob } = testHome();
    const time = randomInt(1, 4_000_000_000);
    const tokens = Array.from({ length: TOKENS }, (_, i) =>
      i % 2 === 0 ? timeBased(i, time) : eventBased(i),
    );
    const enrolled = await fob(["enroll", "-", "--quiet"], {
      input: tokens.map(({ uri }) => uri).join("\n"),
    });
    expect(enrolled).toMatchObject({ exitCode: 0, stderr: "" });
    const names = tokens.map((_, i) => `t${i}`);
    const even = names.filter((_, i) => i % 2 === 0);
    const odd = names.filter((_, i) => i % 2 === 1);
    const codes = [
      ...JSON.parse((await fob(["code", ...even, "--json", "--at", `@${time}`])).stdout),
      ...JSON.parse((await fob(["code", ...odd, "--json"])).stdout),
    ];
    const ours = new Map(
      codes.map(({ name, code }: { name: string; code: string }) => [name, code]),
    );
    for (const [i, { uri, oathtool }] of tokens.entries()) {
      const theirs = execFileSync("oathtool", oathtool, { encoding: "utf8" }).trim();
      expect(`${uri} ${ours.get(`t${i}`)}`).toBe(`${uri} ${theirs}`);
    }
  });

  const [ONE, MANY] = ["PE", encodeBase32(randomBytes(512))];
  const LAST = 2n ** 64n - 1n;

  test.each([
    ["a key of one byte, a step of one second", ONE, 1, 0],
    ["a key of 512 bytes, a step of a day", MANY, 86_400, 0],
    ["the last second of a day's step", MANY, 86_400, 86_399],
    ["the first second of the next one", MANY, 86_400, 86_400],
    ["the first second of 1970", ONE, 30, 0],
    ["a time after 2106", MANY, 30, 2 ** 33],
  ])("and so it does with %s", async (_, secret, period, time) => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: `otpauth://totp/t?secret=${secret}&period=${period}` });
    const theirs = opinion("--totp", "-b", "-s", `${period}s`, "-N", `@${time}`, secret);
    expect((await fob(["code", "t", "--at", `@${time}`])).stdout).toBe(theirs);
  });

  test("and so it does up to the last counter, after which there is none", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: `otpauth://hotp/t?secret=${MANY}&counter=${LAST - 1n}` });
    for (const counter of [LAST - 1n, LAST])
      expect((await fob(["code", "t"])).stdout).toBe(opinion("-b", "-c", String(counter), MANY));
    expect(await fob(["code", "t"])).toMatchObject({
      exitCode: 6,
      stdout: "",
      stderr: "fob: the counter of t has reached its end\n",
    });
    expect((await fob(["export", "t", "--unencrypted"])).exitCode).toBe(2);
    expect((await fob(["list"])).exitCode).toBe(0);
  });

  test("and there is none before the first step, or before 1970", async () => {
    const { fob } = testHome();
    const start = 2_000_000_010;
    await fob(["enroll", "-"], { input: `otpauth://totp/t?secret=${MANY}&t0=${start}` });
    const theirs = opinion("--totp", "-b", "-S", `@${start}`, "-N", `@${start + 29}`, MANY);
    expect((await fob(["code", "t", "--at", `@${start + 29}`])).stdout).toBe(theirs);
    const early = await fob(["code", "t", "--at", `@${start - 1}`]);
    expect([early.exitCode, early.stdout]).toEqual([6, ""]);
    expect(early.stderr).toContain(`the time is before the token's first step (${start})`);
    for (const time of ["1969-12-31T23:59:59Z", "@-1", "-40000d"]) {
      const { exitCode, stdout, stderr } = await fob(["code", "t", "--at", time]);
      expect([exitCode, stdout]).toEqual([2, ""]);
      expect(stderr).toContain("it is before 1970");
    }
  });
});

const opinion = (...args: readonly string[]) =>
  execFileSync("oathtool", args, { encoding: "utf8" });

function timeBased(i: number, time: number): RandomToken {
  const secret = encodeBase32(randomBytes(randomInt(1, 64)));
  const algorithm = ["SHA1", "SHA256", "SHA512"][randomInt(3)] ?? "SHA1";
  const [digits, period] = [randomInt(6, 9), randomInt(15, 61)];
  return {
    uri: `otpauth://totp/t${i}?secret=${secret}&algorithm=${algorithm}&digits=${digits}&period=${period}`,
    oathtool: [
      `--totp=${algorithm.toLowerCase()}`,
      "-b",
      "-d",
      String(digits),
      "-s",
      `${period}s`,
      "-N",
      `@${time}`,
      secret,
    ],
  };
}

function eventBased(i: number): RandomToken {
  const secret = encodeBase32(randomBytes(randomInt(1, 64)));
  const [digits, counter] = [randomInt(6, 9), randomInt(2 ** 40)];
  return {
    uri: `otpauth://hotp/t${i}?secret=${secret}&digits=${digits}&counter=${counter}`,
    oathtool: ["--hotp", "-b", "-d", String(digits), "-c", String(counter), secret],
  };
}
