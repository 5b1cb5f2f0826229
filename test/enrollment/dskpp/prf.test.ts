import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { aesCmac, derive, PRFS } from "#enrollment/dskpp/prf.ts";

const KEY = Buffer.from("2b7e151628aed2a6abf7158809cf4f3c", "hex");
const MESSAGE = Buffer.from(
  "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
  "hex",
);

describe("AES-CMAC", () => {
  test.each([
    [0, "bb1d6929e95937287fa37d129b756746"],
    [16, "070a16b46b4d4144f79bdd9dd04a287c"],
    [40, "dfa66747de9ae63030ca32611497c827"],
    [64, "51f0bebf7e3b9d92fc49741779363cfe"],
  ])("of %i bytes is that of RFC 4493", (length, mac) => {
    expect(aesCmac(KEY, MESSAGE.subarray(0, length)).toString("hex")).toBe(mac);
  });
});

describe("DSKPP-PRF", () => {
  const [sha256, aes] = PRFS;
  const text = Buffer.from("Key generation");

  test("counts its blocks from one, before the text", () => {
    const block = (i: number) => Buffer.concat([Buffer.of(0, 0, 0, i), text]);
    const hmac = (i: number) => createHmac("sha256", KEY).update(block(i)).digest();
    expect(derive(sha256, KEY, text, 64)).toEqual(Buffer.concat([hmac(1), hmac(2)]));
    expect(aes && derive(aes, KEY, text, 32)).toEqual(
      Buffer.concat([aesCmac(KEY, block(1)), aesCmac(KEY, block(2))]),
    );
  });

  test.each(PRFS)("$id cuts the last block to what is wanted", (prf) => {
    expect(derive(prf, KEY, text, 20)).toEqual(derive(prf, KEY, text, 64).subarray(0, 20));
  });
});
