import { expect, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import type { Sensor } from "#cli/sensor.ts";
import { biometricDisable } from "#commands/biometric/biometric-disable.ts";
import { biometricEnable } from "#commands/biometric/biometric-enable.ts";
import { biometricStatus } from "#commands/biometric/biometric-status.ts";
import { biometricTest } from "#commands/biometric/biometric-test.ts";
import { pinSet } from "#commands/pin/pin-set.ts";
import { answering, printed, type Stage, stage } from "../stage.ts";

/** A sensor that recognises the person, or does not. */
const sensor = (isRight: boolean): Sensor => ({
  describe: async () => "a sensor",
  verify: async () => {
    if (!isRight) throw new FobError("denied", "not recognised");
  },
});

const NO_SENSOR: Sensor = {
  describe: () => Promise.reject(new FobError("unavailable", "no sensor is here")),
  verify: () => Promise.reject(new FobError("unavailable", "no sensor is here")),
};

async function withGuardedToken(): Promise<Stage> {
  const on = await stage();
  on.add("ACME");
  await pinSet.run(
    { name: "ACME", policy: undefined, revokeGrants: false, keepGrants: false },
    {
      ...on,
      clock: () => new Date(),
      newRecoveryCode: () => null,
      prompt: undefined as never,
      pinPrompt: answering("4711"),
    },
  );
  return on;
}

const statusOf = async (on: Stage, one = sensor(true)) =>
  printed(biometricStatus, await biometricStatus.run({}, { ...on, sensor: one })).json;

test("a finger stands for a token's PIN once both were given, until that is disabled", async () => {
  const on = await withGuardedToken();
  const told: string[] = [];
  const enable = (pin: string, isRight: boolean) =>
    biometricEnable.run(
      { name: "ACME" },
      {
        ...on,
        sensor: sensor(isRight),
        pinPrompt: answering(pin),
        tell: (text) => told.push(text),
      },
    );
  await expect(enable("1704", true)).rejects.toMatchObject({ code: "denied" });
  await expect(enable("4711", false)).rejects.toMatchObject({ code: "denied" });
  expect(await statusOf(on)).toEqual({ sensor: "a sensor", problem: null, app: false, tokens: [] });
  expect(printed(biometricEnable, await enable("4711", true)).text).toBe(
    "a finger or face stands for the PIN of ACME",
  );
  expect(told.at(-1)).toBe("touch the sensor, or look at it, for ACME");
  expect(await statusOf(on)).toMatchObject({ tokens: ["ACME"] });
  const disable = async () =>
    printed(biometricDisable, await biometricDisable.run({ name: "ACME" }, on)).text;
  expect(await disable()).toBe("the PIN of ACME alone counts again");
  expect(await disable()).toBe("nothing stood for the PIN of ACME");
  expect(await statusOf(on)).toMatchObject({ tokens: [] });
});

test("a machine without a sensor says why, and enables nothing", async () => {
  const on = await withGuardedToken();
  expect(await statusOf(on, NO_SENSOR)).toMatchObject({
    sensor: null,
    problem: "no sensor is here",
  });
  const slice = { ...on, sensor: NO_SENSOR, pinPrompt: answering("4711"), tell: () => undefined };
  await expect(biometricEnable.run({ name: "ACME" }, slice)).rejects.toMatchObject({
    code: "unavailable",
  });
});

test("`fob biometric test` says whether the sensor recognises the person", async () => {
  const told: string[] = [];
  const tell = (text: string) => void told.push(text);
  const result = await biometricTest.run({}, { sensor: sensor(true), tell });
  expect(printed(biometricTest, result)).toMatchObject({
    text: "recognised",
    json: { sensor: "a sensor", recognized: true },
  });
  expect(told).toEqual(["a sensor: touch it, or look at it"]);
  await expect(biometricTest.run({}, { sensor: sensor(false), tell })).rejects.toMatchObject({
    code: "denied",
  });
});
