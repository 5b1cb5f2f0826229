import { expect, test } from "vitest";
import { whyNeverElsewhere, whyOnOneDevice } from "#sync/tokens/shareable.ts";
import { newlyEnrolled } from "#token/codec.ts";
import type { Credential } from "#token/credential.ts";
import type { Token } from "#token/token.ts";

const TOTP: Credential = {
  kind: "totp",
  algorithm: "SHA1",
  digits: 6,
  alphabet: "decimal",
  period: 30,
  t0: 0,
};
const HOTP: Credential = { ...TOTP, kind: "hotp", counter: 0n };

const token: Token = {
  ...newlyEnrolled(new Date(0)),
  id: "0123456789abcdef",
  name: "vpn",
  issuer: null,
  account: null,
  serial: null,
  format: "key-uri",
  credential: TOTP,
  pin: "none",
};

test.each([
  ["a time-based token", {}, true, true],
  ["an event-based one", { credential: HOTP }, false, true],
  ["one that an issuer binds", { format: "activation-string" }, false, true],
  ["one that answers", { credential: { kind: "ocra", suite: "x", counter: null } }, false, true],
  ["one that a chip holds", { heldBy: "tpm" }, false, false],
] as const)(
  "%s: whether all devices may have it, and whether it may move",
  (_, more, all, moves) => {
    const one: Token = { ...token, ...more };
    expect(whyOnOneDevice(one) === null).toBe(all);
    expect(whyNeverElsewhere(one) === null).toBe(moves);
  },
);
