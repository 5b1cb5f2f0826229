import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EXPORT_FORMATS } from "#enrollment/export-formats.ts";
import type { ExportedToken } from "#enrollment/exported-token.ts";
import type { OtpCredential } from "#token/credential.ts";
import { arbitraryToken } from "./arbitrary-token.ts";
import { readText } from "./files/reading.ts";
import { oddNames } from "./odd-names.ts";

const others = fc.constantFrom<(OtpCredential | null)[]>(
  null,
  null,
  { kind: "motp" },
  { kind: "yandex" },
  { kind: "ocra", suite: "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1", counter: 5n },
);

const noNames = fc.constant({ issuer: null, account: null });

const tokens = fc
  .tuple(arbitraryToken, fc.oneof({ weight: 9, arbitrary: oddNames }, noNames), others)
  .map(
    ([token, names, other]): ExportedToken => ({
      ...token,
      credential: other ?? token.credential,
      secret: other?.kind === "yandex" ? Buffer.alloc(16, token.secret) : token.secret,
      ...names,
      name: names.issuer ?? names.account ?? token.name,
    }),
  );

async function write(format: (typeof EXPORT_FORMATS)[number], token: ExportedToken) {
  const { texts } = await format.write([token], null);
  return texts.join("\n");
}

describe("what is written is read as the same token, and written again as the same bytes", () => {
  test.each(EXPORT_FORMATS)(
    "$id",
    async (format) => {
      await fc.assert(
        fc.asyncProperty(tokens, async (token) => {
          fc.pre(format.refuse(token) === null);
          const text = await write(format, token);
          const { drafts, refusals } = await readText(text, { password: null });
          expect(refusals).toEqual([]);
          const [draft, ...others] = drafts;
          expect(others).toEqual([]);
          if (!draft) throw new Error("nothing was read");
          const { issuer, account, serial, credential, secret } = draft;
          // the name of a token without either stands in the account's place in some formats
          const isNameAlone = token.issuer === null && token.account === null;
          expect(isNameAlone ? [null, token.name] : [token.account]).toContain(account);
          expect({ issuer, serial, credential }).toEqual({
            issuer: token.issuer,
            serial: token.serial,
            credential: token.credential,
          });
          expect(Buffer.from(secret)).toEqual(Buffer.from(token.secret));
          const again = { ...draft, id: token.id, name: draft.name ?? token.name };
          expect(await write(format, again)).toBe(text);
        }),
        { numRuns: 1_000 },
      );
    },
    60_000,
  );
});
