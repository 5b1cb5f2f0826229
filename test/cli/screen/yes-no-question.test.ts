import { expect, test } from "vitest";
import { UNCOLORED } from "#cli/output/style.ts";
import { displayWidth } from "#cli/output/width.ts";
import type { Key } from "#cli/screen/keys.ts";
import type { TerminalScreen } from "#cli/screen/terminal-screen.ts";
import { askYesNo } from "#cli/screen/yes-no-question.ts";

const QUESTION = "Token: Mail; Program: /usr/bin/bash < tmux < systemd. May it use the token?";

/** What a screen of this size shows, and what becomes of the question after these keys. */
async function asked(keys: readonly Key[], size = { columns: 40, rows: 10 }) {
  const shown: (readonly string[])[] = [];
  const end = new AbortController();
  const left = [...keys];
  const terminal = {
    size,
    wake: () => undefined,
    draw: (lines: readonly string[]) => void shown.push(lines),
    async nextKey() {
      const key = left.shift() ?? null;
      if (key === null) end.abort();
      return key;
    },
  } as unknown as TerminalScreen;
  const screen = { terminal, style: { ...UNCOLORED, columns: size.columns } };
  const answer = await askYesNo(screen, QUESTION, end.signal).catch(
    ({ code }: { code: string }) => code,
  );
  return { answer, shown };
}

const typing = (text: string): Key[] => [
  ...[...text].map((letter) => ({ name: "text" as const, text: letter })),
  { name: "enter" },
];

test.each([
  ["y", true],
  ["Yes", true],
  ["", false],
  ["n", false],
  ["yesterday", false],
])("%j is an answer", async (text, wanted) => {
  expect((await asked(typing(text))).answer).toBe(wanted);
});

test("Escape is no, and what was typed can be taken back", async () => {
  expect((await asked([{ name: "escape" }])).answer).toBe(false);
  const erased = [...typing("y").slice(0, 1), { name: "backspace" } as const, ...typing("")];
  expect((await asked(erased)).answer).toBe(false);
});

test("is given up when its time is over", async () => {
  expect((await asked([])).answer).toBe("interrupted");
});

test.each([10, 24, 40, 80, 200])("is whole at %i columns, or is denied", async (columns) => {
  for (const rows of [1, 3, 6, 12, 24]) {
    const { answer, shown } = await asked([{ name: "escape" }], { columns, rows });
    if (answer === "denied") {
      expect(shown).toEqual([]);
      continue;
    }
    const [lines = []] = shown;
    expect(lines.join(" ")).toContain(QUESTION.slice(0, 5));
    expect(lines.join("").replaceAll(" ", "")).toContain(QUESTION.replaceAll(" ", ""));
    expect(lines.length).toBeLessThanOrEqual(rows);
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
  }
});
