import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { carryOut } from "#entry/agent-commands.ts";
import { DAY } from "#vault/trash/calendar.ts";
import { removedIds, removeToken } from "#vault/trash/removal.ts";
import { stage } from "../commands/stage.ts";

const NOW = new Date();
const inDays = (days: number) => new Date(NOW.getTime() + days * DAY);

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("a command that an agent carries out empties the trash, once its days are over", async () => {
  const { vault, add } = await stage();
  const { id } = add("vpn");
  removeToken(vault, id, NOW);
  const request = { name: "access list", input: {}, interactive: false, canAsk: false } as const;
  const carryOutOn = async (...days: readonly number[]) => {
    for (const day of days) {
      vi.setSystemTime(inDays(day));
      await carryOut(vault, { do: "command", ...request }).start();
    }
    return removedIds(vault);
  };
  expect(await carryOutOn(10, 20, 29)).toEqual([id]);
  expect(await carryOutOn(30)).toEqual([]);
});
