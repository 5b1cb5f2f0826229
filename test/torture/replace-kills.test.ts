import { cpSync, rmSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { RFC_SECRET, TOTP_URI, testHome } from "../e2e/fob.ts";
import { describeWith } from "../requires.ts";
import { KILLING, killAtCalls } from "./killed-at.ts";

const CODES = ["a1b2c-d3e4f", "b1b2c-d3e4f", "c1b2c-d3e4f"];

/** The same account with another secret. */
const NEW_URI = TOTP_URI.replace(RFC_SECRET, [...RFC_SECRET].reverse().join(""));

describeWith({ strace: "strace" }, "an account that is enrolled anew", () => {
  const removals: (() => void)[] = [];
  afterAll(() => {
    for (const remove of removals) remove();
  });

  test(
    "keeps its note and codes, whenever that is killed, and gives no code twice",
    KILLING,
    async () => {
      const { fob, home } = testHome((remove) => void removals.push(remove));
      const before = `${home}.before`;
      removals.push(() => rmSync(before, { recursive: true, force: true }));
      await fob(["enroll", "-"], { input: TOTP_URI });
      await fob(["note", "Example", "in the safe"]);
      await fob(["codes", "add", "Example", "-"], { input: CODES.join("\n") });
      await fob(["codes", "Example"]);
      cpSync(home, before, { recursive: true });
      const replacing = { home, args: ["enroll", "-", "--replace"], input: NEW_URI };
      const kills = await killAtCalls(replacing, 12, {
        restore() {
          rmSync(home, { recursive: true, force: true });
          cpSync(before, home, { recursive: true });
        },
        async check() {
          // killed just before the commit, the next command has to settle what was begun
          const given = [];
          for (let i = 0; i < CODES.length; i++)
            given.push((await fob(["codes", "Example"])).stdout);
          expect(given).toEqual([`${CODES[1]}\n`, `${CODES[2]}\n`, ""]);
          const shown = JSON.parse((await fob(["show", "Example", "--note", "--json"])).stdout);
          expect(shown).toMatchObject({ note: "in the safe", codesLeft: 0 });
          // what is left over is finished, and nothing comes back with it
          await fob(["enroll", "-", "--replace"], { input: NEW_URI });
          expect((await fob(["codes", "Example"])).exitCode).toBe(3);
          expect((await fob(["doctor"])).exitCode).toBe(0);
        },
      });
      expect(kills).toBeGreaterThan(3);
    },
  );
});
