import fc from "fast-check";
import { expect, test } from "vitest";
import { defaultIn, saysNothing, withDefaults } from "#platform/links/mime-defaults.ts";

const LIST = `# what I like
[Added Associations]
x-scheme-handler/otpauth=editor.desktop;

[Default Applications]
text/plain=editor.desktop
x-scheme-handler/otpauth=keys.desktop;other.desktop
#x-scheme-handler/pia=no.desktop

[Removed Associations]
text/html=editor.desktop;
`;

test("takes the value of its own group alone", () => {
  expect(defaultIn(LIST, "x-scheme-handler/otpauth")).toBe("keys.desktop;other.desktop");
  expect(defaultIn(LIST, "x-scheme-handler/pia")).toBeNull();
  expect(defaultIn(LIST, "text/html")).toBeNull();
  expect(defaultIn("", "text/html")).toBeNull();
});

test("changes a line where it stands, and adds others at the end of the group", () => {
  const values = new Map([
    ["x-scheme-handler/otpauth", "fob.desktop"],
    ["x-scheme-handler/pia", "fob.desktop"],
  ]);
  expect(withDefaults(LIST, values)).toBe(
    LIST.replace("keys.desktop;other.desktop", "fob.desktop").replace(
      "no.desktop\n",
      "no.desktop\nx-scheme-handler/pia=fob.desktop\n",
    ),
  );
});

test("makes the group where there is none", () => {
  const values = new Map([["a/b", "fob.desktop"]]);
  expect(withDefaults("", values)).toBe("[Default Applications]\na/b=fob.desktop\n");
  expect(withDefaults("[Other]\nx=y\n", values)).toBe(
    "[Other]\nx=y\n\n[Default Applications]\na/b=fob.desktop\n",
  );
  expect(
    saysNothing(withDefaults("[Default Applications]\na/b=c\n", new Map([["a/b", null]]))),
  ).toBe(true);
});

const type = fc.constantFrom("a/a", "a/b", "a/c", "a/d");
const line = fc.oneof(
  fc
    .tuple(type, fc.constantFrom("x.desktop", "y.desktop;z.desktop", ""))
    .map((one) => one.join("=")),
  fc.constantFrom(
    "[Default Applications]",
    "[Added Associations]",
    "",
    "# a=b",
    "no key",
    "=",
    "[x",
  ),
  fc.string(),
);
const list = fc.array(line).map((lines) => lines.join("\n"));

test("gives every type its value, and leaves what is about others", () => {
  fc.assert(
    fc.property(list, fc.uniqueArray(type), (text, types) => {
      const changed = withDefaults(text, new Map(types.map((one) => [one, "fob.desktop"])));
      for (const one of ["a/a", "a/b", "a/c", "a/d"] as const)
        expect(defaultIn(changed, one)).toBe(
          types.includes(one) ? "fob.desktop" : defaultIn(text, one),
        );
      const back = withDefaults(changed, new Map(types.map((one) => [one, defaultIn(text, one)])));
      for (const one of types) expect(defaultIn(back, one)).toBe(defaultIn(text, one));
    }),
  );
});
