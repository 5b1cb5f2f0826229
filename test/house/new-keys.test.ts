import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

// exporting a key that was just made can wait for itself for ever (src/base/x25519-keys.ts)
test("a new key comes encoded from what makes it", () => {
  const calls = readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => {
      const text = readFileSync(`src/${file}`, "utf8");
      const found = text.matchAll(/generateKeyPair(?:Sync)?\)?\([^;]*;/g);
      return [...found].map(([call]) => ({ file, call }));
    });
  expect(calls.length).toBeGreaterThan(4);
  expect(calls.filter(({ call }) => !call.includes("publicKeyEncoding"))).toEqual([]);
});
