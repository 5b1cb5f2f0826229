import { expect, test } from "vitest";
import { typedPins } from "#cli/prompt/pin-source.ts";

const REQUEST = { of: "vpn", role: "current", refusal: null } as const;

function typing(...lines: readonly string[]) {
  const left = [...lines];
  const secret = async () => left.shift() ?? "";
  return { pins: typedPins({ available: true, secret } as never, null), left };
}

test("an empty line is no PIN: it is asked for again, and given up without an attempt", async () => {
  const { pins } = typing("", "748291");
  expect((await pins.ask(REQUEST)).toString()).toBe("748291");
  const { pins: silent, left } = typing("", "", "", "748291");
  await expect(silent.ask(REQUEST)).rejects.toMatchObject({ code: "locked" });
  expect(left).toEqual(["748291"]);
});

test("an empty answer to another question is an answer", async () => {
  const { pins, left } = typing("", "748291");
  expect((await pins.ask({ ...REQUEST, role: "challenge" })).toString()).toBe("");
  expect(left).toEqual(["748291"]);
});
