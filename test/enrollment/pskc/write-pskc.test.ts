import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readPskc } from "#enrollment/pskc/read-pskc.ts";
import { formatPskc, pskcExport } from "#enrollment/pskc/write-pskc.ts";
import { USER_PIN_POLICY } from "#token/pin-policy.ts";
import { arbitraryToken } from "../arbitrary-token.ts";

const PASSPHRASE = Buffer.from("correct horse battery");

describe("a key container that fob writes", () => {
  test("is read back as the same tokens, plain and encrypted", async () => {
    const ocra = fc.constant({
      kind: "ocra",
      suite: "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1",
      counter: 5n,
    } as const);
    const token = fc.oneof(
      arbitraryToken,
      fc.tuple(arbitraryToken, ocra).map(([one, credential]) => ({ ...one, credential })),
    );
    const fitting = token
      .filter((one) => pskcExport.refuse(one) === null)
      .map((one) => ({
        ...one,
        serial: "S <&> 1",
        pin: {
          type: "user",
          policy: {
            ...USER_PIN_POLICY,
            minLength: 5,
            maxLength: 9,
            alphabet: "numeric",
            attempts: 4,
            required: true,
          },
        } as const,
      }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fitting, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (tokens, isPlain) => {
          const xml = await formatPskc(tokens, isPlain ? null : PASSPHRASE);
          const typed = Buffer.from(PASSPHRASE);
          const { drafts, refusals } = await readPskc(xml, async () => typed);
          expect(refusals).toEqual([]);
          // what was typed is forgotten where it was asked for
          expect(typed).toEqual(isPlain ? PASSPHRASE : Buffer.alloc(PASSPHRASE.length));
          const read = drafts.map(({ name, issuer, account, serial, credential, secret, pin }) => ({
            name,
            issuer,
            account,
            serial,
            credential,
            secret,
            pin,
          }));
          const written = tokens.map(
            ({ name, issuer, account, serial, credential, secret, pin }) => ({
              name,
              issuer,
              account,
              serial,
              credential,
              secret: Buffer.from(secret),
              pin,
            }),
          );
          expect(read).toEqual(written);
        },
      ),
      { numRuns: 12 },
    );
  });

  test("refuses what PSKC cannot say", () => {
    const [token] = fc.sample(arbitraryToken, 1);
    if (!token) throw new Error("no sample");
    const totp = {
      kind: "totp",
      algorithm: "SHA1",
      digits: 6,
      alphabet: "decimal",
      period: 30,
      t0: 0,
    } as const;
    expect(pskcExport.refuse({ ...token, credential: { ...totp, alphabet: "steam" } })).toMatch(
      /steam/,
    );
    expect(pskcExport.refuse({ ...token, credential: { ...totp, t0: 9 } })).toMatch(/1970/);
    expect(pskcExport.refuse({ ...token, credential: { kind: "motp" } })).toMatch(/Mobile-OTP/);
  });
});
