import { expect, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import type { Prompt } from "#cli/prompt/prompt.ts";
import type { Key } from "#cli/screen/keys.ts";
import { watchPasscodes } from "#commands/code/passcode-screen.ts";
import { sortedBy } from "#commands/tokens/token-order.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { lastUses } from "#vault/tokens/last-uses.ts";
import { person } from "../person.ts";
import { answering, HOTP, type Stage, stage, TOTP } from "../stage.ts";

const nobody = () => Promise.reject(new Error("nobody is asked"));

/** What the screen showed while these keys were pressed, and which tokens count as used then. */
async function watched(on: Stage, ...keys: readonly Key[]) {
  return watchedBy(() => answering(), on, ...keys);
}

async function watchedBy(
  pinPromptOn: (asking: Pick<Prompt, "confirm">) => PinPrompt,
  on: Stage,
  ...keys: readonly Key[]
) {
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
    pinPrompt: { ...answering(), atTerminal: "typing" as const },
    pinPromptOn,
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

/** Asks about each use through the screen. */
const approving = ({ confirm }: Pick<Prompt, "confirm">): PinPrompt => ({
  ...answering(),
  atTerminal: "typing",
  async approve({ token }) {
    if (await confirm(`May the shell use ${token.name}?`, "a terminal")) return;
    throw new FobError("denied", `nobody agreed that ${token.name} is used`);
  },
});

test("a token that asks before use says so, and asks on the screen itself", async () => {
  const on = await stage();
  const asking = on.add("Mail", TOTP);
  on.vault.amend(asking.id, (token) => ({ ...token, confirm: "always" }));
  const other = on.add("others", TOTP);
  on.vault.amend(other.id, (token) => ({ ...token, confirm: "others" }));
  const copying = [{ name: "text", text: "Mail" }, { name: "enter" }] as const;
  const no = await watchedBy(approving, on, ...copying, { name: "escape" }, { name: "escape" });
  expect(no.shown[0]?.join("\n")).toMatch(/Mail .* asks.*others +\d{4} \d{4}/s);
  expect(no.shown[2]?.[0]).toBe("May the shell use Mail?");
  expect(no.shown[3]?.join("\n")).toMatch(/Search: Mail_.*nobody agreed that Mail is used/s);
  expect(no.used).toEqual([]);
  const yes = await watchedBy(
    approving,
    on,
    ...copying,
    { name: "text", text: "y" },
    { name: "enter" },
    { name: "escape" },
  );
  expect(yes.shown[4]?.join("\n")).toMatch(/Search: Mail_.*Mail +\d{4} \d{4}/s);
  expect(yes.used).toEqual(["Mail"]);
});

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
