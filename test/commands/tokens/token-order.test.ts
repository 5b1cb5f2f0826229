import { expect, test } from "vitest";
import { list } from "#commands/tokens/list.ts";
import { touch } from "#vault/tokens/last-uses.ts";
import { printed, type Stage, stage, TOTP } from "../stage.ts";

const MINUTE = 60_000;

/** Four tokens: enrolled one after another, two of them used, one a favourite. */
async function withFour(): Promise<Stage> {
  const on = await stage();
  const added = (name: string, minutes: number, favorite = false) =>
    on.add(name, TOTP, { enrolledAt: new Date(minutes * MINUTE), favorite });
  const [a] = [added("a", 3), added("b", 2)];
  const c = added("c", 4);
  added("pinned", 1, true);
  touch(on.vault, [c.id], new Date(Date.now() - 2 * 24 * 60 * MINUTE));
  touch(on.vault, [a.id], new Date(Date.now() - 3 * MINUTE));
  return on;
}

const inputs = { pattern: undefined, codes: false, watch: false, tag: undefined };

async function listed(on: Stage, sort?: string, codes = false) {
  const context = {
    ...on,
    clock: () => new Date(),
    pinPrompt: {},
    look: wait,
    sleep: wait,
  } as never;
  return list.run({ ...inputs, codes, sort }, context);
}

const wait = async () => undefined;

const namesIn = async (on: Stage, sort?: string) =>
  printed(list, await listed(on, sort)).json.map(({ name }: { name: string }) => name);

test("tokens are sorted by name, last use or enrollment, favourites first", async () => {
  const on = await withFour();
  expect(await namesIn(on)).toEqual(["pinned", "a", "b", "c"]);
  expect(await namesIn(on, "used")).toEqual(["pinned", "a", "c", "b"]);
  expect(await namesIn(on, "added")).toEqual(["pinned", "c", "a", "b"]);
  await expect(listed(on, "size")).rejects.toMatchObject({ code: "usage" });
  await on.settings.assign("list.sort", "used");
  expect(await namesIn(on)).toEqual(["pinned", "a", "c", "b"]);
  expect(await namesIn(on, "name")).toEqual(["pinned", "a", "b", "c"]);
});

test("last uses are said on a terminal, and are not in the columns of scripts", async () => {
  const on = await withFour();
  const { text: script } = printed(list, await listed(on, "used"));
  expect(script.split("\n").at(-1)).toBe("b\t-\t-\ttime-based\t-");
  const { UNCOLORED } = await import("#cli/output/style.ts");
  const { text } = printed(list, await listed(on, "used"), { ...UNCOLORED, columns: 80 });
  expect(text.split("\n").map((line) => line.split(/ {2,}/).at(-1))).toEqual([
    "LAST USED",
    "-",
    "3 minutes ago",
    "2 days ago",
    "-",
  ]);
});

test("a list of passcodes is no use of its tokens", async () => {
  const on = await withFour();
  const before = await namesIn(on, "used");
  const { json } = printed(list, await listed(on, "used", true));
  expect(json[3].code).toMatch(/^\d{8}$/);
  expect(await namesIn(on, "used")).toEqual(before);
});
