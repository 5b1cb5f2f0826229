import { describe, expect, test } from "vitest";
import { accessDomain } from "#commands/access/access-domain.ts";
import { accessGrant } from "#commands/access/access-grant.ts";
import { accessList } from "#commands/access/access-list.ts";
import { accessRevoke } from "#commands/access/access-revoke.ts";
import { pinSet } from "#commands/pin/pin-set.ts";
import { openGrant } from "#vault/grants/granted-tokens.ts";
import { directAuthenticator } from "#vault/tokens/authenticator.ts";
import { answering, printed, type Stage, stage } from "../stage.ts";

const NOW = new Date("2026-01-01T00:00:00Z");

const PIN = "83517";

async function setPin(on: Stage, name: string | undefined): Promise<void> {
  const input = { name, policy: undefined, revokeGrants: false, keepGrants: false };
  const rest = { clock: () => NOW, newRecoveryCode: () => null, prompt: undefined as never };
  await pinSet.run(input, { ...on, ...rest, pinPrompt: answering(PIN) });
}

async function enrolled(): Promise<Stage> {
  const on = await stage(answering(PIN, PIN, PIN));
  on.add("ACME");
  return on;
}

/** A passcode, with these answers to what is asked. */
async function passcode({ findVault, vault }: Stage, ...pins: string[]): Promise<string> {
  const tokens = directAuthenticator(await findVault(), () => NOW);
  const { id } = vault.findExactly("ACME") ?? { id: "" };
  return (await tokens.passcode(id, async () => NOW, answering(...pins))).code;
}

async function setDomain(on: Stage, domain: string | undefined, ...pins: string[]) {
  const context = { ...on, pinPrompt: answering(...pins) };
  return printed(accessDomain, await accessDomain.run({ name: "ACME", domain }, context));
}

describe("`fob access domain`", () => {
  test("says under which condition alone a token answers", async () => {
    const on = await enrolled();
    expect((await setDomain(on, undefined)).text).toBe("ACME: 00 (full access)");
    expect(await setDomain(on, "none")).toMatchObject({ text: "ACME: FF (no access)", notes: [] });
    await expect(passcode(on)).rejects.toMatchObject({ code: "denied" });
    expect(await setDomain(on, "02")).toMatchObject({
      json: { name: "ACME", accessDomain: "02" },
      notes: [expect.stringContaining("ACME has no PIN yet")],
    });
    await expect(passcode(on)).rejects.toMatchObject({ code: "locked" });
    await setPin(on, "ACME");
    await expect(passcode(on)).rejects.toMatchObject({ code: "locked" });
    expect(await passcode(on, PIN)).toBe("755224");
  });

  test("takes an app PIN for a PIN as well", async () => {
    const on = await enrolled();
    await setPin(on, undefined);
    expect(await setDomain(on, "pin")).toMatchObject({ notes: [] });
    expect(await passcode(on)).toBe("755224");
  });

  test("needs the token's PIN to loosen it", async () => {
    const on = await enrolled();
    await setPin(on, "ACME");
    await setDomain(on, "FF");
    await expect(setDomain(on, "00")).rejects.toMatchObject({ code: "locked" });
    await expect(setDomain(on, "00", "99999")).rejects.toMatchObject({ code: "denied" });
    await expect(passcode(on, PIN)).rejects.toMatchObject({ code: "denied" });
    expect((await setDomain(on, "full", PIN)).text).toBe("ACME: 00 (full access)");
    expect(await passcode(on, PIN)).toBe("755224");
  });

  test.each([["01"], ["__proto__"], ["constructor"]])("%s is none", async (domain) => {
    const on = await enrolled();
    await expect(setDomain(on, domain)).rejects.toMatchObject({ code: "usage" });
  });
});

describe("`fob access grant`", () => {
  const input = {
    label: "ci",
    token: ["ACME"],
    tag: undefined,
    rights: undefined,
    expires: undefined,
    confirm: false,
    export: undefined,
  };
  const granting = (on: Stage) => ({
    ...on,
    clock: () => NOW,
    pinPrompt: answering(PIN),
    tell: () => undefined,
    complain: () => undefined,
  });

  test("opens its tokens until it is revoked, and is listed as long", async () => {
    const on = await enrolled();
    const { text, notes } = printed(accessGrant, await accessGrant.run(input, granting(on)));
    expect(notes).toEqual([
      "ci opens ACME for code until 2026-01-31T00:00:00Z; it is not shown again",
    ]);
    const open = () => openGrant(on.access.home, text, () => NOW);
    expect(open().entries()).toMatchObject([{ name: "ACME" }]);
    const listed = printed(accessList, await accessList.run({}, granting(on)));
    expect(listed.text).toBe("ci\tACME\tcode\t2026-01-31T00:00:00Z");
    const revoked = await accessRevoke.run({ label: "ci" }, granting(on));
    expect(printed(accessRevoke, revoked).text).toBe("revoked ci");
    expect(open).toThrow();
    expect(printed(accessList, await accessList.run({}, granting(on)))).toMatchObject({
      text: "",
      json: [],
      notes: ["no grants: `fob access grant` makes one"],
    });
  });

  test.each([
    [{ token: [] }, "usage", "--token is missing: which tokens does the grant open?"],
    [{ rights: "all" }, "usage", '--rights has "all": '],
    [{ label: " " }, "usage", "a label has 1 to 100 characters"],
    [{ expires: "@1" }, "usage", '--expires is "@1": no time that is to come'],
    [{ token: ["nix"] }, "not-found", 'no token is called "nix"'],
    [{ export: "somewhere" }, "usage", "ACME has a counter, which counts in one place"],
  ])("refuses %j, and makes none", async (wrong, code, message) => {
    const on = await enrolled();
    await expect(accessGrant.run({ ...input, ...wrong }, granting(on))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(await accessList.run({}, granting(on))).toEqual([]);
  });
});
