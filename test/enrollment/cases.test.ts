import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readAppFile } from "#enrollment/files/read-file.ts";
import { formatKeyUri } from "#enrollment/formats/key-uri-writer.ts";
import { recognize } from "#enrollment/recognize.ts";

const SECRET = Buffer.from("12345678901234567890");

/** The enrollment strings of test/cases/strings.tsv, by the names of their cases. */
const STRINGS: ReadonlyMap<string, string> = new Map(
  readFileSync(new URL("../cases/strings.tsv", import.meta.url), "utf8")
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t", 2) as [string, string]),
);

async function read(name: string) {
  const text = STRINGS.get(name);
  if (text === undefined) throw new Error(`there is no case ${name}`);
  const [draft, ...others] = await recognize(text);
  if (!draft || others.length > 0) throw new Error("one token was expected");
  return { ...draft, codes: draft.findings.map(({ code }) => code) };
}

function readCase(name: string) {
  return readAppFile(readFileSync(new URL(`../cases/files/${name}`, import.meta.url)), name, {
    askSecret: async () => Buffer.of(),
    readQrCodes: async () => [],
  });
}

describe("issuers and accounts", () => {
  test.each([
    ["colon-issuer", "localhost:8000", "ann"],
    ["colon-issuer-account", "Test: Foo", "ann:b"],
  ])("%s: they are told apart, and written so", async (name, issuer, account) => {
    const draft = await read(name);
    expect(draft).toMatchObject({ issuer, account, codes: [] });
    const written = formatKeyUri(draft);
    const [again] = await recognize(written);
    expect(again).toMatchObject({ issuer, account });
    if (again) expect(formatKeyUri(again)).toBe(written);
  });

  test("an issuer that an app writes twice is read once", async () => {
    const { drafts } = await readCase("andotp-doubled-issuer.json");
    expect(drafts).toMatchObject([{ issuer: "Other Company", account: "ann@example.test" }]);
    const doubled = `secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=A%20B`;
    for (const label of ["A%20B:A%20B:ann", "A%20B%3AA%20B%3Aann"]) {
      const [draft] = await recognize(`otpauth://totp/${label}?${doubled}`);
      expect(draft).toMatchObject({ issuer: "A B", account: "ann", secret: SECRET });
    }
  });

  test("zero-width: what nobody sees is taken out with a warning", async () => {
    expect(await read("zero-width")).toMatchObject({
      issuer: "Acme",
      account: "ann",
      codes: ["control-characters", "control-characters"],
    });
  });
});
