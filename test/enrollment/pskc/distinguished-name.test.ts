import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commonName, nameAsUser } from "#enrollment/pskc/distinguished-name.ts";

describe("a distinguished name", () => {
  test.each([
    ["ann", "ann"],
    ["CN=Ann,O=ACME", "Ann"],
    ["O=ACME, cn = Ann ", "Ann"],
    ["UID=ann,DC=acme", "ann"],
    ["CN=Doe\\, Ann,O=ACME", "Doe, Ann"],
    ["CN=Doe, Ann,O=ACME", "Doe, Ann"],
    ["CN=\\C3\\84rzte+UID=7", "Ärzte"],
    ["2.5.4.3=x,O=ACME", "2.5.4.3=x,O=ACME"],
    ["Doe, CN=Ann", "Doe, CN=Ann"],
    ["CN=,O=ACME", "CN=,O=ACME"],
    ["constructor=x", "constructor=x"],
  ])("%j is of %j", (user, name) => {
    expect(commonName(user)).toBe(name);
  });

  test("is made of any name that would be taken for one", () => {
    const part = fc.constantFrom("CN=", "UID=", ",", "\\", "+", "=", "a", " b", "#", "🙂");
    const name = fc
      .oneof(
        fc.string({ unit: "grapheme" }),
        fc.array(part).map((parts) => parts.join("")),
      )
      .map((text) => text.trim());
    fc.assert(
      fc.property(name, (text) => {
        expect(commonName(nameAsUser(text))).toBe(text);
      }),
    );
    expect(nameAsUser("ann")).toBe("ann");
  });
});
