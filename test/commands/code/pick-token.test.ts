import { expect, test } from "vitest";
import { displayWidth } from "#cli/output/width.ts";
import type { Key } from "#cli/screen/keys.ts";
import { pickToken } from "#commands/code/pick-token.ts";
import { person } from "../person.ts";
import { stage } from "../stage.ts";

const typed = (text: string): Key => ({ name: "text", text });

async function withTokens(...names: readonly string[]) {
  const on = await stage();
  for (const name of names) on.add(name);
  return on.findTokens();
}

test("a token is picked by its place or by what is typed, on as many pages as it takes", async () => {
  const names = Array.from({ length: 12 }, (_, i) => `token ${String(i + 1).padStart(2, "0")}`);
  const tokens = await withTokens(...names);
  const picked = async (...keys: Key[]) => {
    const { context, shown } = person([...keys, { name: "enter" }]);
    const { name } = await pickToken(tokens, context);
    return [name, shown.at(-1)?.[0]?.split(" ").at(-1)];
  };
  expect(await picked()).toEqual(["token 01", "1/12"]);
  expect(await picked({ name: "page-down" }, { name: "down" })).toEqual(["token 06", "6/12"]);
  expect(await picked({ name: "end" })).toEqual(["token 12", "12/12"]);
  expect((await picked(typed("07")))[0]).toBe("token 07");
  // Enter without a found token changes nothing
  expect(await picked(typed("x"), { name: "enter" }, { name: "escape" })).toEqual([
    "token 01",
    "1/12",
  ]);
});

test("the list fits the screen, cuts wide names with an ellipsis, and names its keys", async () => {
  const tokens = await withTokens("日本語の長い名前のトークン、とても長い名前のトークン", "b");
  const { context, shown } = person([typed("zz"), { name: "escape" }, { name: "escape" }]);
  await expect(pickToken(tokens, context)).rejects.toMatchObject({ code: "interrupted" });
  const [first = [], second = []] = shown;
  for (const line of [...first, ...second]) expect(displayWidth(line)).toBeLessThanOrEqual(40);
  expect(first.length).toBe(8);
  expect(first.join("\n")).toContain("…");
  expect(first.at(-1)).toBe("type to search · Enter chooses");
  expect(second[2]).toBe("  nothing is found");
  expect(second[0]).toMatch(/^Which token\? zz_ +0\/0 of 2$/);
});

test("one token that fits is not asked about, and none is an error", async () => {
  const tokens = await withTokens("ACME", "Bank");
  const { context } = person([]);
  const fits = ({ name }: { readonly name: string }) => name === "Bank";
  expect((await pickToken(tokens, context, { fits })).name).toBe("Bank");
  const none = { fits: () => false, none: "no token is red" };
  await expect(pickToken(tokens, context, none)).rejects.toMatchObject({
    code: "not-found",
    message: "no token is red",
  });
});
