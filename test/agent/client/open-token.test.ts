import { describe, expect, test } from "vitest";
import { needsAppPin, type Opener, openAgain, opening } from "#agent/client/open-token.ts";
import { FobError } from "#base/fob-error.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import type { TokenState } from "#vault/tokens/authenticator.ts";

const state = (more: object = {}, accessDomain = "00") =>
  ({
    token: { id: "0123", name: "vpn", accessDomain },
    ...{ isGuarded: true, isBiometric: false, isWiped: false },
    ...more,
  }) as unknown as TokenState;

/** A person with these PINs, whose finger releases a key, and what was asked. */
function person(pins: readonly string[], key: Buffer | null = null) {
  const asked: string[] = [];
  const left = [...pins];
  const prompt: PinPrompt = {
    interactive: true,
    release: async ({ item }) => {
      asked.push(item);
      return key;
    },
    ask: async ({ role, refusal, later }) => {
      asked.push([role, refusal?.code, later].join(" "));
      const pin = left.shift();
      if (pin === undefined) throw refusal ?? new Error("nobody is asked");
      return Buffer.from(pin);
    },
  };
  return { asked, prompt };
}

/** An agent that answers each opener in turn, with an error or "opened". */
function agent(...errors: (string | null)[]) {
  const tried: Opener[] = [];
  const act = async (opener: Opener) => {
    tried.push(opener);
    const code = errors.shift() ?? null;
    if (code !== null) throw new FobError(code as "denied", code);
    return "opened";
  };
  return { tried, act };
}

const pin = (text: string) => ({ pin: text, biometricKey: null });

test.each([
  ["02", false, true],
  ["02", true, false],
  ["00", false, false],
  ["FF", false, false],
])("access domain %s, guarded %s: the app PIN is needed: %s", (domain, isGuarded, expected) => {
  expect(needsAppPin(state({ isGuarded }, domain))).toBe(expected);
});

describe("a token that an agent holds", () => {
  test("without a PIN needs nobody", async () => {
    const [{ asked, prompt }, { tried, act }] = [person([]), agent()];
    expect(await opening(state({ isGuarded: false, isBiometric: true }), prompt, act)).toBe(
      "opened",
    );
    expect([asked, tried]).toEqual([[], [{ pin: null, biometricKey: null }]]);
  });

  test("that answers nobody is refused before anything is asked", async () => {
    const [{ asked, prompt }, { tried, act }] = [person(["1"]), agent()];
    await expect(opening(state({}, "FF"), prompt, act)).rejects.toMatchObject({ code: "denied" });
    expect([asked, tried]).toEqual([[], []]);
  });

  test("is opened by its PIN, which is asked for again while it is wrong", async () => {
    const [{ asked, prompt }, { tried, act }] = [person(["1", "2"]), agent("denied", null)];
    expect(await opening(state(), prompt, act, 1)).toBe("opened");
    expect(asked).toEqual(["current  1", "current denied 1"]);
    expect(tried).toEqual([pin("1"), pin("2")]);
  });

  test.each(["locked", "invalid", "unavailable"])(
    "is given up where another PIN would not help: %s",
    async (code) => {
      const [{ asked, prompt }, { act }] = [person(["1", "2"]), agent(code)];
      await expect(opening(state(), prompt, act)).rejects.toMatchObject({ code });
      expect(asked).toHaveLength(1);
    },
  );

  test("is opened by a finger, without a PIN, and the key is forgotten", async () => {
    const key = Buffer.from("released");
    const [{ asked, prompt }, { tried, act }] = [person([], key), agent()];
    expect(await opening(state({ isBiometric: true }), prompt, act)).toBe("opened");
    expect(asked).toEqual(["biometric-0123"]);
    expect(tried).toEqual([{ pin: null, biometricKey: "cmVsZWFzZWQ=" }]);
    expect(key).toEqual(Buffer.alloc(8));
  });

  test.each(["denied", "locked"])(
    "is opened by its PIN where the finger's key is of an older one: %s",
    async (code) => {
      const [{ prompt }, { tried, act }] = [person(["1"], Buffer.from("old")), agent(code)];
      expect(await opening(state({ isBiometric: true }), prompt, act)).toBe("opened");
      expect(tried.at(-1)).toEqual(pin("1"));
    },
  );

  test("is not tried by its PIN where the agent fails", async () => {
    const [{ asked, prompt }, { act }] = [person(["1"], Buffer.from("k")), agent("unavailable")];
    const opened = opening(state({ isBiometric: true }), prompt, act);
    await expect(opened).rejects.toMatchObject({ code: "unavailable" });
    expect(asked).toEqual(["biometric-0123"]);
  });

  test("is opened by its PIN where the person wants no finger", async () => {
    const [{ asked, prompt }, { act }] = [person(["1"]), agent()];
    expect(await opening(state({ isBiometric: true }), prompt, act)).toBe("opened");
    expect(asked).toEqual(["biometric-0123", "current  "]);
  });
});

test("a vault that has gone is not opened again", async () => {
  expect(await openAgain(async () => "vault")).toBe("vault");
  await expect(openAgain(async () => null)).rejects.toMatchObject({ code: "invalid" });
});
