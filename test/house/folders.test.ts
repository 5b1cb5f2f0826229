import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

// Node's own way never returns below /proc (src/base/make-folders.ts)
test("folders with those that they lie in are made by makeFolders", () => {
  const calls = readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => {
      const found = readFileSync(`src/${file}`, "utf8").matchAll(/\bmkdir(?:Sync)?\([^;]*;/g);
      return [...found].map(([call]) => ({ file, call }));
    });
  expect(calls.length).toBeGreaterThan(4);
  expect(calls.filter(({ call }) => call.includes("recursive"))).toEqual([]);
});
