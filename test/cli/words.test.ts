import { expect, test } from "vitest";
import { groupPasscode } from "../../src/cli/passcode-groups.ts";
import { plural } from "../../src/cli/words.ts";

test("one is one, and none are many", () => {
  expect([0, 1, 2, 21].map((count) => plural(count, "token"))).toEqual([
    "0 tokens",
    "1 token",
    "2 tokens",
    "21 tokens",
  ]);
  expect([1, 2].map((count) => plural(count, "entry", "entries"))).toEqual(["1 entry", "2 entries"]);
});

test.each([
  ["123456", "123 456"],
  ["1234567", "123 4567"],
  ["12345678", "1234 5678"],
  ["123456789", "123 456 789"],
  ["1234567890", "12 3456 7890"],
  ["NW9X4", "NW9X4"],
])("the passcode %s is read as %s", (code, groups) => expect(groupPasscode(code)).toBe(groups));
