import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { isTorture, sampled } from "../sampled.ts";
import { FOB, HOTP_URI, RFC_CODES, RFC_SECRET, TOTP_URI, testHome } from "./fob.ts";
import { PEAK_KIB } from "./peak-memory.ts";

const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le");

describe("a text that is not UTF-8", () => {
  const latin = (text: string) => Buffer.from(text, "latin1");
  const NOT_UTF8 = { exitCode: 6, stdout: "", stderr: expect.stringContaining("is not UTF-8") };

  test("is no PIN, and costs no attempt", async () => {
    const { home, fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    const files = ["k\u00e4se-14", "k\u00f6se-14"].map((pin, i) => {
      writeFileSync(join(home, `pin${i}`), latin(pin));
      return join(home, `pin${i}`);
    });
    const [file = ""] = files;
    expect(await fob(["pin", "set", "ACME", "--pin-file", file])).toMatchObject(NOT_UTF8);
    expect(await fob(["pin", "set", "ACME"], { env: { FOB_PIN: "k\ufffdse-14" } })).toMatchObject(
      NOT_UTF8,
    );
    expect(
      await fob(["pin", "set", "ACME"], { env: { FOB_PIN: "\ufeffk\u00e4se-14" } }),
    ).toMatchObject({
      exitCode: 0,
    });
    for (const one of files)
      expect(await fob(["code", "ACME", "--pin-file", one])).toMatchObject(NOT_UTF8);
    const script = `FOB_PIN="$(cat "$2")" "$0" "$1" code ACME`;
    const { exitCode, stderr } = await execa("sh", ["-c", script, process.execPath, FOB, file], {
      ...{ env: { FOB_HOME: home, FOB_KEYCHAIN: "file" }, reject: false },
    });
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining("FOB_PIN is not UTF-8"),
    });
    expect(JSON.parse((await fob(["pin", "status", "ACME", "--json"])).stdout)).toMatchObject({
      attemptsLeft: 10,
    });
    expect((await fob(["code", "ACME"], { env: { FOB_PIN: "k\u00e4se-14" } })).stdout).toBe(
      `${RFC_CODES[0]}\n`,
    );
  });

  test("is no list, no configuration and no string on standard input", async () => {
    const { home, fob } = testHome();
    writeFileSync(join(home, "list.txt"), latin(`${HOTP_URI}&x=\u00e4\n`));
    expect(await fob(["import", join(home, "list.txt")])).toMatchObject(NOT_UTF8);
    const { exitCode, stderr } = await execa(process.execPath, [FOB, "enroll", "-"], {
      ...{
        input: latin(`${HOTP_URI}&x=\u00e4`),
        reject: false,
        env: { FOB_HOME: home, FOB_KEYCHAIN: "file" },
      },
    });
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining("standard input is not UTF-8"),
    });
    writeFileSync(join(home, "config.json"), latin('{ "a": "\u00e4" }'));
    expect(await fob(["config", "get", "code.min-validity"])).toMatchObject(NOT_UTF8);
  });
});

describe("a text from Windows", () => {
  test("is a PIN, a list, a configuration and a string on standard input", async () => {
    const { home, fob } = testHome();
    const file = (name: string, bytes: Buffer) => {
      writeFileSync(join(home, name), bytes);
      return join(home, name);
    };
    const list = file("list.txt", utf16(`# mine\r\n${HOTP_URI}\r\n`));
    expect((await fob(["import", list])).stdout).toMatch(/^imported ACME/);
    const encodings = [Buffer.from("7391"), Buffer.from("\ufeff7391\r\n"), utf16("7391\r\n")];
    const [plain = "", ...others] = encodings.map((bytes, i) => file(`pin${i}`, bytes));
    expect((await fob(["pin", "set", "ACME", "--pin-file", plain])).exitCode).toBe(0);
    for (const [i, pin] of others.entries())
      expect((await fob(["code", "ACME", "--pin-file", pin])).stdout).toBe(`${RFC_CODES[i]}\n`);
    file("config.json", utf16('{ "code.min-validity": 5 }'));
    expect((await fob(["config", "get", "code.min-validity"])).stdout).toBe("5\n");
    const { stdout } = await execa(process.execPath, [FOB, "inspect", "-", "--json"], {
      input: utf16(`otpauth://totp/x?secret=${RFC_SECRET}\r\n`),
    });
    expect(JSON.parse(stdout)).toMatchObject({ enrollable: true });
  });
});

/** Command lines that take a file. A named pipe may be the source of a PIN. */
function commandsWith(path: string): string[][] {
  const commands = [
    ["import", path],
    ["inspect", "--qr", path],
    ["enroll", "--qr", path],
    ["restore", path, "--identity", path],
    ["provision", "totp", "--from", path],
  ];
  return path.endsWith("/pipe") ? commands : [...commands, ["code", "ACME", "--pin-file", path]];
}

describe.skipIf(process.platform === "win32")("what is no file", () => {
  test("is refused at once, wherever a file is taken", async () => {
    const { home, fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    const pipe = join(home, "pipe");
    await execa("sh", ["-c", 'mkfifo "$0"', pipe]);
    mkdirSync(join(home, "folder"));
    for (const path of [pipe, "/dev/zero", join(home, "folder")]) {
      for (const args of commandsWith(path)) {
        const { exitCode, stderr } = await fob(
          args.includes("code") ? ["pin", "set", "ACME", ...args.slice(2)] : args,
        );
        if (args[0] === "provision" && exitCode === 2) continue;
        expect([args, exitCode, stderr]).toEqual([args, 6, expect.stringMatching(/not a file/)]);
      }
    }
  });

  test.skipIf(!opens("/proc/kmsg"))(
    "is refused where it looks like a file and has no end",
    async () => {
      const { fob } = testHome();
      await fob(["enroll", "-"], { input: HOTP_URI });
      for (const args of [["import"], ["inspect", "--qr"], ["pin", "set", "ACME", "--pin-file"]]) {
        const { exitCode, stderr } = await fob([...args, "/proc/kmsg"]);
        expect([args, exitCode, stderr]).toEqual([
          args,
          6,
          expect.stringMatching(/is (?:not a file that ends|larger)/),
        ]);
      }
    },
  );

  test("is read where a shell hands it over in place of a file", async () => {
    const { home, fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    const env = { ...process.env, FOB_HOME: home, FOB_KEYCHAIN: "file", HOTP_URI, TOTP_URI };
    const script = `"$0" "$1" pin set ACME --pin-file <(echo 7391) && "$0" "$1" code ACME --pin-file /dev/stdin <<< 7391 &&
      "$0" "$1" import <(echo "$TOTP_URI")`;
    const { stdout } = await execa("bash", ["-c", script, process.execPath, FOB], { env });
    expect(stdout).toContain(RFC_CODES[0]);
    expect(stdout).toContain("imported Example");
  });
});

describe.skipIf(process.platform === "win32")("what is computed of foreign input", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "ends at %s at once, in the middle of it",
    async (signal) => {
      const { home } = testHome();
      const list = join(home, "list.txt");
      const unknown = Array.from({ length: 80 }, (_, i) => `&${i.toString(36)}=`).join("");
      writeFileSync(list, `otpauth://totp/x?secret=${RFC_SECRET}${unknown}\n`.repeat(20_000));
      // tells when the parser has begun, whatever the machine is busy with
      const probe = join(home, "probe.cjs");
      writeFileSync(
        probe,
        `const { removeAllListeners } = process;
       process.removeAllListeners = function (...args) {
         if (args[0] === "SIGHUP") process.stderr.write("begun");
         return removeAllListeners.apply(this, args);
       };`,
      );
      const env = { ...process.env, FOB_HOME: home, FOB_KEYCHAIN: "file" };
      const child = spawn(
        process.execPath,
        ["--require", probe, FOB, "import", "--dry-run", list],
        { env },
      );
      for (let seen = ""; !seen.includes("begun"); )
        seen += String((await once(child.stderr, "data"))[0]);
      const before = Date.now();
      child.kill(signal);
      const [exitCode, endedBy] = await once(child, "exit");
      expect([exitCode, endedBy]).toEqual([null, signal]);
      expect(Date.now() - before).toBeLessThan(1_000);
    },
  );

  // a processor that is shared works longer for the same, and it is shared where all tests run
  const most = { mebibytes: 256, seconds: isTorture ? 5 : 20 };
  test(`takes ${most.mebibytes} MiB and ${most.seconds} s at most, for files that are as large as they can be`, {
    timeout: 240_000,
  }, async () => {
    const { home } = testHome();
    const entry = {
      secret: RFC_SECRET,
      label: "ann",
      issuer: "I".repeat(200),
      type: "TOTP",
      digits: 8,
      period: 45,
    };
    const files: [string, string][] = [
      ["objects.json", `[${"{},".repeat(290_000)}{}]`],
      ["entries.json", JSON.stringify(Array(20_000).fill(entry))],
      ["tags.xml", `<KeyContainer>${"<a/>".repeat(590_000)}</KeyContainer>`],
      ["references.xml", `<KeyContainer>${"<a>&lt;&lt;</a>".repeat(140_000)}</KeyContainer>`],
      ["list.txt", `otpauth://totp/x?secret=${RFC_SECRET}${"&a=".repeat(80)}\n`.repeat(20_000)],
    ];
    const probe = join(home, "probe.cjs");
    writeFileSync(
      probe,
      `process.on("exit", () => { const u = process.resourceUsage();
       process.stderr.write("\\nused " + JSON.stringify([(u.userCPUTime + u.systemCPUTime) / 1e6, ${PEAK_KIB} / 1024]) + "\\n"); });`,
    );
    const env = { ...process.env, FOB_HOME: home, FOB_KEYCHAIN: "file" };
    const used = async (args: readonly string[]): Promise<[seconds: number, mebibytes: number]> => {
      const { stderr } = await execa(process.execPath, ["--require", probe, FOB, ...args], {
        env,
        reject: false,
      });
      return JSON.parse(/^used (.*)$/m.exec(stderr)?.[1] ?? "[]");
    };
    const [, bare] = await used(["config", "list"]);
    for (const [name, content] of files) {
      const path = join(home, name);
      writeFileSync(path, content);
      for (const command of sampled([["import", "--dry-run"], ["inspect"]], 2)) {
        const [seconds, mebibytes] = await used([...command, path]);
        expect(mebibytes - bare, `MiB of memory for ${command.join(" ")} ${name}`).toBeLessThan(
          most.mebibytes,
        );
        expect(seconds, `seconds for ${command.join(" ")} ${name}`).toBeLessThan(most.seconds);
      }
    }
  });
});

/** Whether this process may open a file. */
function opens(path: string): boolean {
  try {
    closeSync(openSync(path, "r"));
    return true;
  } catch {
    return false;
  }
}
