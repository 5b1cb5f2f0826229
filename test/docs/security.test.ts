import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const text = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

test("what a copied folder tells names everything that a vault's folder can hold", () => {
  const section =
    /^## What a copied folder tells.*?(?=^## )/ms.exec(text("docs/security.md"))?.[0] ?? "";
  const parts = [
    ...text("src/vault/cells/layout.ts").matchAll(/join\(vaultFolder\(home\), "([a-z-]+)"\)/g),
  ];
  const names = parts.map(([, name]) => name);
  expect(names).toContain("grant-list");
  expect(names.filter((name) => !new RegExp(`^- .*\`${name}/?\``, "m").test(section))).toEqual([]);
  expect(section).toContain("`damaged-token-ID-...`");
});
