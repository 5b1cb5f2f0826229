import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";
import { describeWith } from "../requires.ts";
import { markdownFiles } from "./pages.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What names of the code, and of roff, look like to codespell. */
const NAMES = ["bu", "passtime", "towords", "upto"];

/** The words that codespell takes for misspelt, with their places. */
async function misspelt(paths: readonly string[]): Promise<string> {
  const { stdout } = await execa("codespell", ["--ignore-words-list", NAMES.join(), ...paths], {
    cwd: ROOT,
    reject: false,
  });
  return stdout;
}

describeWith({ codespell: "codespell" }, "spelling", () => {
  test("no page, text or comment has a known misspelling", async () => {
    expect(await misspelt([...markdownFiles(), "src", "scripts", "completions"])).toBe("");
  });

  test("a misspelling is found", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fob-spelling-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "page.md"), `It is ${["rec", "ieved"].join("")}.\n`);
    expect(await misspelt([folder])).toContain("received");
  });
});
