import { execFileSync } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { encodeBase32 } from "#token/base32.ts";
import { testHome } from "../e2e/fob.ts";
import { describeWith } from "../requires.ts";

const TOKENS = 400;

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
});

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
