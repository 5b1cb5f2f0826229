import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { HOTP_URI, RFC_SECRET, testHome } from "./fob.ts";

const FIGURE_10 = fileURLToPath(
  new URL("../enrollment/pskc/fixtures/rfc6030-figure-10.xml", import.meta.url),
);
const FIGURE_6 = new URL("../enrollment/pskc/fixtures/rfc6030-figure-6.xml", import.meta.url);
const KEY = "12345678901234567890123456789012";

describe("fob import of key containers", () => {
  test("takes every serial of a manufacturer's file, and names what is there twice", async () => {
    const { fob } = testHome();
    const outcome = await fob(["import", FIGURE_10, "--json"]);
    expect(outcome.exitCode).toBe(0);
    const serials = JSON.parse(outcome.stdout).map(({ serial }: { serial: string }) => serial);
    expect(serials).toEqual(["654321", "123456", "9999999"]);
    expect(outcome.stderr).toContain("left out, because the file has them twice: 9999999");
    expect(outcome.stderr).toContain("the issuer allowed its use until 2006-05-31");
    const again = await fob(["import", FIGURE_10]);
    expect(again).toMatchObject({ exitCode: 0, stdout: "" });
    expect(again.stderr).toContain("3 tokens enrolled already");
  });

  test("prints the warnings that enroll prints", async () => {
    const { home, fob } = testHome();
    const file = join(home, "no-mac.xml");
    const xml = readFileSync(FIGURE_6, "utf8").replace(/<ValueMAC>[^<]*<\/ValueMAC>/, "");
    writeFileSync(file, xml);
    const env = { FOB_PIN: KEY };
    const warning = "warning: Issuer: nothing vouches for the encrypted secret (no ValueMAC)";
    expect((await fob(["import", file, "--dry-run"], { env })).stderr).toContain(warning);
    const outcome = await fob(["import", file], { env });
    expect([outcome.exitCode, outcome.stderr]).toEqual([0, expect.stringContaining(warning)]);
    const enrolled = await fob(["enroll", "-", "--dry-run"], { env, input: xml });
    expect(enrolled.stderr).toContain(warning);
  });
});

describe("fob export with a pre-shared key", () => {
  test.each(["pskc", "privacyidea"])(
    "writes a container that the key opens: %s",
    async (format) => {
      const { home, fob } = testHome();
      await fob(["enroll", "-"], { input: HOTP_URI });
      const file = join(home, "tokens.xml");
      const env = { FOB_PIN: KEY };
      const options = ["--format", format, "--psk", "--output", file, "--yes"];
      expect(await fob(["export", ...options], { env })).toMatchObject({ exitCode: 0 });
      const xml = readFileSync(file, "utf8");
      expect(xml).toContain("aes128-cbc");
      expect(xml).not.toContain(Buffer.from("12345678901234567890").toString("base64"));
      const other = testHome();
      const none = await other.fob(["import", file], { env: { FOB_PIN: KEY.replace("1", "2") } });
      expect(none.exitCode).toBe(4);
      const read = await other.fob(["import", file, "--json"], { env });
      expect(JSON.parse(read.stdout)).toMatchObject([{ issuer: "ACME", account: "ann" }]);
      expect((await other.fob(["code", "ACME"])).stdout).toBe("755224\n");
    },
  );

  test.each([
    [["--format", "aegis", "--psk"], KEY, 2, "--psk is for --format pskc, privacyidea"],
    [["--format", "pskc", "--psk", "--unencrypted"], KEY, 2, "exclude each other"],
    [
      ["--format", "privacyidea", "--psk"],
      KEY + KEY,
      6,
      "the key has 256 bits, and this format takes 128",
    ],
    [["--format", "pskc", "--psk"], "no key", 6, "the key is not of 128, 192 or 256 bits"],
  ])("%j is refused", async (options, key, exitCode, message) => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    const outcome = await fob(["export", ...options, "--yes"], { env: { FOB_PIN: key } });
    expect(outcome).toMatchObject({ exitCode, stdout: "" });
    expect(outcome.stderr).toContain(message);
  });

  test("for privacyIDEA says what it does not import", async () => {
    const { fob } = testHome();
    const suite = encodeURIComponent("OCRA-1:HOTP-SHA1-6:QN08");
    await fob(["enroll", "-"], {
      input: `otpauth://ocra/ACME:ann?secret=${RFC_SECRET}&suite=${suite}&issuer=ACME`,
    });
    const outcome = await fob(["export", "--format", "privacyidea", "--unencrypted", "--yes"]);
    expect(outcome).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("privacyIDEA imports no challenge-response tokens"),
    });
  });
});
