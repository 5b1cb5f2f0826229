import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { RFC_SECRET, testHome } from "./fob.ts";

/** The 32-byte and 64-byte secrets of RFC 6287 Appendix C, in Base32. */
const SECRET_32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA";

function uri(name: string, suite: string, secret = RFC_SECRET): string {
  return `otpauth://ocra/${name}?secret=${secret}&suite=${encodeURIComponent(suite)}&counter=0`;
}

describe("fob challenge", () => {
  test("answers, with the PIN that the suite wants, and moves the counter on", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], {
      input: uri("bank", "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1", SECRET_32),
    });
    const pin = { FOB_PIN: "1234" };
    expect((await fob(["challenge", "bank", "12345678"], { env: pin })).stdout).toBe("65347737\n");
    expect(
      JSON.parse((await fob(["challenge", "bank", "12345678", "--json"], { env: pin })).stdout),
    ).toEqual({
      name: "bank",
      response: "86775851",
      suite: "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1",
      counter: 1,
    });
    expect((await fob(["challenge", "bank", "-"], { env: pin, input: "12345678\n" })).stdout).toBe(
      "78192410\n",
    );
    expect(await fob(["challenge", "bank", "12345678"])).toMatchObject({ exitCode: 5, stdout: "" });
  });

  test("takes no counter for a challenge that does not fit", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: uri("bank", "OCRA-1:HOTP-SHA512-8:C-QN08") });
    for (const bad of ["123456789", "abc"]) {
      expect(await fob(["challenge", "bank", bad])).toMatchObject({ exitCode: 6, stdout: "" });
    }
    expect(JSON.parse((await fob(["show", "bank", "--json"])).stdout).counter).toBe(0);
  });

  test("answers as of a time", async () => {
    const { fob } = testHome();
    const rows = JSON.parse(
      readFileSync(new URL("../otp/vectors/ocra-rfc6287.json", import.meta.url), "utf8"),
    );
    const row = rows.find(
      ({ suite }: { suite: string }) => suite === "OCRA-1:HOTP-SHA512-8:QN08-T1M",
    );
    const secret = `hex:${row.secretHex}`;
    await fob(["enroll", "-"], { input: uri("timed", row.suite, base32(secret)) });
    expect((await fob(["challenge", "timed", row.question, "--at", `@${row.time}`])).stdout).toBe(
      `${row.code}\n`,
    );
  });

  test("checks the server's response before it gives its own", async () => {
    const { fob } = testHome();
    const rows = JSON.parse(
      readFileSync(new URL("../otp/vectors/ocra-rfc6287.json", import.meta.url), "utf8"),
    );
    const client = rows.find(
      ({ side, pin }: { side?: string; pin?: string }) => side === "client" && pin,
    );
    const server = rows.find(
      ({ side, suite }: { side?: string; suite: string }) =>
        side === "server" && suite.includes("SHA512"),
    );
    await fob(["enroll", "-"], { input: uri("mutual", client.suite, base32(client.secretHex)) });
    const challenges = ["CLI22220", "--server-challenge", "SRV11110"];
    const right = await fob(["challenge", "mutual", ...challenges, "--verify", server.code], {
      env: { FOB_PIN: client.pin },
    });
    expect(right).toMatchObject({ stdout: `${client.code}\n`, exitCode: 0 });
    const wrong = await fob(["challenge", "mutual", ...challenges, "--verify", "00000000"], {
      env: { FOB_PIN: client.pin },
    });
    expect(wrong).toMatchObject({ stdout: "", exitCode: 7 });
    expect(await fob(["challenge", "mutual", "CLI22220", "--verify", "1"])).toMatchObject({
      exitCode: 2,
    });
  });

  test("takes session information as text or hexadecimal", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: uri("pay", "OCRA-1:HOTP-SHA1-6:QA08-S064") });
    const text = await fob(["challenge", "pay", "abc", "--session", "EUR 12"]);
    const hex = await fob([
      "challenge",
      "pay",
      "abc",
      "--session",
      `hex:${Buffer.from("EUR 12").toString("hex")}`,
    ]);
    expect(text.stdout).toMatch(/^\d{6}\n$/);
    expect(hex.stdout).toBe(text.stdout);
    expect((await fob(["challenge", "pay", "abc", "--session", "EUR 13"])).stdout).not.toBe(
      text.stdout,
    );
    expect(await fob(["challenge", "pay", "abc"])).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining("session"),
    });
  });
});

function base32(hex: string): string {
  const bits = [...Buffer.from(hex.replace("hex:", ""), "hex")]
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("");
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[Number.parseInt(five.padEnd(5, "0"), 2)])
    .join("");
}
