import { expect, test } from "vitest";
import { pinsOfRequest } from "#agent/server/request-pins.ts";
import { FobError } from "#base/fob-error.ts";

const asking = { of: "vpn", role: "current", refusal: null } as const;

test("the PINs of a request are given for their roles, and nobody is asked for others", async () => {
  const prompt = pinsOfRequest(null, { current: "83517", passcode: null });
  expect(prompt.interactive).toBe(false);
  expect(await prompt.ask(asking)).toEqual(Buffer.from("83517"));
  for (const role of ["passcode", "challenge"] as const)
    await expect(prompt.ask({ ...asking, role })).rejects.toMatchObject({
      code: "locked",
      message: "the PIN of vpn is needed",
      hint: "send it with the request",
    });
});

test("a PIN that was refused is not given again", async () => {
  const refusal = new FobError("denied", "wrong");
  const prompt = pinsOfRequest(null, { current: "83517" });
  await expect(prompt.ask({ ...asking, refusal })).rejects.toBe(refusal);
});

test("the key that biometrics released is the one of the request, and none without it", async () => {
  const item = "biometric-0123" as const;
  const release = (key: string | null) => pinsOfRequest(key, {}).release({ of: "vpn", item });
  expect(await release("cmVsZWFzZWQ=")).toEqual(Buffer.from("released"));
  expect(await release(null)).toBeNull();
});
