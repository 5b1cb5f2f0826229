import { describe, expect, test } from "vitest";
import type { Choice } from "#cli/prompt/prompt.ts";
import { accessGrant } from "#commands/access/access-grant.ts";
import { accessList } from "#commands/access/access-list.ts";
import { pinChange } from "#commands/pin/pin-change.ts";
import { pinRemove } from "#commands/pin/pin-remove.ts";
import { pinSet } from "#commands/pin/pin-set.ts";
import { pinStatus } from "#commands/pin/pin-status.ts";
import type { Token } from "#token/token.ts";
import { answering, printed, type Stage, stage } from "../stage.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const SET = { policy: undefined, revokeGrants: false, keepGrants: false };

/** The slice of the `pin` commands; these PINs are given, and a choice is made by its index. */
const slice = (on: Stage, pins: readonly string[], choice: number | null = null) => ({
  ...on,
  clock: () => NOW,
  newRecoveryCode: () => null,
  pinPrompt: answering(...pins),
  prompt: {
    async pick<T>(_question: string, choices: readonly Choice<T>[]): Promise<T> {
      const chosen = choice === null ? undefined : choices[choice];
      if (!chosen) throw new Error("nobody is asked");
      return chosen.value;
    },
  } as never,
});

async function withToken(more: Partial<Token> = {}): Promise<Stage> {
  const on = await stage(answering("4711", "4711", "4711", "4711"));
  on.add("ACME", undefined, more);
  return on;
}

async function status(on: Stage, name: string | undefined) {
  return printed(pinStatus, await pinStatus.run({ name }, slice(on, [])));
}

describe("a token's PIN", () => {
  test("is set, changed and removed, each after the current one", async () => {
    const on = await withToken();
    const name = "ACME";
    expect((await status(on, "ACME")).json).toMatchObject({ type: "none", attemptsLeft: null });
    const set = await pinSet.run({ ...SET, name }, slice(on, ["4711"]));
    expect(printed(pinSet, set)).toMatchObject({
      text: "PIN of ACME set",
      json: { name, change: "set", recoveryCode: null },
    });
    expect((await status(on, "ACME")).json).toMatchObject({
      type: "user",
      setAt: NOW.toISOString(),
    });
    await expect(pinSet.run({ ...SET, name }, slice(on, ["4711"]))).rejects.toMatchObject({
      code: "usage",
      message: "the PIN of ACME is set already",
    });
    await expect(pinChange.run({ name }, slice(on, ["1704", "83517"]))).rejects.toMatchObject({
      code: "denied",
    });
    const changed = await pinChange.run({ name }, slice(on, ["4711", "83517"]));
    expect(printed(pinChange, changed).text).toBe("PIN of ACME changed");
    await expect(pinRemove.run({ name }, slice(on, ["4711"]))).rejects.toMatchObject({
      code: "denied",
    });
    const removed = await pinRemove.run({ name }, slice(on, ["83517"]));
    expect(printed(pinRemove, removed).text).toBe("PIN of ACME removed");
    for (const command of [pinChange, pinRemove])
      await expect(command.run({ name }, slice(on, []))).rejects.toMatchObject({
        code: "usage",
        message: "ACME has no PIN",
      });
  });

  test("keeps to the policy that it is set with", async () => {
    const on = await withToken();
    const input = { ...SET, name: "ACME", policy: "min=6" };
    await expect(pinSet.run(input, slice(on, ["83517"]))).rejects.toMatchObject({
      code: "invalid",
    });
    await pinSet.run(input, slice(on, ["835170"]));
    expect((await status(on, "ACME")).json.policy).toMatchObject({ minLength: 6 });
    expect((await status(on, "ACME")).text).toMatch(/^policy +6 to 128 characters/m);
  });

  test("of the server is changed there", async () => {
    const on = await withToken({ pin: "server" });
    await expect(pinSet.run({ ...SET, name: "ACME" }, slice(on, ["4711"]))).rejects.toMatchObject({
      code: "usage",
      message: "the PIN of ACME is the server's: it is typed at the login page",
    });
    expect((await status(on, "ACME")).text).toMatch(/^policy +the server's$/m);
  });

  test.each([
    ["by --revoke-grants", { revokeGrants: true }, null, []],
    ["by --keep-grants", { keepGrants: true }, null, ["ci"]],
    ["by a person's first choice", {}, 0, []],
    ["by a person's second choice", {}, 1, ["ci"]],
  ])("says %s what becomes of the grants of the token", async (_, options, choice, left) => {
    const on = await withToken();
    const context = { ...slice(on, ["4711"], choice), tell() {}, complain() {} };
    const grant = {
      tag: undefined,
      rights: undefined,
      expires: undefined,
      confirm: false,
      export: undefined,
    };
    await accessGrant.run({ ...grant, label: "ci", token: ["ACME"] }, context);
    await pinSet.run({ ...SET, ...options, name: "ACME" }, context);
    expect((await accessList.run({}, context)).map(({ label }) => label)).toEqual(left);
  });
});

describe("the app PIN", () => {
  test("comes with a recovery code, which a change replaces, and goes after it was given", async () => {
    const on = await withToken();
    expect((await status(on, undefined)).json).toMatchObject({ name: null, type: "none" });
    const set = await pinSet.run({ ...SET, name: undefined }, slice(on, ["4711"]));
    const { text, json } = printed(pinSet, set);
    expect(text).toMatch(/^app PIN set\nrecovery code: \S+\nKeep it on paper: /);
    expect((await status(on, undefined)).json).toMatchObject({ type: "user", attemptsLeft: 10 });
    const changed = await pinChange.run({ name: undefined }, slice(on, ["83517"]));
    expect(printed(pinChange, changed).text).toMatch(/^app PIN changed\nnew recovery code: /);
    expect(changed.recoveryCode).not.toBe(json.recoveryCode);
  });

  test("that is not there cannot be changed or removed", async () => {
    const on = await withToken();
    for (const command of [pinChange, pinRemove])
      await expect(command.run({ name: undefined }, slice(on, []))).rejects.toMatchObject({
        code: "usage",
        message: "there is no app PIN",
      });
  });

  test.each([
    [{ policy: "min=6" }, "--policy is for the PIN of a token: name one"],
    [
      { keepGrants: true },
      "--revoke-grants and --keep-grants are for the PIN of a token: name one",
    ],
  ])("takes no %j", async (options, message) => {
    const input = { ...SET, ...options, name: undefined };
    await expect(pinSet.run(input, slice(await withToken(), []))).rejects.toMatchObject({
      code: "usage",
      message,
    });
  });
});
