import { rmSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { favorite } from "#commands/tokens/favorite.ts";
import { list } from "#commands/tokens/list.ts";
import { remove } from "#commands/tokens/remove.ts";
import { rename } from "#commands/tokens/rename.ts";
import { show } from "#commands/tokens/show.ts";
import { tag, untag } from "#commands/tokens/tag.ts";
import { answering, HOTP, printed, type Stage, stage, TOTP, unseen } from "../stage.ts";

async function withTwo(): Promise<Stage> {
  const on = await stage();
  on.add("ACME", HOTP, { issuer: "ACME", account: "ann" });
  on.add("Example", TOTP);
  return on;
}

const names = ({ vault }: Stage) => vault.entries().map(({ name }) => name);

/** What `remove` needs besides the vault; a person answers as `isSure` says. */
const removing = (isSure: boolean) => ({
  clock: () => new Date(),
  doLongWork: <T>(_: string, work: (look: () => Promise<void>) => Promise<T>) =>
    work(async () => undefined),
  progress: unseen,
  prompt: { confirm: async () => isSure } as never,
});

test("`fob favorite` lists a token before the others, and with --off no more", async () => {
  const on = await withTwo();
  const marked = await favorite.run({ name: "example", off: false }, on);
  expect(printed(favorite, marked).text).toBe("Example is a favorite");
  expect(names(on)).toEqual(["Example", "ACME"]);
  const unmarked = await favorite.run({ name: "Example", off: true }, on);
  expect(printed(favorite, unmarked)).toMatchObject({
    text: "Example is no favorite",
    json: { name: "Example", favorite: false },
  });
  expect(names(on)).toEqual(["ACME", "Example"]);
});

test("`fob rename` gives a token another name, and refuses one that cannot be shown", async () => {
  const on = await withTwo();
  const renamed = await rename.run({ name: "acme", newName: "vpn" }, on);
  expect(printed(rename, renamed)).toMatchObject({
    text: "ACME is now called vpn",
    json: { name: "vpn", formerName: "ACME" },
  });
  expect(names(on)).toEqual(["Example", "vpn"]);
  await expect(rename.run({ name: "vpn", newName: "" }, on)).rejects.toThrow();
  await expect(rename.run({ name: "nix", newName: "x" }, on)).rejects.toMatchObject({
    code: "not-found",
  });
});

test("`fob show` prints every detail but the secret, and no line without a value", async () => {
  const on = await withTwo();
  const { text, json } = printed(
    show,
    await show.run(
      { name: "ACME", note: false },
      { ...on, clock: () => new Date(), pinPrompt: answering() },
    ),
  );
  expect(text).toMatch(
    /^name +ACME\nissuer +ACME\naccount +ann\nkind +event-based\nalgorithm +SHA1$/m,
  );
  expect(text).toMatch(/^counter +0$/m);
  expect(text).not.toMatch(/^(?:period|suite|server|protocol|serial|secret)/m);
  expect(json).toMatchObject({ counter: 0, pin: "none", accessDomain: "00", lastUsedAt: null });
});

test("`fob list` narrows by a part of name, issuer or account, and says where nothing is left", async () => {
  const on = await withTwo();
  const context = { ...on, look: async () => undefined, sleep: async () => undefined } as never;
  const ofPattern = async (pattern: string | undefined) =>
    printed(
      list,
      await list.run(
        { pattern, codes: false, watch: false, tag: undefined, sort: undefined },
        context,
      ),
    );
  expect((await ofPattern("AN")).text).toBe("ACME\tACME\tann\tevent-based\t-");
  expect((await ofPattern(undefined)).json).toHaveLength(2);
  expect(await ofPattern("nix")).toMatchObject({ text: "", json: [], notes: ["no token matches"] });
});

test("`fob remove` removes a token that is named twice once, and nothing without a yes", async () => {
  const on = await withTwo();
  const both = { names: ["ACME", "acme"], yes: false };
  await expect(remove.run(both, { ...on, ...removing(false) })).rejects.toMatchObject({
    code: "interrupted",
    message: "nothing was removed",
  });
  await expect(
    remove.run({ names: [], yes: true }, { ...on, ...removing(true) }),
  ).rejects.toMatchObject({ code: "usage" });
  expect(names(on)).toEqual(["ACME", "Example"]);
  const { text, json, notes } = printed(
    remove,
    await remove.run(both, { ...on, ...removing(true) }),
  );
  expect({ text, names: json.map(({ name }: { name: string }) => name), notes }).toEqual({
    text: "removed ACME",
    names: ["ACME"],
    notes: ["`fob restore` brings it back within 30 days"],
  });
  expect(names(on)).toEqual(["Example"]);
});

test("`fob remove` of many writes the list once, also where one of them cannot be removed", async () => {
  const on = await stage();
  const added = Array.from({ length: 12 }, (_, i) => on.add(`token ${i}`));
  const vault = await on.findVault();
  const written = vi.spyOn(vault, "updateIndex");
  const wanted = added.slice(0, 10).map(({ id }) => id);
  // another process removes one of them for good
  rmSync(vault.tokenCell(wanted[3] ?? "").folder, { recursive: true });
  const { removed, failures } = await remove.run(
    { names: wanted, yes: true },
    { ...on, ...removing(true), findVault: async () => vault },
  );
  expect(written).toHaveBeenCalledTimes(1);
  expect([removed.length, failures.length]).toEqual([10, 0]);
  expect(removed.filter(({ isRestorable }) => !isRestorable)).toHaveLength(1);
  expect(names(on)).toEqual(["token 10", "token 11"]);
});

test("`fob tag` sorts a token under tags, which find it, and `fob untag` takes them off", async () => {
  const on = await withTwo();
  const tagged = await tag.run({ name: "acme", tags: ["Work", "vpn", "work"] }, on);
  expect(printed(tag, tagged)).toMatchObject({
    text: "ACME has the tags Work, vpn",
    json: { name: "ACME", tags: ["Work", "vpn"] },
  });
  const context = { ...on, look: async () => undefined, sleep: async () => undefined } as never;
  const listed = async (wanted: { pattern?: string; tag?: string }) => {
    const input = {
      pattern: undefined,
      tag: undefined,
      sort: undefined,
      codes: false,
      watch: false,
      ...wanted,
    };
    const { tokens } = (await list.run(input, context)) as never as {
      tokens: { token: { name: string } }[];
    };
    return tokens.map(({ token }) => token.name);
  };
  expect(await listed({ tag: "WORK,vpn" })).toEqual(["ACME"]);
  expect(await listed({ tag: "work,home" })).toEqual([]);
  expect(await listed({ pattern: "vp" })).toEqual(["ACME"]);
  // the record has them as well: an index that is made anew from the records loses none
  const [entry] = on.vault.entries();
  expect(on.vault.read(entry?.id ?? "").token.tags).toEqual(["Work", "vpn"]);
  for (const wrong of ["", "a,b", "x".repeat(65), "a\u202eb"])
    await expect(tag.run({ name: "acme", tags: [wrong] }, on)).rejects.toMatchObject({
      code: "usage",
    });
  const many = Array.from({ length: 31 }, (_, i) => `t${i}`);
  await expect(tag.run({ name: "acme", tags: many }, on)).rejects.toMatchObject({ code: "usage" });
  await untag.run({ name: "acme", tags: ["VPN"], all: false }, on);
  expect(await listed({ tag: "vpn" })).toEqual([]);
  const bare = await untag.run({ name: "acme", tags: [], all: true }, on);
  expect(printed(untag, bare).text).toBe("ACME has no tags");
});
