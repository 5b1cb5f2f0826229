import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../requires.ts";
import { isForStrangers } from "../strangers/recipes.ts";
import { commandsOf, shellBlocks } from "./blocks.ts";
import { Stage } from "./stage.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Its commands are run with an agent that they may lock, by a test of the agent. */
const ELSEWHERE = "agent.md";

const PAGES = readdirSync(`${ROOT}/docs`)
  .filter((file) => file.endsWith(".md") && file !== ELSEWHERE)
  .map((file) => `docs/${file}`);

const SCRIPTS = ["README.md", ...PAGES].flatMap((page) =>
  shellBlocks(readFileSync(`${ROOT}/${page}`, "utf8"))
    .filter(({ text }) => !isForStrangers(text))
    .flatMap((block) =>
      block.isList
        ? commandsOf(block).map((command) => ({
            place: `${page}:${block.line}`,
            title: command,
            script: command,
          }))
        : [
            {
              place: `${page}:${block.line}`,
              title: block.text.split("\n")[0] ?? "",
              script: block.text,
            },
          ],
    ),
);

describeWith(
  {
    bash: "bash",
    jq: "jq",
    nc: "netcat-openbsd",
    fzf: "fzf",
    git: "git",
    tmux: "tmux",
    age: "age",
  },
  "the commands of the pages",
  () => {
    const stage = new Stage();
    beforeAll(() => stage.build());
    afterAll(() => stage.remove());

    test.concurrent.each(SCRIPTS)("$place: $title", async ({ script }) => {
      const { exitCode, stderr } = await stage.run(script);
      // what only a person at a terminal may answer ends with this code and this line, and was
      // understood
      if (exitCode === 5) expect(stderr).toMatch(/^fob: cannot ask here/m);
      else expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    });
  },
);
