import fc from "fast-check";
import { expect, test } from "vitest";
import { readAppFile } from "#enrollment/files/read-file.ts";
import { encodeBase32 } from "#token/base32.ts";

const uri = (name: string, bytes: number) =>
  `otpauth://totp/${name}?issuer=${name}&secret=${encodeBase32(Buffer.alloc(bytes, `${name} is the seed`))}`;

/** The names of the tokens by whether their secret is said to be cut, perhaps. */
async function judge(list: string) {
  const { drafts } = await readAppFile(Buffer.from(list), "list.txt", {
    askSecret: () => Promise.reject(new Error("asked")),
    readQrCodes: async () => [],
  });
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
