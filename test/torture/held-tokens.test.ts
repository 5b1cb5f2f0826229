import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { FOB, HOTP_URI, RFC_CODES, testHome } from "../e2e/fob.ts";
import { EMULATOR, listenBetween, startEmulator } from "../platform/hardware/emulator.ts";
import { describeWith } from "../requires.ts";
import { isTorture, sampled } from "../sampled.ts";

/** The most commands to the chip that one of these needs: each is the last one of a process. */
const LINES = [
  { name: "enroll", args: ["enroll", "--hold", "tpm", "--counter", "tpm", "-"], commands: 30 },
  { name: "code", args: ["code", "ACME"], commands: 20 },
  { name: "pin set", args: ["pin", "set", "ACME"], commands: 10 },
  {
    name: "resync",
    args: ["resync", "ACME", RFC_CODES[8] ?? "", RFC_CODES[9] ?? ""],
    commands: 40,
  },
] as const;
const PIN = { FOB_PIN: "83517" };
const PROCESSES = isTorture ? 16 : 6;

describeWith(EMULATOR, "held tokens", () => {
  test.each(LINES)(
    "survive $name killed at any command, and nothing of that stays in the chip",
    async ({ args, commands: most }) => {
      const { home, fob } = testHome();
      const emulator = await startEmulator();
      const { env, tool } = emulator;
      const enrolled = ["enroll", "--hold", "tpm", "--counter", "tpm", "-"];
      if (args[0] !== "enroll") await fob(enrolled, { input: HOTP_URI, env });
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
      const everything = {
        PATH,
        HOME: home,
        FOB_HOME: home,
        FOB_KEYCHAIN: "file",
        ...PIN,
        ...bus.env,
      };
      const given: string[] = [];
      const places = Array.from({ length: most }, (_, i) => i + 1);
      for (const last of sampled(places, most / 2)) {
        commands = 0;
        killAt = () => commands === last;
        const child = spawn(process.execPath, [FOB, ...args], { env: everything });
        child.stdin.end(HOTP_URI);
        child.stdout.setEncoding("utf8").on("data", (text: string) => given.push(text.trim()));
        kill = () => child.kill("SIGKILL");
        await once(child, "close");
      }
      if (args[0] === "enroll") await fob(enrolled, { input: HOTP_URI, env });
      const after = await fob(["code", "ACME"], { env: { ...env, ...PIN } });
      expect(after).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^[0-9]{6}\n$/) });
      const codes = [...given.filter((text) => /^[0-9]{6}$/.test(text)), after.stdout.trim()];
      expect(new Set(codes).size).toBe(codes.length);
      for (const handles of ["handles-transient", "handles-loaded-session"])
        expect(await tool("tpm2_getcap", handles)).toBe("");
      // a counter that was made for nothing is named, and goes
      await fob(["doctor", "--repair"], { env });
      expect((await tool("tpm2_getcap", "handles-nv-index")).match(/0x1[89AB]/gi)).toHaveLength(1);
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
