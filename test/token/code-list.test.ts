import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { findCodes, linesAsCodes, MAX_CODE_LENGTH, shapeOf } from "#token/code-list.ts";

/** Texts in the forms that services print, with other codes, and how many codes each has. */
const PUBLISHED: readonly (readonly [service: string, text: string, codes: readonly string[]])[] = [
  [
    "Google",
    `SAVE YOUR BACKUP CODES
Keep these backup codes somewhere safe but accessible.

1. 1234 5678      4. 2345 6789
2. 9876 5432      5. 1111 2222
3. 5555 0000      6. 3333 4444

(ann@example.com)

* You can only use each backup code once.
* Need more? Visit https://g.co/2sv
* These codes were generated on: Oct 12, 2023.`,
    ["1234 5678", "9876 5432", "5555 0000", "2345 6789", "1111 2222", "3333 4444"],
  ],
  ["Google, copied", "1. 1234 5678 2. 9876 5432", ["1234 5678", "9876 5432"]],
  [
    "GitHub",
    "a1b2c-d3e4f\r\n0f1e2-a3b4c\r\nabcde-fabcd\r\n",
    ["a1b2c-d3e4f", "0f1e2-a3b4c", "abcde-fabcd"],
  ],
  [
    "GitLab",
    "ab12cd34ef56ab78\nabcdefabcdefabcd\n1234567890abcdef",
    ["ab12cd34ef56ab78", "abcdefabcdefabcd", "1234567890abcdef"],
  ],
  [
    "Microsoft",
    "Your new recovery code is\n\nABCDE-F2GHI-JKLMN-OPQRS-TUVWX\n\nPrint the code or write it down.",
    ["ABCDE-F2GHI-JKLMN-OPQRS-TUVWX"],
  ],
  ["Dropbox", "Backup codes\nab12cd34\nef56gh78\nabcdefgh", ["ab12cd34", "ef56gh78", "abcdefgh"]],
  ["Facebook", "1234 5678\n2345 6789\n3456 7890", ["1234 5678", "2345 6789", "3456 7890"]],
  [
    "Discord",
    "These are your Discord backup codes for account ann.\n* k3g5-8hsm\n* abcd-efgh\n* qwe1-rty2",
    ["k3g5-8hsm", "abcd-efgh", "qwe1-rty2"],
  ],
  ["Slack", "☐ 1a2b3c4d5e\n☐ f6e7d8c9b0\n☑ 0000aaaa11", ["1a2b3c4d5e", "f6e7d8c9b0", "0000aaaa11"]],
  [
    "Bitwarden",
    "Your Bitwarden two-step login recovery code:\nABCD EFGH IJKL MNOP QR2T UVWX YZ23 4567",
    ["ABCD EFGH IJKL MNOP QR2T UVWX YZ23 4567"],
  ],
  ["Firefox", "abcdefghij\na1b2c3d4e5\nzzzzzzz2zz", ["abcdefghij", "a1b2c3d4e5", "zzzzzzz2zz"]],
  ["npm", `${"ab12".repeat(16)}\n${"cd34".repeat(16)}`, ["ab12".repeat(16), "cd34".repeat(16)]],
  ["Apple", "Recovery Key: ABCD-EFG2-HIJK-LMN3-OPQR-ST", ["ABCD-EFG2-HIJK-LMN3-OPQR-ST"]],
  ["JSON", '["abcd1234", "efgh5678"]', ["abcd1234", "efgh5678"]],
  ["commas", "abcd1234, efgh5678; ijkl9012", ["abcd1234", "efgh5678", "ijkl9012"]],
  ["Markdown", "- [ ] 12345678\n- [x] 87654321", ["12345678", "87654321"]],
  ["a table", "| 1 | abcd-1234 |\n| 2 | efgh-5678 |", ["abcd-1234", "efgh-5678"]],
  [
    "two columns",
    "12345678 87654321\n11112222 33334444",
    ["12345678", "87654321", "11112222", "33334444"],
  ],
  ["typographic dashes", "abcd–1234\nefgh‑5678", ["abcd-1234", "efgh-5678"]],
  ["brackets", "(1) 1234-5678\n(2) 8765-4321", ["1234-5678", "8765-4321"]],
];

describe("the codes in what services print", () => {
  test.each(PUBLISHED)("%s", (_, text, codes) => {
    expect(findCodes(text).codes).toEqual(codes);
  });

  test("are in the order of their numbers, which a list of one-time passwords needs", () => {
    expect(findCodes("3. 333333  1. 111111\n4. 444444  2. 222222")).toEqual({
      codes: ["111111", "222222", "333333", "444444"],
      numbers: [1, 2, 3, 4],
    });
    expect(findCodes("17\t123456\n18\t654321\n19\t111111").numbers).toEqual([17, 18, 19]);
    expect(findCodes("101 1234\n102 9876\n104 5555").numbers).toEqual([101, 102, 104]);
    expect(findCodes("1234 5678\n9876 5432\n5555 0000").numbers).toBeNull();
  });

  test.each(["1. ", "1: ", "1) ", "1 ", "1\t", "1  ", "#1 "])(
    "are found where a number is there twice, and it is told (%j)",
    (before) => {
      const numbered = (numbers: readonly number[], codes: readonly string[]) =>
        findCodes(codes.map((one, i) => before.replace("1", String(numbers[i])) + one).join("\n"));
      const list = ["abcd-1234", "efgh-1234", "ijkl-5678", "mnop-9012"];
      expect(numbered([1, 2, 2, 3], list)).toEqual({ codes: list, numbers: [1, 2, 2, 3] });
      expect(numbered([1, 2, 2], list.slice(0, 3)).numbers).toEqual([1, 2, 2]);
      // the same line twice
      const [one = "", two = ""] = list;
      expect(numbered([1, 2, 2, 3], [one, two, two, "ijkl-5678"])).toEqual({
        codes: list.slice(0, 3),
        numbers: [1, 2, 3],
      });
    },
  );

  test("are numbered where a mark says so, however few they are and wherever they begin", () => {
    for (const [first, second] of [
      [2, 3],
      [17, 18],
      [1000, 1001],
      [9999, 10_000],
      [5, 500],
    ])
      expect(findCodes(`${first}. 100001\n${second}. 100002`)).toEqual({
        codes: ["100001", "100002"],
        numbers: [first, second],
      });
    expect(findCodes("17. 100001").numbers).toEqual([17]);
  });

  test("are what a terminal shows of a coloured text", () => {
    const text = "\u001b[1;31ma1b2-c3d4\u001b[0m\n\u001b[32mb1b2-c3d4\u001b[m\r\n";
    for (const read of [findCodes, linesAsCodes])
      expect(read(text).codes).toEqual(["a1b2-c3d4", "b1b2-c3d4"]);
    expect(findCodes("[x] 12345678\n[m] 87654321").codes).toEqual(["12345678", "87654321"]);
  });

  test("are no numbers where codes in groups begin with them, and some come again", () => {
    const groups = ["12 34 56", "98 76 54", "12 99 11", "40 41 42", "55 55 55", "60 31 12"];
    expect(findCodes(groups.join("\n"))).toEqual({ codes: groups, numbers: null });
    expect(findCodes("1. abcd-1234\n1. efgh-1234\n1. ijkl-1234").numbers).toBeNull();
  });

  test("are not words, dates, addresses or headings", () => {
    for (const text of [
      "hello world 2024",
      "Keep this in a safe place.",
      "2024-01-31",
      "https://example.com/abc123",
      "ann@example.com",
      "",
    ])
      expect(findCodes(text).codes, text).toEqual([]);
    expect(findCodes("Codes\nab12c\nde34f").codes).toEqual(["ab12c", "de34f"]);
  });
});

const code = fc.stringMatching(/^[0-9][a-z0-9]{4}-[a-z0-9]{5}$/);
const codes = fc.uniqueArray(code, { minLength: 3, maxLength: 20 });

test("a list is read again however it is set: bullets, numbers, commas, columns", () => {
  const settings: ((codes: readonly string[]) => string)[] = [
    (list) => list.join("\n"),
    (list) => list.join("\r\n"),
    (list) => list.map((one) => `  * ${one}`).join("\n"),
    (list) => list.map((one) => `- ${one}`).join("\n"),
    (list) => list.map((one, i) => `${i + 1}. ${one}`).join("\n"),
    (list) => list.map((one, i) => `${i + 1}) ${one}`).join("\n"),
    (list) => list.map((one, i) => `${String(i + 1).padStart(2, "0")} ${one}`).join("\n"),
    (list) => list.join(", "),
    (list) => list.join("\t"),
    (list) => list.join(" "),
    (list) => `Your codes for ann:\n\n${list.join("   ")}\n\nUse each of them once.`,
    (list) => JSON.stringify(list),
  ];
  fc.assert(
    fc.property(codes, fc.constantFrom(...settings), (list, set) => {
      expect(findCodes(set(list)).codes).toEqual(list);
    }),
  );
});

test("any text is read, in little time", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      for (const { length } of findCodes(text).codes) expect(length).toBeLessThanOrEqual(128);
    }),
  );
  const started = performance.now();
  for (const piece of ["1. ", "a1-", "12 "]) findCodes(piece.repeat(256 * 1024));
  expect(performance.now() - started).toBeLessThan(20_000);
});

test("many lines of one form are read in a time that grows with their number alone", () => {
  const forms: ((i: number) => string)[] = [
    (i) => `c${String(i).padStart(5, "0")}`,
    (i) => `${i % 10_000} code`,
    (i) => `(${i % 1_000}) ab-cd`,
    () => "word",
  ];
  for (const form of forms) {
    const lines = Array.from({ length: 256 * 1024 }, (_, i) => form(i)).join("\n");
    const before = process.cpuUsage();
    findCodes(lines);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6, lines.slice(0, 20)).toBeLessThan(3);
  }
});

test("with every line a code, lines are what they are", () => {
  expect(linesAsCodes("correct horse\n\n battery \r\ncorrect horse").codes).toEqual([
    "correct horse",
    "battery",
    "correct horse",
  ]);
  expect(shapeOf("ab12-c d")).toBe("xxxx-x x");
});

test("a line that is too long for a code is refused by its number, and never cut", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc
          .tuple(fc.stringMatching(/^[a-z0-9]{4}$/), fc.integer({ min: 1, max: 64 }))
          .map(([piece, times]) => piece.repeat(times)),
        { minLength: 1, maxLength: 5 },
      ),
      fc.constantFrom("\n", "\r\n", "\r"),
      (lines, end) => {
        const long = lines.findIndex((line) => line.length > MAX_CODE_LENGTH);
        const read = () => linesAsCodes(lines.join(end)).codes;
        if (long === -1) expect(read()).toEqual([...new Set(lines)]);
        else
          expect(read).toThrow(
            new FobError("invalid", `line ${long + 1}: a code has at most 128 characters`),
          );
      },
    ),
  );
});
