import fc from "fast-check";
import { expect, test } from "vitest";
import { readPastedLines } from "#enrollment/pasted-lines.ts";

const texts = (pasted: string) => readPastedLines(pasted).map(({ text }) => text);

const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const STRINGS = [
  `otpauth://totp/ACME:ann?secret=${SECRET}&issuer=ACME`,
  `otpauth://hotp/Bank:bob?secret=${SECRET}&counter=0`,
  `steam://${SECRET}`,
  "XUU75-RROTT-Y5IP6-U3BMV",
];
const URIS = STRINGS.filter((text) => text.includes("://"));

test("strings are what they were, wherever a program has broken their lines", () => {
  const broken = fc
    .tuple(fc.constantFrom(...URIS), fc.array(fc.integer({ min: 12, max: 70 })))
    .map(([text, places]) => ({
      text,
      lines: [...new Set(places)]
        .sort((a, b) => b - a)
        .reduce((all, at) => `${all.slice(0, at)}\n  ${all.slice(at)}`, text),
    }));
  fc.assert(
    fc.property(fc.array(broken, { minLength: 1, maxLength: 5 }), (all) => {
      expect(texts(all.map(({ lines }) => lines).join("\r\n"))).toEqual(
        all.map(({ text }) => text),
      );
    }),
  );
});

test("a part of a secret is never a string of its own", () => {
  const halves = `otpauth://totp/x?secret=${SECRET.slice(0, 16)}\n${SECRET.slice(16)}`;
  expect(texts(halves)).toEqual([`otpauth://totp/x?secret=${SECRET}`]);
  expect(texts(`${SECRET.slice(0, 16)}\n${SECRET.slice(16)}`)).toEqual([SECRET]);
});

test("several strings stay apart, and are numbered by their lines", () => {
  expect(texts(STRINGS.join("\n"))).toEqual(STRINGS);
  const numbers = readPastedLines(`\n# mine\n${STRINGS.join("\n\n")}`).map(({ number }) => number);
  expect(numbers).toEqual([3, 5, 7, 9]);
});

test("what has several lines by itself is whole", () => {
  const container = '<?xml version="1.0"?>\n<KeyContainer>\n</KeyContainer>';
  expect(texts(container)).toEqual([container]);
});

test("activation strings one a line are several, and one of several lines is whole", () => {
  const activation = (name: string) =>
    Buffer.from(`EnrollmentURL=https://${name}.example/\nUserID=ann\nPassphrase=p`).toString(
      "base64",
    );
  const [first, second] = [activation("one"), activation("other")];
  const link = "mobilepassplus://autoenrollment?scheme=x";
  expect(texts(`${first}\n${second}`)).toEqual([first, second]);
  expect(texts(`${link}\n${STRINGS[0]}`)).toEqual([link, STRINGS[0]]);
  const broken = `${first.slice(0, 40)}\n${first.slice(40)}`;
  expect(texts(broken)).toEqual([broken]);
});
