import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { hotp } from "#otp/hotp.ts";
import { ocra } from "#otp/ocra.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import type { OtpCredential } from "#token/credential.ts";
import { newVaultId } from "#vault/keys/header.ts";
import { newKey } from "#vault/keys/keys.ts";
import { takeCounter, takePasscode } from "#vault/tokens/passcodes.ts";
import { answerChallenge, type ChallengeInput } from "#vault/tokens/responses.ts";
import { unguardedSecretKey } from "#vault/tokens/token-record.ts";
import { Vault } from "#vault/vault.ts";
import { addAtOnce, PLAIN } from "../add-at-once.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const SECRET = Buffer.from("12345678901234567890123456789012");
const LAST = 2n ** 64n - 1n;
const HOTP = { kind: "hotp", algorithm: "SHA1", digits: 6, alphabet: "decimal" } as const;

function enrolled(credential: OtpCredential) {
  const home = mkdtempSync(join(tmpdir(), "fob-responses-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const vault = new Vault({ home, vaultId: newVaultId() }, newKey(), false);
  const [token] = addAtOnce(vault, [{ name: "bank", ...PLAIN, credential, secret: SECRET }], NOW);
  const id = token?.id ?? "";
  const record = vault.read(id);
  const counterOf = () => (vault.read(id).token.credential as { readonly counter: bigint }).counter;
  return { vault, id, record, secretKey: unguardedSecretKey(record, vault.vaultKey), counterOf };
}

const ASKED: ChallengeInput = {
  ...{
    challenge: "12345678",
    serverChallenge: null,
    serverResponse: null,
    session: null,
    pin: null,
  },
  unixSeconds: NOW.getTime() / 1000,
};

describe("a counter that has moved on since the token was read", () => {
  const SUITE = "OCRA-1:HOTP-SHA256-8:C-QN08";

  test("is the one that a response is made of", async () => {
    const { vault, record, secretKey, counterOf } = enrolled({
      kind: "ocra",
      suite: SUITE,
      counter: 0n,
    });
    const expected = [0n, 1n, 2n].map((counter) =>
      ocra({
        ...ASKED,
        suite: parseOcraSuite(SUITE),
        secret: SECRET,
        counter,
        challenge: ["12345678"],
      }),
    );
    // the record stays the one from before, as in a process that was overtaken
    const given = await Promise.all(
      expected.map(() => answerChallenge(vault, record, secretKey, ASKED)),
    );
    expect(given).toEqual(expected.map((response, i) => ({ response, counter: BigInt(i) })));
    expect(counterOf()).toBe(3n);
  });

  test("is the one that a passcode is made of", () => {
    const { vault, record, secretKey } = enrolled({ ...HOTP, counter: 0n });
    const given = [0n, 1n, 2n].map(() => takePasscode(vault, record, secretKey, NOW));
    expect(given).toEqual(
      [0n, 1n, 2n].map((counter) => ({
        kind: "hotp",
        counter,
        code: hotp({ ...HOTP, secret: SECRET, counter }),
      })),
    );
  });
});

test("the last counter there is gives a passcode, and none can follow", () => {
  const { vault, id, record, secretKey, counterOf } = enrolled({ ...HOTP, counter: LAST });
  const code = hotp({ ...HOTP, secret: SECRET, counter: LAST });
  expect(takePasscode(vault, record, secretKey, NOW)).toMatchObject({ counter: LAST, code });
  const again = () => takePasscode(vault, vault.read(id), secretKey, NOW);
  expect(again).toThrow(
    expect.objectContaining({
      code: "invalid",
      message: "the counter of bank has reached its end",
    }),
  );
  expect(counterOf()).toBe(LAST + 1n);
  const take = () => takeCounter(vault, id, () => ({ ...HOTP, counter: LAST + 1n }));
  expect(take).toThrow(expect.objectContaining({ code: "invalid" }));
});

describe("the server's response", () => {
  const SUITE = "OCRA-1:HOTP-SHA256-8:C-QA08";
  const suite = parseOcraSuite(SUITE);
  const both = { ...ASKED, challenge: "CLI22220", serverChallenge: "SRV11110" };
  const inputs = { ...both, suite, secret: SECRET, counter: 5n };
  const [ours, theirs] = [
    ocra({ ...inputs, challenge: ["SRV11110", "CLI22220"] }),
    ocra({ ...inputs, challenge: ["CLI22220", "SRV11110"] }),
  ];

  test("is looked at before ours is given, which has its challenge in front", async () => {
    const { vault, record, secretKey, counterOf } = enrolled({
      kind: "ocra",
      suite: SUITE,
      counter: 5n,
    });
    for (const serverResponse of ["00000000", ours, "", theirs.slice(1)]) {
      const answer = () => answerChallenge(vault, record, secretKey, { ...both, serverResponse });
      await expect(answer()).rejects.toThrow(expect.objectContaining({ code: "rejected" }));
    }
    expect(counterOf()).toBe(5n);
    // as it was pasted
    const right = { ...both, serverResponse: ` ${theirs}\n` };
    expect(await answerChallenge(vault, record, secretKey, right)).toEqual({
      response: ours,
      counter: 5n,
    });
    expect(counterOf()).toBe(6n);
  });
});
