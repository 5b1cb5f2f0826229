import { expect, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { lifeOf, thisProcess } from "#base/process-identity.ts";
import { codes } from "#commands/codes/codes.ts";
import { codesAdd } from "#commands/codes/codes-add.ts";
import { codesList } from "#commands/codes/codes-list.ts";
import { MAX_CODES } from "#token/code-list.ts";
import { codesLeft } from "#vault/belongings/codes-left.ts";
import { answering, printed, stage, TOTP } from "../stage.ts";

const LIST = "Your codes:\n1. a1b2c-d3e4f\n2. b1b2c-d3e4f\n3. c1b2c-d3e4f";
const NOTHING = { qr: undefined, clipboard: false, lines: false, replace: false, yes: false };

/** A vault with one token; what was copied, said and asked. */
async function desk() {
  const on = await stage();
  on.add("vpn", TOTP);
  const said: string[] = [];
  const asked: string[] = [];
  const copied: string[] = [];
  return {
    ...on,
    ...{ said, asked, copied },
    clock: () => new Date(),
    pinPrompt: answering(),
    prompt: {
      available: true,
      confirm: async (question: string) => asked.push(question) > 0,
      pasted: async () => LIST,
    } as never,
    clipboard: {
      copy: async (text: string) => {
        copied.push(text);
        return "terminal";
      },
      paste: async () => ({ text: LIST, picture: null }),
    } as never,
    tell: (text: string) => void said.push(text),
    processes: { own: thisProcess, lifeOf },
    sleep: async () => undefined,
    look: async () => undefined,
    endAtSignals: async <T>(work: () => T | Promise<T>) => work(),
    readInput: async () => LIST,
    readPicture: async () => [LIST],
    readQrCodes: async () => [LIST],
  };
}

type Desk = Awaited<ReturnType<typeof desk>>;

const add = async (on: Desk, more: object = {}) =>
  printed(
    codesAdd,
    await codesAdd.run({ name: "vpn", source: undefined, ...NOTHING, ...more }, on),
  );
const take = async (on: Desk, copy = false) =>
  printed(codes, await codes.run({ name: "vpn", copy, once: false }, on));

test("codes come from a paste, standard input, a picture or the clipboard, and are added once", async () => {
  const on = await desk();
  expect((await add(on)).text).toBe("3 recovery codes added to vpn: 3 left");
  expect(on.asked).toEqual(["Keep 3 recovery codes (xxxxx-xxxxx) with vpn?"]);
  for (const source of [{ source: "-" }, { qr: "codes.png" }, { clipboard: true }]) {
    const again = await add(on, { ...source, yes: true });
    expect(again.json).toMatchObject({ added: 0, left: 3, total: 3 });
    expect(again.notes).toEqual(["3 codes of them known already"]);
  }
  expect(on.asked).toHaveLength(1);
  await add(on, { replace: true });
  expect(on.asked.at(-1)).toBe(
    "Keep 3 recovery codes (xxxxx-xxxxx) with vpn, in place of 3 that are there?",
  );
});

test("a code on the command line, two sources, and a text without codes are refused", async () => {
  const on = await desk();
  await expect(add(on, { source: "a1b2c-d3e4f" })).rejects.toMatchObject({ code: "usage" });
  await expect(add(on, { source: "-", clipboard: true })).rejects.toMatchObject({ code: "usage" });
  const empty = { ...on, readInput: async () => "nothing here" };
  await expect(add(empty, { source: "-" })).rejects.toMatchObject({ code: "invalid" });
  const words = await add(empty, { source: "-", lines: true });
  expect(words.json).toMatchObject({ added: 1 });
  const huge = { ...on, readInput: async () => "a1b2\n".repeat(60_000) };
  await expect(add(huge, { source: "-" })).rejects.toThrow("256 KiB");
});

test("nothing is stored where a person says no", async () => {
  const on = await desk();
  const prompt = { available: true, confirm: async () => false, pasted: async () => LIST } as never;
  await expect(add({ ...on, prompt })).rejects.toMatchObject({ code: "interrupted" });
  expect(printed(codesList, await codesList.run({}, on)).json).toEqual([]);
});

test("the next code is given, copied or printed, with a warning when few are left", async () => {
  const on = await desk();
  await expect(take(on)).rejects.toMatchObject({ code: "not-found" });
  await add(on);
  expect(await take(on)).toMatchObject({
    text: "a1b2c-d3e4f",
    notes: ["2 recovery codes of vpn left: make new ones at the service"],
  });
  expect((await take(on, true)).text).toBe("");
  expect(on.copied).toEqual(["b1b2c-d3e4f"]);
  const clipboard = {
    copy: async () => Promise.reject(new FobError("unavailable", "there is no clipboard")),
  } as never;
  // a code that is used up must not be lost besides
  expect((await take({ ...on, clipboard }, true)).text).toBe("c1b2c-d3e4f");
  expect(on.said.at(-1)).toContain("there is no clipboard");
  await expect(take(on)).rejects.toThrow("no recovery code of vpn is left");
  expect(printed(codesList, await codesList.run({}, on)).text).toBe("vpn\t0\t3");
});

test("codes that are too many change nothing of what is known about those that are there", async () => {
  const on = await desk();
  await add(on);
  const many = Array.from({ length: MAX_CODES }, (_, i) => `code-${String(i).padStart(5, "0")}`);
  const input = { ...NOTHING, name: "vpn", source: "-", lines: true };
  await expect(
    codesAdd.run(input, { ...on, readInput: async () => many.join("\n") }),
  ).rejects.toMatchObject({ code: "invalid" });
  const [{ id = "" } = {}] = on.vault.entries();
  expect(codesLeft(on.vault.layout).get(id)).toBe(3);
});
