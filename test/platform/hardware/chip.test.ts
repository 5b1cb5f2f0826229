import { createHmac, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { type HashAlgorithm, hmac } from "#otp/algorithm.ts";
import { tpmChip } from "#platform/hardware/chip.ts";
import { sized } from "#platform/hardware/tpm-bytes.ts";
import type { ChipKey } from "#vault/chip/chip.ts";
import { describeWith } from "../../requires.ts";
import { EMULATOR, type Emulator, hmacOf, listenBetween, startEmulator } from "./emulator.ts";

const AUTH = Buffer.from("the auth value of this key");
const WRONG = Buffer.from("another value");

let emulator: Emulator;

beforeEach(async () => {
  emulator = await startEmulator();
});

describeWith(EMULATOR, "a TPM", () => {
  test.each([
    ["SHA1", 20, 8],
    ["SHA1", 64, 100],
    ["SHA1", 65, 0],
    ["SHA256", 300, 1_024],
    ["SHA256", 1, 1_025],
    ["SHA384", 128, 5_000],
    ["SHA512", 129, 2_048],
  ] satisfies [HashAlgorithm, number, number][])(
    "computes HMAC-%s with a secret of %i bytes over %i bytes",
    async (algorithm, secretLength, messageLength) => {
      const chip = tpmChip(emulator.env);
      const [secret, message] = [randomBytes(secretLength), randomBytes(messageLength)];
      const key = await chip.holdSecret(secret, algorithm, AUTH);
      const expected = createHmac(algorithm, secret).update(message).digest();
      expect(await hmacOf(chip, key, AUTH, message)).toEqual(expected);
      expect(expected).toEqual(hmac(algorithm, secret, message));
    },
  );

  test("gives nothing for a wrong auth value, counts it, and accepts a changed one", async () => {
    const chip = tpmChip(emulator.env);
    const key = await chip.holdSecret(Buffer.from("secret"), "SHA1", AUTH);
    expect(await hmacOf(chip, key, WRONG, Buffer.from("1"))).toBeNull();
    const changed = await chip.changeAuth(key, AUTH, WRONG);
    expect(await hmacOf(chip, changed ?? key, WRONG, Buffer.from("1"))).toEqual(
      hmac("SHA1", Buffer.from("secret"), Buffer.from("1")),
    );
    expect(await chip.changeAuth(key, WRONG, AUTH)).toBeNull();
  });

  test("releases what it sealed for its auth value alone", async () => {
    const chip = tpmChip(emulator.env);
    const data = randomBytes(32);
    const key = await chip.seal(data, AUTH);
    expect(await chip.unseal(key, AUTH)).toEqual(data);
    expect(await chip.unseal(key, WRONG)).toBeNull();
  });

  test("makes keys that tpm2-tools load, read and use, with the attributes that were meant", async () => {
    const chip = tpmChip(emulator.env);
    const [secret, message] = ["12345678901234567890", "message"].map((text) =>
      Buffer.from(text),
    ) as [Buffer, Buffer];
    const file = (name: string) => join(emulator.state, name);
    const context = ["-c", file("context")];
    /** Loads a key with tpm2-tools, and returns its attributes as they read them. */
    const load = async (key: ChipKey) => {
      for (const part of ["publicArea", "privateArea"] as const)
        writeFileSync(file(part), sized(Buffer.from(key[part], "base64")));
      const parts = ["-u", file("publicArea"), "-r", file("privateArea")];
      await emulator.tool("tpm2_load", "-C", "0x81000001", ...parts, ...context);
      const text = await emulator.tool("tpm2_readpublic", ...context);
      return /attributes:\n {2}value: (.*)\n/.exec(text)?.[1];
    };
    // without noda the chip counts wrong auth values
    const sealed = await chip.seal(secret, AUTH);
    expect(await load(sealed)).toBe("fixedtpm|fixedparent|userwithauth");
    const held = await chip.holdSecret(secret, "SHA256", AUTH);
    expect(await load(held)).toBe("fixedtpm|fixedparent|userwithauth|sign");
    writeFileSync(file("message"), message);
    const auth = ["-p", AUTH.toString(), "--hex"];
    const theirs = await emulator.tool("tpm2_hmac", ...context, ...auth, file("message"));
    expect(theirs).toBe(hmac("SHA256", secret, message).toString("hex"));
  });

  test("accepts auth values that end with zeros", async () => {
    const chip = tpmChip(emulator.env);
    const auth = Buffer.concat([randomBytes(30), Buffer.alloc(2)]);
    const key = await chip.seal(Buffer.from("data"), auth);
    expect(await chip.unseal(key, auth)).toEqual(Buffer.from("data"));
  });

  test("shows neither auth value nor secret nor HMAC to the bus", async () => {
    const bus = await listenBetween(emulator);
    const chip = tpmChip(bus.env);
    const [secret, auth, next, data, message] = Array.from({ length: 5 }, () =>
      randomBytes(32),
    ) as [Buffer, Buffer, Buffer, Buffer, Buffer];
    const key = await chip.holdSecret(secret, "SHA256", auth);
    const mac = await hmacOf(chip, key, auth, message);
    await chip.changeAuth(key, auth, next);
    const sealed = await chip.seal(data, auth);
    await chip.unseal(sealed, auth);
    expect(mac).not.toBeNull();
    for (const hidden of [secret, auth, next, data, message, mac ?? secret])
      expect(bus.recorded().includes(hidden)).toBe(false);
    expect(bus.recorded().includes(Buffer.from(key.privateArea, "base64"))).toBe(true);
  });
});
