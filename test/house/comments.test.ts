import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** How many columns a line of a comment has at most. */
const COLUMNS = 100;

/** What a tool reads has to stand on one line, and nothing breaks a long word. */
const UNBROKEN = /biome-ignore|@ts-expect-error|\S{80}/;

test("no line of a comment is wider than the code", () => {
  const wide = ["src", "scripts", "test"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => [".ts", ".mjs", ".cjs"].includes(extname(file)))
      .flatMap((file) =>
        readFileSync(join(ROOT, folder, file), "utf8")
          .split("\n")
          .filter((line) => /^\s*(?:\/\*\*|\*|\/\/) /.test(line))
          .filter((line) => line.length > COLUMNS && !UNBROKEN.test(line))
          .map((line) => `${folder}/${file}: ${line.trim()}`),
      ),
  );
  expect(wide).toEqual([]);
});
