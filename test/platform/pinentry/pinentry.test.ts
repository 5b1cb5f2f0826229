import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { oneQuestionAtATime } from "#platform/pinentry/one-question.ts";
import { systemPinentry } from "#platform/pinentry/pinentry.ts";
import { until } from "../../waiting.ts";

const folder = mkdtempSync(join(tmpdir(), "fob-pinentry-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * A pinentry whose answers a test chooses: what it prints at its start, and for each command the
 * commands of a shell.
 */
function acting(greeting: string, answers: Readonly<Record<string, string>> = {}) {
  const path = join(folder, `pinentry-${Math.random().toString(36).slice(2)}`);
  const cases = Object.entries({ ...answers, BYE: answers["BYE"] ?? "exit 0" })
    .map(([command, act]) => `"${command}"*) ${act};;`)
    .join("\n");
  writeFileSync(
    path,
    `#!/bin/sh
env > ${path}.env
echo "$@" > ${path}.args
printf '${greeting}'
while read -r line; do
  echo "$line" >> ${path}.heard
  case $line in
${cases}
*) echo OK;;
  esac
done
`,
  );
  chmodSync(path, 0o700);
  const env = { ...process.env, DISPLAY: ":5", FOB_DEBUG: "1", LC_ALL: "de_DE.UTF-8" };
  return {
    pinentry: systemPinentry({ program: path, env }),
    told: (kind: "heard" | "env" | "args") => readFileSync(`${path}.${kind}`, "utf8"),
  };
}

const PIN = { title: "fob", description: "PIN for 100 %\nof vpn", prompt: "PIN:" };
const CHOICE = { title: "fob", description: "Remove vpn?", yes: "Yes", no: "No" };

test("a PIN is asked for, and comes through the pipe alone", async () => {
  const { pinentry, told } = acting("OK hello\\n", { GETPIN: "echo D 73%2591; echo OK" });
  expect(await pinentry.secret(PIN)).toBe("73%91");
  expect(told("heard").split("\n")).toEqual([
    "OPTION lc-ctype=de_DE.UTF-8",
    "OPTION lc-messages=de_DE.UTF-8",
    "SETTITLE fob",
    "SETDESC PIN for 100 %25%0Aof vpn",
    "SETTIMEOUT 120",
    "SETPROMPT PIN:",
    "GETPIN",
    "BYE",
    "",
  ]);
  expect(told("args")).toBe("--display :5\n");
  expect(told("env")).not.toContain("FOB_");
});

test("a question may have less time than others", async () => {
  const { pinentry, told } = acting("OK\\n", { CONFIRM: "echo OK" });
  expect(await pinentry.confirm({ ...CHOICE, patience: 30 })).toBe(true);
  expect(told("heard")).toContain("\nSETTIMEOUT 30\n");
});

test("an option that is not known is gone on without", async () => {
  const { pinentry } = acting("OK\\n", {
    OPTION: "echo ERR 83886254 Unknown option",
    SETTIMEOUT: "echo ERR 536871187 Unknown IPC command",
    GETPIN: "echo D 1; echo OK",
  });
  expect(await pinentry.secret(PIN)).toBe("1");
});

describe("yes or no", () => {
  test.each([
    ["OK", true],
    ["ERR 83886194 Not confirmed <Pinentry>", false],
    ["ERR 83886179 Operation cancelled <Pinentry>", false],
  ])("%s", async (reply, isYes) => {
    const { pinentry } = acting("OK\\n", { CONFIRM: `echo "${reply}"` });
    expect(await pinentry.confirm(CHOICE)).toBe(isYes);
  });

  test.each([
    ["D yes", true],
    ["D YES", true],
    ["D ye", false],
    ["D ", false],
    ["ERR 83886179 Operation cancelled <Pinentry>", false],
  ])("is typed where Escape would mean yes: %s", async (reply, isYes) => {
    const { pinentry, told } = acting("OK\\n", {
      GETINFO: "echo D fltk; echo OK",
      GETPIN: `echo "${reply}"; case "${reply}" in D*) echo OK;; esac`,
    });
    expect(await pinentry.confirm(CHOICE)).toBe(isYes);
    expect(told("heard")).toContain("SETDESC Remove vpn?%0AType Yes to agree.");
    expect(told("heard")).not.toContain("CONFIRM");
  });
});

describe("a pinentry that fails is named, and nothing hangs", () => {
  const CANCELLED = { code: "denied", exitCode: 4, message: "the question was cancelled" };
  const NOBODY = { code: "locked", exitCode: 5, message: "nobody answered the question" };

  test.each([
    ["cancelled", "ERR 83886179 Operation cancelled <Pinentry>", CANCELLED],
    ["timed out", "ERR 83886142 Timeout <Pinentry>", NOBODY],
    [
      "without a display",
      "ERR 83918950 Inappropriate ioctl for device <Pinentry>",
      {
        code: "unavailable",
        message: "pinentry shows no question: Inappropriate ioctl for device <Pinentry> (32870)",
      },
    ],
    ["lying", "hello", { code: "unavailable", message: "pinentry does not keep to its protocol" }],
  ])("%s", async (_, reply, failure) => {
    const { pinentry } = acting("OK\\n", { GETPIN: `echo "${reply}"` });
    await expect(pinentry.secret(PIN)).rejects.toMatchObject(failure);
  });

  test.each([
    ["ends at its start", "", { "": "" }, "pinentry ended before it answered"],
    ["dies", "OK\\n", { GETPIN: "kill -9 $$" }, "pinentry ended before it answered"],
    ["floods", "OK\\n", { GETPIN: "exec yes D 1" }, "pinentry answers more than any PIN"],
    [
      "refuses the text",
      "OK\\n",
      { SETDESC: "echo ERR 1 no" },
      "pinentry refuses a question: no (1)",
    ],
  ])("it %s", async (_, greeting, answers, message) => {
    const { pinentry } = acting(greeting === "" ? "'; exit 0; printf '" : greeting, answers);
    await expect(pinentry.secret(PIN)).rejects.toMatchObject({ code: "unavailable", message });
  });

  test.each([
    ["never greets", "", {}, "", { code: "unavailable", message: "pinentry does not answer" }],
    ["never answers", "OK\\n", { GETPIN: "exec tail -f /dev/null" }, "GETPIN", NOBODY],
  ])("it %s", async (_, greeting, answers, last, failure) => {
    const { pinentry, told } = acting(greeting, answers);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const asked = pinentry.secret(PIN).catch((error: unknown) => error);
    if (greeting !== "") await until(last, () => heard(told).includes(last));
    vi.advanceTimersByTime(200_000);
    // the program is killed after its time too
    await nextTurn();
    vi.advanceTimersByTime(200_000);
    expect(await asked).toMatchObject(failure);
  });

  test("it never ends", async () => {
    const { pinentry, told } = acting("OK\\n", {
      GETPIN: "echo D 1; echo OK",
      BYE: "exec tail -f /dev/null",
    });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const asked = pinentry.secret(PIN);
    await until("BYE", () => heard(told).includes("BYE"));
    vi.advanceTimersByTime(10_000);
    expect(await asked).toBe("1");
  });

  test("is not there", async () => {
    const pinentry = systemPinentry({ program: join(folder, "none"), env: process.env });
    await expect(pinentry.secret(PIN)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/^pinentry \(.*none\) cannot be run: /),
    });
  });
});

test("a question ends with whoever asked it", async () => {
  const { pinentry, told } = acting("OK\\n", { GETPIN: 'kill -0 "$PPID"; exec tail -f /dev/null' });
  const gone = new AbortController();
  const asked = pinentry.secret(PIN, gone.signal);
  await expect.poll(() => heard(told), { timeout: 10_000 }).toContain("GETPIN");
  gone.abort();
  await expect(asked).rejects.toMatchObject({ code: "interrupted" });
  await expect(pinentry.secret(PIN, gone.signal)).rejects.toMatchObject({ code: "interrupted" });
});

function heard(told: (kind: "heard") => string): string {
  try {
    return told("heard");
  } catch {
    // nothing was heard yet
    return "";
  }
}

test("of many questions one is shown at a time, and too many are refused", async () => {
  let shown = 0;
  let most = 0;
  const slow = async () => {
    most = Math.max(most, ++shown);
    await new Promise((resolve) => setImmediate(resolve));
    shown--;
    return "1";
  };
  const pinentry = oneQuestionAtATime({ secret: slow, confirm: async () => true });
  const outcomes = await Promise.allSettled(Array.from({ length: 30 }, () => pinentry.secret(PIN)));
  expect(most).toBe(1);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(9);
  const refused = outcomes.find(({ status }) => status === "rejected");
  expect(refused).toMatchObject({ reason: { code: "locked" } });
  expect(await pinentry.secret(PIN)).toBe("1");

  const gone = AbortSignal.abort();
  await expect(pinentry.secret(PIN, gone)).rejects.toMatchObject({ code: "interrupted" });
});
