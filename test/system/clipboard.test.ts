import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawQr } from "../../scripts/draw-qr.mjs";
import { HOTP_URI, RFC_CODES, RFC_SECRET, TOTP_URI, testHome } from "../e2e/fob.ts";
import { describeWith } from "../requires.ts";
import { until } from "../waiting.ts";
import { askForAll } from "./ask-for-all.ts";
import { startDisplay, type XDisplay } from "./x-display.ts";

describeWith({ Xvfb: "xvfb", xclip: "xclip" }, "the clipboard (X11)", () => {
  let display: XDisplay;
  let DISPLAY: string;

  beforeAll(async () => {
    display = await startDisplay();
    DISPLAY = display.name;
  });
  afterAll(() => display.stop());

  /** What is on the clipboard; empty when nothing is. */
  function paste(): string {
    const { stdout } = spawnSync("xclip", ["-o", "-selection", "clipboard"], {
      env: { ...process.env, DISPLAY },
      encoding: "utf8",
    });
    return stdout;
  }

  function copy(input: string | Buffer, ...args: readonly string[]): void {
    execFileSync("xclip", ["-i", "-selection", "clipboard", ...args], {
      env: { ...process.env, DISPLAY },
      input,
      stdio: ["pipe", "ignore", "ignore"],
    });
  }

  /** The processes that wait to clear the clipboard of this display. */
  function clearers(): number[] {
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return pids.map(Number).filter((pid) => {
      try {
        const [command, environment] = ["cmdline", "environ"].map((file) =>
          readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0"),
        );
        const isClearer = command?.some((part) => part.endsWith("clear-clipboard.cjs"));
        return isClearer === true && environment?.includes(`DISPLAY=${DISPLAY}`);
      } catch {
        // it has ended meanwhile
        return false;
      }
    });
  }

  test("takes a passcode, prints none, and is cleared in time", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    const copied = await fob(["code", "ACME", "--copy", "--clear-after", "2"], {
      env: { DISPLAY },
    });
    expect(copied).toEqual({
      stdout: "",
      stderr: "copied; the clipboard is cleared in 2 seconds\n",
      exitCode: 0,
    });
    expect(paste()).toBe(RFC_CODES[0]);
    await expect.poll(paste, { timeout: 10_000 }).toBe("");
  });

  test("is cleared in the time that the configuration says", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    await fob(["config", "set", "clipboard.clear-after", "77"]);
    const { stderr } = await fob(["code", "ACME", "--copy"], { env: { DISPLAY } });
    expect(stderr).toBe("copied; the clipboard is cleared in 77 seconds\n");
  });

  test("is not cleared when it holds something else by then", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    const others = clearers();
    await fob(["code", "ACME", "--copy", "--clear-after", "1"], { env: { DISPLAY } });
    const [clearer] = clearers().filter((pid) => !others.includes(pid));
    expect(clearer).toBeDefined();
    copy("mine");
    await until("what clears the clipboard has ended", () => !clearers().includes(clearer ?? 0));
    expect(paste()).toBe("mine");
  });

  test("is not cleared too early for a later copy of the same passcode", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: TOTP_URI });
    const copying = ["code", "Example", "--at", "@59", "--copy", "--clear-after"];
    const others = clearers();
    await fob([...copying, "1"], { env: { DISPLAY } });
    const [earlier] = clearers().filter((pid) => !others.includes(pid));
    expect(earlier).toBeDefined();
    await fob([...copying, "600"], { env: { DISPLAY } });
    const [later] = clearers().filter((pid) => !others.includes(pid) && pid !== earlier);
    await until("the earlier one has ended", () => !clearers().includes(earlier ?? 0));
    expect(paste()).toBe("94287082");
    process.kill(later ?? 0);
  });

  /** What a program gets that asks the owner of the clipboard for a type. */
  function ask(type: string): string {
    const { stdout } = spawnSync("xclip", ["-o", "-selection", "clipboard", "-t", type], {
      env: { ...process.env, DISPLAY },
      encoding: "utf8",
    });
    return stdout.trimEnd();
  }

  test("tells clipboard managers that it is a secret", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    const others = clearers();
    await fob(["code", "ACME", "--copy", "--clear-after", "600"], { env: { DISPLAY } });
    expect(ask("TARGETS").split("\n")).toEqual(
      expect.arrayContaining([
        "TARGETS",
        "TIMESTAMP",
        "x-kde-passwordManagerHint",
        "UTF8_STRING",
        "text/plain;charset=utf-8",
        "STRING",
      ]),
    );
    expect(ask("x-kde-passwordManagerHint")).toBe("secret");
    expect(Number(ask("TIMESTAMP"))).toBeGreaterThan(0);
    for (const type of ["UTF8_STRING", "text/plain;charset=utf-8", "STRING"])
      expect(ask(type)).toBe(RFC_CODES[0]);
    expect([ask("MULTIPLE"), ask("image/png")]).toEqual(["", ""]);
    const owner = clearers().filter((pid) => !others.includes(pid));
    copy("mine");
    await until("the owner has ended", () => !clearers().some((pid) => owner.includes(pid)));
    expect(paste()).toBe("mine");
  });

  test("serves several types at once, as one paste", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    await fob(["code", "ACME", "--copy", "--once", "--clear-after", "600"], { env: { DISPLAY } });
    const types = ["UTF8_STRING", "image/png", "STRING", "x-kde-passwordManagerHint"];
    const { pairs, values } = await askForAll(DISPLAY, types);
    expect(values).toEqual([RFC_CODES[0], null, RFC_CODES[0], "secret"]);
    // what is refused is marked in the question
    expect(pairs).toEqual([true, false, true, true]);
    expect(paste()).toBe("");
  });

  test("serves one paste, and questions about it beforehand", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    const copying = ["code", "ACME", "--copy", "--once", "--clear-after", "600"];
    const { stderr } = await fob(copying, { env: { DISPLAY } });
    expect(stderr).toBe(
      "copied for one paste; the clipboard is cleared in 600 seconds without one\n",
    );
    const questions = [
      "TARGETS",
      "TIMESTAMP",
      "MULTIPLE",
      "x-kde-passwordManagerHint",
      "image/png",
    ];
    for (const question of [...questions, ...questions]) ask(question);
    expect([paste(), paste()]).toEqual([RFC_CODES[0], ""]);
  });

  test("serves one paste of a response", async () => {
    const { fob } = testHome();
    const suite = "OCRA-1:HOTP-SHA1-6:QN08";
    const token = `otpauth://ocra/bank:ann?secret=${RFC_SECRET}&suite=${encodeURIComponent(suite)}`;
    await fob(["enroll", "-"], { input: token });
    const asking = ["challenge", "bank", "00000000"];
    const { stdout: response } = await fob(asking);
    expect(await fob([...asking, "--once"])).toMatchObject({ exitCode: 2 });
    const { stdout } = await fob([...asking, "--copy", "--once"], { env: { DISPLAY } });
    expect([stdout, `${paste()}\n`, paste()]).toEqual(["", response, ""]);
  });

  test("gives a text to enroll", async () => {
    const { fob } = testHome();
    copy(`${HOTP_URI}\n`);
    expect(await fob(["enroll", "--clipboard"], { env: { DISPLAY } })).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("gives a picture to enroll", async () => {
    const { fob, home } = testHome();
    const file = join(home, "a.png");
    writeFileSync(file, await drawQr(HOTP_URI).getBuffer("image/png"));
    copy("", "-t", "image/png", file);
    expect(await fob(["enroll", "--clipboard"], { env: { DISPLAY } })).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("with something else is refused", async () => {
    const { fob } = testHome();
    copy("good morning!");
    expect(await fob(["enroll", "--clipboard"], { env: { DISPLAY } })).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/^fob: the clipboard: this is not an enrollment string/),
    });
    expect(await fob(["enroll", "--clipboard"])).toMatchObject({ exitCode: 8 });
  });

  test("is missed with exit code 8, and the passcode is not lost in an error", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    const { stdout, stderr, exitCode } = await fob(["code", "ACME", "--copy"]);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 8 });
    expect(stderr).toMatch(/^fob: the clipboard cannot be reached\nhint: /);
    expect(stderr).not.toContain(RFC_CODES[0]);
  });
});
