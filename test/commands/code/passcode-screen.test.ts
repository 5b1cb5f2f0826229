import { expect, test } from "vitest";
import type { Key } from "#cli/screen/keys.ts";
import { watchPasscodes } from "#commands/code/passcode-screen.ts";
import { sortedBy } from "#commands/tokens/token-order.ts";
import { lastUses } from "#vault/tokens/last-uses.ts";
import { person } from "../person.ts";
import { answering, HOTP, type Stage, stage, TOTP } from "../stage.ts";

const nobody = () => Promise.reject(new Error("nobody is asked"));

/** What the screen showed while these keys were pressed, and which tokens count as used then. */
async function watched(on: Stage, ...keys: readonly Key[]) {
  const { context, shown } = person([...keys, { name: "escape" }]);
  const tokens = await on.findTokens();
  const sort = sortedBy("used", () => lastUses(tokens));
  const choose = async () => sort(await tokens.entries());
  const slice = {
    ...context,
    look: async () => undefined,
    sleep: async () => undefined,
    emit: async () => false,
    complain: () => undefined,
    pinPrompt: answering(),
    pinPromptOn: () => answering(),
    clipboard: {
      ...{ copyOnce: nobody, paste: nobody, clearLater: async () => undefined },
      copy: async () => ({ kind: "copied", way: "system" }) as never,
    },
  };
  await watchPasscodes({ tokens, choose, isNamed: false, clearAfter: 30 }, slice as never);
  const uses = lastUses(tokens);
  const used = (await tokens.entries()).filter(({ id }) => uses.of(id)).map(({ name }) => name);
  return { shown, used };
}

test("passcodes that are on the screen are no use of their tokens, those that are copied are", async () => {
  const on = await stage();
  for (const name of ["one", "two"]) on.add(name, TOTP);
  on.add("counted", HOTP);
  const looked = await watched(on);
  expect(looked.used).toEqual([]);
  expect(looked.shown[0]?.slice(2, 7).join("\n")).toMatch(
    /one +\d{4} \d{4} .*\n +two +\d{4} \d{4}/,
  );
  expect(looked.shown[0]).toContain("never used");
  const copied = await watched(on, { name: "end" }, { name: "enter" });
  expect(copied.used).toEqual(["two"]);
  const revealed = await watched(on, { name: "home" }, { name: "down" }, { name: "tab" });
  expect(revealed.used).toEqual(["counted", "two"]);
  expect(revealed.shown.at(-1)).toContain("last used just now");
  // the selected token stays where it is until the list is opened again
  const order = (lines: readonly string[] = []) =>
    lines.slice(2, 5).map((line) => line.slice(2, 6));
  expect(revealed.shown.map(order)).toEqual(Array(4).fill(order(revealed.shown[0])));
});
