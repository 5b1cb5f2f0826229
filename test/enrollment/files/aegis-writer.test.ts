import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aegisExport, formatAegis } from "#enrollment/files/aegis-writer.ts";
import { arbitraryToken } from "../arbitrary-token.ts";
import { readText } from "./reading.ts";

const PASSWORD = "correct horse battery";

function read(text: string) {
  return readText(text, { password: PASSWORD });
}

describe("an Aegis vault that fob writes", () => {
  test("is read back as the same tokens, plain and encrypted", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitraryToken, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        async (tokens, plain) => {
          const text = await formatAegis(tokens, plain ? null : Buffer.from(PASSWORD));
          const { drafts } = await read(text);
          expect(
            drafts.map(({ issuer, account, credential, secret }) => ({
              issuer,
              account,
              credential,
              secret,
            })),
          ).toEqual(
            tokens.map(({ issuer, account, credential, secret }) => ({
              issuer,
              account,
              credential,
              secret: Buffer.from(secret),
            })),
          );
        },
      ),
      { numRuns: 20 },
    );
  });

  test("shows nothing of an encrypted token", async () => {
    const [token] = fc.sample(arbitraryToken, 1);
    if (!token) throw new Error("no sample");
    const text = await formatAegis(
      [{ ...token, account: "a very particular account" }],
      Buffer.from(PASSWORD),
    );
    expect(text).not.toContain("particular");
  });

  test("refuses what Aegis cannot have", () => {
    const [token] = fc.sample(arbitraryToken, 1);
    if (!token) throw new Error("no sample");
    const form = { digits: 6, alphabet: "decimal" } as const;
    expect(
      aegisExport.refuse({ ...token, credential: { kind: "ocra", suite: "x", counter: null } }),
    ).toMatch(/challenge/);
    const totp = { kind: "totp", ...form, algorithm: "SHA1", period: 30, t0: 0 } as const;
    expect(aegisExport.refuse({ ...token, credential: totp })).toBeNull();
    expect(aegisExport.refuse({ ...token, credential: { ...totp, algorithm: "SHA384" } })).toMatch(
      /SHA384/,
    );
    expect(aegisExport.refuse({ ...token, credential: { ...totp, t0: 5 } })).toMatch(/1970/);
    expect(aegisExport.refuse({ ...token, credential: { ...totp, alphabet: "base32" } })).toMatch(
      /base32/,
    );
    const hotp = { kind: "hotp", ...form, algorithm: "SHA1", counter: 2n ** 60n } as const;
    expect(aegisExport.refuse({ ...token, credential: hotp })).toMatch(/counter/);
  });
});
