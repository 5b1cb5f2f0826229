import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { FOB, HOTP_URI, RFC_CODES, testHome } from "../e2e/fob.ts";
import { EMULATOR, listenBetween, startEmulator } from "../platform/hardware/emulator.ts";
import { describeWith } from "../requires.ts";
import { isTorture, sampled } from "../sampled.ts";

/** One use sends eight or nine commands: each is the last one of a process. */
const COMMANDS = sampled([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 3);
const PROCESSES = isTorture ? 16 : 6;

describeWith(EMULATOR, "held tokens", () => {
  test(
    "survive processes that are killed at any command, and nothing of those stays in the chip",
    async () => {
      const { home, fob } = testHome();
      const emulator = await startEmulator();
      const { env, tool } = emulator;
      await fob(["enroll", "--hold", "tpm", "-"], { input: HOTP_URI, env });
      const { PATH = "" } = process.env;
      let commands = 0;
      let killAt = () => false;
      let kill = () => false;
      const bus = await listenBetween(emulator, {
        answer: () => {
          commands++;
          if (killAt()) kill();
          return null;
        },
      });
      const everything = { PATH, HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file", ...bus.env };
      const given: string[] = [];
      for (const last of COMMANDS) {
        commands = 0;
        killAt = () => commands === last;
        const child = spawn(process.execPath, [FOB, "code", "ACME"], { env: everything });
        child.stdout.setEncoding("utf8").on("data", (text: string) => given.push(text.trim()));
        kill = () => child.kill("SIGKILL");
        await once(child, "close");
      }
      const after = await fob(["code", "ACME"], { env });
      expect(after.exitCode).toBe(0);
      const codes = [...given, after.stdout.trim()];
      expect(new Set(codes).size).toBe(codes.length);
      for (const handles of ["handles-transient", "handles-loaded-session"])
        expect(await tool("tpm2_getcap", handles)).toBe("");
    },
    isTorture ? 300_000 : 60_000,
  );

  test(
    "serve many processes at one chip, each with a passcode of its own",
    async () => {
      const { fob } = testHome();
      const { env } = await startEmulator();
      await fob(["enroll", "--hold", "tpm", "-"], { input: HOTP_URI, env });
      const codes = await Promise.all(
        Array.from({ length: PROCESSES }, () => fob(["code", "ACME"], { env })),
      );
      const given = codes.map(({ stdout }) => stdout.trim());
      expect(new Set(given).size).toBe(PROCESSES);
      expect(given).toEqual(expect.arrayContaining(RFC_CODES.slice(0, PROCESSES)));
    },
    isTorture ? 120_000 : 60_000,
  );
});
