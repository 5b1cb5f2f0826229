import { expect, test } from "vitest";
import { askPins, pinsFor } from "#commands/enroll/enrollment-pins.ts";
import type { NamedDraft } from "#commands/enroll/named-draft.ts";
import { type PinPolicy, USER_PIN_POLICY } from "#token/pin-policy.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";

/** Gives these PINs in turn, and keeps for whom. */
function prompted(...pins: string[]) {
  const asked: (string | null)[] = [];
  const pinPrompt: PinPrompt = {
    interactive: false,
    release: async () => null,
    ask: async ({ of, refusal }) => {
      if (refusal) throw refusal;
      asked.push(of);
      return Buffer.from(pins.shift() ?? "");
    },
  };
  return { asked, pinPrompt, clock: () => new Date(0) };
}

const wanting = (name: string, policy: PinPolicy) =>
  ({ name, draft: { pin: { type: "user", policy } } }) as const;

const LONG: PinPolicy = { ...USER_PIN_POLICY, minLength: 6 };

test("tokens under one policy share one question, and every one of them gets the PIN", async () => {
  const [a, b, c, d] = [
    wanting("a", USER_PIN_POLICY),
    wanting("b", LONG),
    wanting("c", { ...USER_PIN_POLICY }),
    wanting("d", LONG),
  ];
  const server = { name: "e", draft: { pin: { type: "server", order: "before" } } } as const;
  const none = { name: "f", draft: {} };
  const context = prompted("83517", "279541");
  const pins = await askPins([a, b, c, d, server, none], false, { ...context, isLast: true });
  expect(context.asked).toEqual(["a, c", "b, d"]);
  expect([a, b, c, d, server, none].map((one) => pins.get(one)?.pin.toString() ?? null)).toEqual([
    ...["83517", "279541", "83517", "279541"],
    ...[null, null],
  ]);
});

test("with a PIN for all, those without a policy of their own get the usual one, but for a server's", async () => {
  const server = { name: "e", draft: { pin: { type: "server", order: "before" } } } as const;
  const none = { name: "f", draft: {} };
  const context = prompted("83517");
  const pins = await askPins([server, none], true, { ...context, isLast: true });
  expect(context.asked).toEqual(["f"]);
  expect([...pins.keys()]).toEqual([none]);
  const pinOf = pinsFor(pins as never, context);
  expect(pinOf(none as unknown as NamedDraft)).toMatchObject({
    policy: USER_PIN_POLICY,
    isOwn: false,
  });
  expect(pinOf(server as unknown as NamedDraft)).toBeNull();
});
