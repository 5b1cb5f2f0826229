import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const project = fileURLToPath(new URL("../..", import.meta.url));
const sources = join(project, "src", "enrollment");

/** How a finding is written: as an object, or by the parameters that it is about. */
const FINDING =
  /severity: "\w+", code: "([a-z0-9-]+)"|(?:\b(?:warning|info)\(|\.find\(\s*"\w+",)\s*"([a-z0-9-]+)"/g;

test("every finding that inspect can report is explained", () => {
  const page = readFileSync(join(project, "docs", "compatibility.md"), "utf8");
  const files = readdirSync(sources, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const codes = files.flatMap((name) =>
    [...readFileSync(join(sources, name), "utf8").matchAll(FINDING)].map(
      (match) => match[1] ?? match[2],
    ),
  );
  expect(codes.length).toBeGreaterThan(20);
  expect(codes.filter((code) => !page.includes(`| \`${code}\` |`))).toEqual([]);
});
