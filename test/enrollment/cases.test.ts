import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readAppFile } from "#enrollment/files/read-file.ts";
import { formatKeyUri } from "#enrollment/formats/key-uri-writer.ts";
import { recognize, recognizeOnline } from "#enrollment/recognize.ts";

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

describe("strings that something happened to on their way", () => {
  test("hash-in-account: a # is text", async () => {
    expect(await read("hash-in-account")).toMatchObject({
      issuer: "Contoso",
      account: "ann#EXT#@contoso.example",
      secret: SECRET,
      codes: ["number-sign"],
    });
  });

  test("hash-in-issuer: nothing behind a # is lost", async () => {
    expect(await read("hash-in-issuer")).toMatchObject({
      issuer: "C#",
      account: "ann",
      credential: { digits: 8 },
      codes: ["number-sign"],
    });
  });

  test("html-escaped: every parameter counts", async () => {
    expect(await read("html-escaped")).toMatchObject({
      issuer: "Web",
      credential: { digits: 8, period: 60 },
      codes: ["html-escaped"],
    });
  });

  test("quoted: as without the quotes", async () => {
    const { codes, findings: _, ...quoted } = await read("quoted");
    expect(codes).toEqual(["quotes-removed"]);
    const [plain] = await recognize((STRINGS.get("quoted") ?? "").slice(1, -1));
    expect(plain).toMatchObject(quoted);
    for (const [start, end] of ["''", "“”", "<>", "``", "„“"]) {
      const text = `${start}${STRINGS.get("html-escaped")}${end}`;
      expect((await recognize(text))[0]).toMatchObject({ issuer: "Web" });
    }
  });

  test("apple-scheme: as otpauth://", async () => {
    expect(await read("apple-scheme")).toMatchObject({
      format: "key-uri",
      issuer: "Apple",
      secret: SECRET,
      codes: [],
    });
  });

  test("dotted-algorithm", async () => {
    expect(await read("dotted-algorithm")).toMatchObject({ credential: { algorithm: "SHA1" } });
    const uri = (STRINGS.get("dotted-algorithm") ?? "").replace("sha1", "sha512");
    expect((await recognize(uri))[0]).toMatchObject({ credential: { algorithm: "SHA512" } });
  });

  test.each([
    ["secrt", "secret"],
    ["sceret", "secret"],
    ["Secrett", "secret"],
  ])("misspelt-parameter: %s is named beside the missing one", async (given) => {
    const uri = (STRINGS.get("misspelt-parameter") ?? "").replace("secrt", given);
    await expect(recognize(uri)).rejects.toMatchObject({
      code: "invalid",
      message: `secret is missing: is it misspelt as "${given.toLowerCase()}"?`,
    });
  });

  test("tiqr-without-colon: the address that was meant", () => {
    const online = recognizeOnline(STRINGS.get("tiqr-without-colon") ?? "");
    expect(online).toMatchObject({ format: "tiqr", server: "tiqr.example" });
    expect(online?.fields).toContainEqual(
      expect.objectContaining({ value: "https://tiqr.example/enroll?key=abc" }),
    );
  });

  test("a list of quoted strings is a list", async () => {
    const lines = ["quoted", "html-escaped"].map((name) => STRINGS.get(name)).join("\n");
    const { drafts, refusals } = await readAppFile(Buffer.from(lines), "list", {
      askSecret: async () => Buffer.of(),
      readQrCodes: async () => [],
    });
    expect(refusals).toEqual([]);
    expect(drafts).toMatchObject([{ issuer: "Quoted" }, { issuer: "Web" }]);
  });
});
