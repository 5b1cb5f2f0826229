import { describe, expect, test } from "vitest";
import { parseAuthenticationCode } from "#enrollment/dskpp/authentication-code.ts";

describe("an authentication code", () => {
  test.each([
    ["as in RFC 6063 section 3.4.1.1", "108AC00000A20A3582AF0C3E", "AC00000A", "3582AF0C3E"],
    ["in groups and small letters", "108a-c000-00a2-0a35-82af-0c3e", "AC00000A", "3582AF0C3E"],
    ["with a field of its issuer", "108AC00000A801120A3582AF0C3E", "AC00000A", "3582AF0C3E"],
  ])("is taken apart %s", (_, text, clientId, password) => {
    expect(parseAuthenticationCode(text)).toEqual({ clientId, password, isIntact: null });
  });

  test("is checked where it has a checksum", () => {
    // CRC-16 of ISO 3309 (X.25); the example of the RFC contradicts itself
    expect(parseAuthenticationCode("108AC00000A20A3582AF0C3E304FFFF")?.isIntact).toBe(false);
    const right = Array.from({ length: 65_536 }, (_, crc) =>
      crc.toString(16).padStart(4, "0"),
    ).filter((crc) => parseAuthenticationCode(`108AC00000A20A3582AF0C3E304${crc}`)?.isIntact);
    expect(right).toHaveLength(1);
  });

  test.each([
    ["a passphrase", "correct horse"],
    ["a number", "1234"],
    ["a client id alone", "108AC00000A"],
    ["a field that is cut off", "108AC00000A20A3582AF0C"],
    ["the same field twice", "101A101B201C"],
    ["nothing", ""],
  ])("is not seen in %s", (_, text) => {
    expect(parseAuthenticationCode(text)).toBeNull();
  });
});
