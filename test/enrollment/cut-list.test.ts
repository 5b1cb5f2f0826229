import fc from "fast-check";
import { expect, test } from "vitest";
import { readAppFile } from "#enrollment/files/read-file.ts";
import { encodeBase32 } from "#token/base32.ts";

const uri = (name: string, bytes: number) =>
  `otpauth://totp/${name}?issuer=${name}&secret=${encodeBase32(Buffer.alloc(bytes, `${name} is the seed`))}`;

const read = (list: string) =>
  readAppFile(Buffer.from(list), "list.txt", {
    askSecret: () => Promise.reject(new Error("asked")),
    readQrCodes: async () => [],
  });

/** The codes of the findings about each token. */
async function codesOf(list: string): Promise<string[][]> {
  return (await read(list)).drafts.map(({ findings }) => findings.map(({ code }) => code));
}

/** The names of the tokens by whether their secret is said to be cut, perhaps. */
async function judge(list: string) {
  const { drafts } = await read(list);
  const named = (isCut: boolean) =>
    drafts
      .filter(({ findings }) => findings.some(({ code }) => code === "secret-cut") === isCut)
      .map(({ name }) => name);
  return { whole: named(false), cut: named(true) };
}

const WHOLE = [uri("Ann", 20), uri("Bob", 20), uri("Eve", 20)].join("\n");

test("a list that was cut in its last secret is said to be, wherever it was cut", async () => {
  const secret = WHOLE.length - 32;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: secret + 2, max: WHOLE.length - 1 }), async (end) => {
      const list = WHOLE.slice(0, end);
      // some lengths are those of no secret: then the line is refused
      expect((await judge(list)).whole).toEqual(["Ann", "Bob"]);
      expect((await judge(list.replaceAll("\n", "\r\n"))).whole).toEqual(["Ann", "Bob"]);
      expect((await judge(`${list}\n`)).cut).toEqual([]);
    }),
    { numRuns: 30 },
  );
  expect((await judge(WHOLE.slice(0, -4))).cut).toEqual(["Eve"]);
});

test("a table that was cut in its last cell is said to be", async () => {
  const head = "Title,URL,Username,Password,Notes,OTPAuth";
  const rows = ["Ann", "Bob", "Eve"].map((name) => `${name},,x,y,,${uri(name, 20)}`);
  const table = [head, ...rows].join("\n");
  expect((await judge(table.slice(0, -8))).cut).toEqual(["Eve"]);
  expect((await judge(table)).cut).toEqual([]);
  const secrets = ["Ann", "Bob"].map((name) => `,,login,${name},x,${uri(name, 20).slice(-32)}`);
  const plain = ["folder,notes,type,name,login_username,login_totp", ...secrets].join("\n");
  expect((await judge(plain.slice(0, -8))).cut).toEqual(["Bob"]);
  expect((await judge(plain)).cut).toEqual([]);
});

test("a list that was cut in its last parameters is said to be, and no other", async () => {
  const form = "&algorithm=SHA256&digits=8&period=60";
  const line = (name: string, rest = form) => `${uri(name, 20)}${rest}`;
  const cut = async (list: string) =>
    (await codesOf(list)).map((codes) => codes.includes("parameters-cut"));
  const whole = [line("Ann"), line("Eve")].join("\n");
  for (const rest of ["&", "&alg", "&algorithm", "&algorithm=SHA256", "&algorithm=SHA256&digi"])
    expect({ rest, cut: await cut([line("Ann"), line("Eve", rest)].join("\n")) }).toEqual({
      rest,
      cut: [false, true],
    });
  for (const list of [
    whole,
    [line("Ann"), line("Eve", "&digits=8"), ""].join("\n"),
    [line("Ann"), line("Bob", "&digits=8"), line("Eve", "&digits=8")].join("\n"),
    [line("Ann"), line("Eve", "&period=30")].join("\n"),
  ])
    expect(await cut(list)).not.toContain(true);
});

test("a whole list is not, nor one with other short secrets, nor a string alone", async () => {
  for (const list of [
    WHOLE,
    [uri("Ann", 20), uri("Bob", 10), uri("Eve", 10)].join("\n"),
    [uri("Ann", 20), `${uri("Eve", 10)}&digits=6`].join("\n"),
    uri("Eve", 10),
    [uri("Ann", 20), uri("Eve", 10), ""].join("\n"),
    [uri("Eve", 20), "otpauth://totp/Cut?secret=!"].join("\n"),
  ])
    expect((await judge(list)).cut).toEqual([]);
});
