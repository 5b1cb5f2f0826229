import { expect, test } from "vitest";
import { groupPasscode } from "#cli/screen/passcode-groups.ts";

test.each([
  ["123456", "123 456"],
  ["1234567", "123 4567"],
  ["12345678", "1234 5678"],
  ["123456789", "123 456 789"],
  ["1234567890", "12 3456 7890"],
  ["NW9X4", "NW9X4"],
])("the passcode %s is read as %s", (code, groups) => expect(groupPasscode(code)).toBe(groups));
