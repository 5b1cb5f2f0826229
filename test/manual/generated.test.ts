import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { allCommands } from "#commands/commands.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("completion scripts, man pages, schemas and tables are what the definitions make of them", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/generate.mjs", "--check"], {
    cwd: root,
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

const commands = await allCommands();

describe("the manual", () => {
  const pages = readdirSync(`${root}/man`);

  test("has a page for fob, every command and every overview", () => {
    const names = commands.map(({ name }) => `fob-${name.replaceAll(" ", "-")}.1`);
    expect(pages.toSorted()).toEqual(
      ["fob.1", ...names, "fob-agent.7", "fob-enrollment.7", "fob-security.7"].toSorted(),
    );
  });

  test("says what a page's command can do, with its examples", () => {
    for (const { name, options, examples } of commands) {
      const page = plain(readFileSync(`${root}/man/fob-${name.replaceAll(" ", "-")}.1`, "utf8"));
      for (const option of Object.keys(options)) {
        expect(page).toContain(
          `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
        );
      }
      for (const { command } of examples) expect(page).toContain(command);
    }
  });
});

/** What a page reads as, but for its fonts and lines. */
function plain(roff: string): string {
  return roff
    .replaceAll("\\-", "-")
    .replaceAll("\\(aq", "'")
    .replaceAll("\\(ti", "~")
    .replaceAll("\\:", "")
    .replaceAll("\\e", "\\");
}
