import fc from "fast-check";
import { expect, test } from "vitest";
import { openTokens } from "#commands/export/secrets.ts";
import { note } from "#commands/tokens/note.ts";
import { show } from "#commands/tokens/show.ts";
import { USER_PIN_POLICY } from "#token/pin-policy.ts";
import { sealNote, storeNote } from "#vault/belongings/note.ts";
import { setTokenPin } from "#vault/pins/token-pin.ts";
import { unguardedSecretKey } from "#vault/tokens/token-record.ts";
import { answering, printed, stage, TOTP } from "../stage.ts";

const IDLE = { look: async () => undefined, sleep: async () => undefined };

async function desk(...pins: string[]) {
  const on = await stage();
  on.add("vpn", TOTP);
  return {
    ...on,
    clock: () => new Date(),
    pinPrompt: answering(...pins),
    prompt: { available: true } as never,
    isTerminal: true,
    readInput: async () => "",
    editText: async (text: string) => text,
    wipeLeftEdits: async () => undefined,
  };
}

type Desk = Awaited<ReturnType<typeof desk>>;

const write = (on: Desk, text?: string) => note.run({ name: "vpn", text, remove: false }, on);
const read = async (on: Desk) =>
  printed(show, await show.run({ name: "vpn", note: true }, on)).json.note;

async function guard({ vault }: Desk, pin: string) {
  const [{ id = "" } = {}] = vault.entries();
  const record = vault.read(id);
  await setTokenPin(vault, record, unguardedSecretKey(record, vault.vaultKey), {
    ...{ pin: Buffer.from(pin), policy: USER_PIN_POLICY, setAt: new Date(), isOwn: true },
  });
}

test("any text comes back as it was", async () => {
  const on = await desk();
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme", minLength: 1 }), async (text) => {
      fc.pre(!text.endsWith("\n") && text !== "-");
      await write(on, text);
      expect(await read(on)).toBe(text);
    }),
    { numRuns: 15 },
  );
});

test("a note comes from standard input or the editor, and an empty one is removed", async () => {
  const on = await desk();
  expect(await read(on)).toBeNull();
  await note.run(
    { name: "vpn", text: "-", remove: false },
    { ...on, readInput: async () => "a\nb\n" },
  );
  const seen: string[] = [];
  const editText = async (text: string) => {
    seen.push(text);
    return "b\n";
  };
  const edited = await note.run(
    { name: "vpn", text: undefined, remove: false },
    { ...on, editText },
  );
  expect(seen).toEqual(["a\nb\n"]);
  expect(printed(note, edited)).toMatchObject({
    text: "vpn has this note now",
    json: { name: "vpn", note: true },
  });
  expect(await read(on)).toBe("b");
  expect((await write(on, undefined)).change).toBe("none");
  const removed = await note.run({ name: "vpn", text: undefined, remove: true }, on);
  expect(printed(note, removed).text).toBe("vpn has no note any more");
  expect(await read(on)).toBeNull();
});

test("what another process writes while the editor is open is kept with the edited text", async () => {
  const on = await desk();
  await write(on, "first");
  const during = (other: string, edited: string) =>
    note.run(
      { name: "vpn", text: undefined, remove: false },
      {
        ...on,
        editText: async () => {
          await note.run({ name: "vpn", text: other, remove: other === "" }, on);
          return edited;
        },
      },
    );
  const joined = printed(note, await during("theirs", "mine\n"));
  expect(joined.notes).toEqual(["the note of vpn was changed meanwhile: both texts are in it now"]);
  expect(await read(on)).toBe("mine\n\ntheirs");
  // who empties a note has not seen the other text
  expect(printed(note, await during("theirs", "")).text).toBe("vpn has this note now");
  expect(await read(on)).toBe("theirs");
  expect(printed(note, await during("same", "same\n")).notes).toEqual([]);
  expect(await read(on)).toBe("same");
  const long = "x".repeat(40_000);
  await expect(during(`${long} theirs`, `${long} mine\n`)).rejects.toMatchObject({
    code: "invalid",
    hint: expect.stringContaining("what was written here is not"),
  });
  expect(await read(on)).toBe(`${long} theirs`);
});

test("every form of the command wipes what a killed one has left", async () => {
  let wiped = 0;
  const on = { ...(await desk()), wipeLeftEdits: async () => void wiped++ };
  for (const text of [undefined, "a note", "-"])
    await note.run({ name: "vpn", text, remove: false }, on);
  await note.run({ name: "vpn", text: undefined, remove: true }, on);
  expect(wiped).toBe(4);
});

test("nobody is asked for a note without a terminal, and a long one is refused", async () => {
  const on = await desk();
  await expect(write({ ...on, isTerminal: false })).rejects.toMatchObject({ code: "locked" });
  await expect(write(on, "x".repeat(65_537))).rejects.toThrow("64 KiB");
});

test("behind a PIN, a note opens with the PIN only, and stays when the PIN changes", async () => {
  const on = await desk("748291", "748291");
  await write(on, "first");
  await guard(on, "748291");
  expect(await read(on)).toBe("first");
  await write(on, "second");
  await expect(read(on)).rejects.toMatchObject({ code: "locked" });
  await expect(write(on, "third")).rejects.toMatchObject({ code: "locked" });
  expect(await read({ ...on, pinPrompt: answering("748291") })).toBe("second");
});

test("a note that was sealed with another secret leaves no token out, and can be replaced", async () => {
  const on = await desk();
  const [{ id = "" } = {}] = on.vault.entries();
  const spoil = () => storeNote(on.vault, id, sealNote("from elsewhere", Buffer.alloc(32, 1)));
  spoil();
  const opening = { ...on, complain: () => undefined, ...IDLE };
  const { tokens, failures } = await openTokens(on.vault, [], opening);
  expect(tokens).toMatchObject([{ name: "vpn", recoveryCodes: [] }]);
  expect(tokens[0]).not.toHaveProperty("note");
  expect(failures).toMatchObject([{ code: "invalid", message: expect.stringMatching(/^vpn: /) }]);
  await write(on, "new");
  expect(await read(on)).toBe("new");
  spoil();
  await note.run({ name: "vpn", text: undefined, remove: true }, on);
  expect(await read(on)).toBe(null);
});
