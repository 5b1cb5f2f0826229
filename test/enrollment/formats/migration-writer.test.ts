import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatMigration, migrationExport } from "#enrollment/formats/migration-writer.ts";
import { recognize } from "#enrollment/recognize.ts";
import { arbitraryToken } from "../arbitrary-token.ts";

describe("migration codes that fob writes", () => {
  test("are read back as the same tokens, ten a code", async () => {
    const fitting = arbitraryToken.filter((token) => migrationExport.refuse(token) === null);
    await fc.assert(
      fc.asyncProperty(fc.array(fitting, { minLength: 1, maxLength: 25 }), async (tokens) => {
        const codes = await formatMigration(tokens);
        expect(codes).toHaveLength(Math.ceil(tokens.length / 10));
        const drafts = (await Promise.all(codes.map((code) => recognize(code)))).flat();
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
      }),
      { numRuns: 30 },
    );
  });
});
