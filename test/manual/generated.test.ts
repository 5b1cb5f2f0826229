import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { GROUPS } from "#cli/command-line/groups.ts";
import { allCommands } from "#commands/commands.ts";
import { manPages } from "../../scripts/manual/pages.ts";

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
  const made = new Map(manPages(commands, (path) => readFileSync(`${root}/${path}`, "utf8")));

  test("has a page for fob, every command, every group and every overview", () => {
    const groups = Object.keys(GROUPS).filter((group) =>
      commands.every(({ name }) => name !== group),
    );
    const names = [...commands.map(({ name }) => name), ...groups].map(
      (name) => `fob-${name.replaceAll(" ", "-")}.1`,
    );
    expect(groups).toContain("push");
    expect(pages.toSorted()).toEqual(
      ["fob.1", ...names, "fob-agent.7", "fob-enrollment.7", "fob-security.7"].toSorted(),
    );
  });

  test("leads from a group to its commands, and from each of them back", () => {
    const page = (name: string) => made.get(`man/fob-${name}.1`) ?? "";
    for (const command of ["listen", "list", "approve", "deny", "history"]) {
      expect(page("push")).toContain(`fob\\-push\\-${command}\\fR(1)`);
      expect(page(`push-${command}`)).toMatch(/fob\\-push\\fR\(1\)/);
    }
    expect(page("lab")).toContain("fob\\-lab\\-user\\fR(1)");
    // a command with commands of its own
    expect(page("sync")).toContain("fob\\-sync\\-invite\\fR(1)");
  });

  test("cites no file that is not in the package, and neither do the helps", () => {
    const { files } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
    const texts = [
      ...[...made].map(([path, roff]) => [path, plain(roff)] as const),
      ...commands.map(
        ({ name, description = "", summary }) => [name, `${summary} ${description}`] as const,
      ),
    ];
    const cited = texts.flatMap(([path, text]) =>
      [...text.matchAll(/(?<![\w/.-])[\w/.-]*[\w-]\.md\b/g)].map(([file]) => ({ path, file })),
    );
    expect(cited.length).toBeGreaterThan(10);
    const missing = cited.filter(
      ({ file }) => !existsSync(`${root}/${file}`) || !files.includes(file.split("/")[0] ?? file),
    );
    expect(missing).toEqual([]);
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
