import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { PlainPrompts } from "#cli/prompt/plain-prompts.ts";

/** What a person chooses of these names by typing this line; the label has more than the name. */
async function chosen(line: string, ...names: readonly string[]): Promise<string> {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, isRaw: false, setRawMode() {} });
  const stderr = new PassThrough();
  const prompts = new PlainPrompts({ stdin, stderr, env: {} } as never);
  const choices = names.map((name) => ({ label: `${name} (at mail.test)`, name, value: name }));
  const picking = prompts.pick("Which?", choices);
  stdin.write(`${line}\r`);
  return picking;
}

test.each([
  ["a whole name wins over parts of others", "mail", ["Mail", "My airline", "mailbox"], "Mail"],
  ["in the same letter case first", "MAIL", ["Mail", "MAIL"], "MAIL"],
  ["a name that is a number wins over a place", "2", ["a", "b", "2"], "2"],
  ["a place", "2", ["a", "b"], "b"],
  ["a part", "air", ["Mail", "My airline"], "My airline"],
])("%s", async (_, line, names, wanted) => {
  expect(await chosen(line, ...names)).toBe(wanted);
});
