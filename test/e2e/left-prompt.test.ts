import { constants } from "node:os";
import { expect, test } from "vitest";
import { describeWith } from "../requires.ts";
import { HOTP_URI, homesLike } from "./fob.ts";
import { atTerminal, type Step } from "./terminal-person.ts";

const PIN = "2468135";

const guarded = homesLike(async ({ fob }) => {
  await fob(["enroll", "-"], { input: `${HOTP_URI}\n${HOTP_URI.replaceAll("ACME", "Bank")}` });
  await fob(["pin", "set"], { env: { FOB_PIN: PIN } });
});

const SECRET = ["code ACME", [["see", "PIN of fob"]]] as const;
const PLAIN_SECRET = ["code ACME --plain", [["see", "typed unseen: "]]] as const;
const CONFIRMATION = [
  "remove ACME",
  [
    ["see", "PIN of fob"],
    ["type", `${PIN}\r`],
    ["see", "Remove ACME"],
  ],
] as const;
const CHOICE = [
  "code --plain",
  [
    ["see", "typed unseen: "],
    ["type", `${PIN}\r`],
    ["see", "a part of it: "],
  ],
] as const;
const SCREEN = [
  "code --watch",
  [
    ["see", "PIN"],
    ["type", `${PIN}\r`],
    ["see", "ACME"],
  ],
] as const;

type Question = readonly [line: string, steps: readonly Step[]];

async function leave([line, before]: Question, steps: readonly Step[]) {
  const { home, fob } = await guarded();
  const visit = await atTerminal(home, line.split(" "), [...before, ...steps]);
  return { ...visit, fob };
}

async function attemptsLeft({ fob }: Pick<Awaited<ReturnType<typeof leave>>, "fob">) {
  return JSON.parse((await fob(["pin", "status", "--json"])).stdout).attemptsLeft;
}

describeWith({ python3: "python3" }, "a question that a person leaves", () => {
  test.each([
    SECRET,
    PLAIN_SECRET,
    CONFIRMATION,
    CHOICE,
    ["enroll", [["see", "nrollment"]]],
  ] as const)("ends at Ctrl-D with the terminal as it was: fob %s", async (line, steps) => {
    const visit = await leave([line, steps], [["type", "\u0004"]]);
    expect(visit.exitCode).toBe(130);
    expect(visit.after).toBe(visit.before);
  });

  test.each([SECRET, PLAIN_SECRET] as const)(
    "takes nothing half-typed for an answer when the terminal goes away: fob %s",
    async (line, steps) => {
      const visit = await leave(
        [line, steps],
        [
          ["type", "2468"],
          ["close", ""],
        ],
      );
      expect([130, -constants.signals.SIGHUP]).toContain(visit.exitCode);
      const untouched = await guarded();
      expect(await attemptsLeft(visit)).toBe(await attemptsLeft(untouched));
    },
  );

  test("ends a screen without a complaint when the terminal goes away", async () => {
    const { exitCode } = await leave(SCREEN, [["close", ""]]);
    expect([130, -constants.signals.SIGHUP]).toContain(exitCode);
  });

  test.each([
    ...(["SIGINT", "SIGABRT", "SIGALRM", "SIGUSR1"] as const).map((one) => [one, SECRET] as const),
    ["SIGINT", PLAIN_SECRET],
    ["SIGABRT", SCREEN],
    ["SIGUSR1", SCREEN],
  ] as const)("leaves the terminal as it was at %s: %j", async (signal, question) => {
    const { exitCode, before, after } = await leave(question, [["signal", signal]]);
    expect(after).toBe(before);
    expect(exitCode).toBe(signal === "SIGINT" ? 130 : -constants.signals[signal]);
  });
});

describeWith({ python3: "python3" }, "a question whose program is killed or fails", () => {
  test.each([
    ["SIGKILL", SECRET],
    ["SIGKILL", PLAIN_SECRET],
    ["SIGSEGV", SECRET],
    ["SIGBUS", SECRET],
    ["SIGFPE", SECRET],
    ["SIGILL", SCREEN],
    ["SIGKILL", SCREEN],
  ] as const)("leaves the terminal as it was at %s: %j", async (signal, question) => {
    const { exitCode, before, after } = await leave(question, [
      ["modes", ""],
      ["signal", signal],
      ["as before", ""],
    ]);
    expect(exitCode).toBe(-constants.signals[signal]);
    expect(after).toBe(before);
  });

  test("shows what is typed for no key", async () => {
    const { shown, exitCode } = await leave(SECRET, [["type", `${PIN}\u0014\r`]]);
    expect(exitCode).toBe(0);
    expect(shown).not.toContain(PIN);
    expect(shown).not.toContain("ctrl+t");
  });
});

describeWith({ python3: "python3" }, "a question beside a program that sets modes", () => {
  test.each([SECRET, PLAIN_SECRET] as const)(
    "puts back only what it has changed: fob %s",
    async (line, steps) => {
      const visit = await leave(
        [line, steps],
        [
          ["set", "ixoff tostop"],
          ["type", `${PIN}\r`],
          ["end", ""],
          ["modes", ""],
          ["set", "-ixoff -tostop"],
        ],
      );
      expect(visit.exitCode).toBe(0);
      expect(visit.during).not.toEqual([visit.before]);
      expect(visit.after).toBe(visit.before);
    },
  );

  test.each([SECRET, PLAIN_SECRET] as const)(
    "leaves alone what asks without echo by then: fob %s",
    async (line, steps) => {
      const visit = await leave(
        [line, steps],
        [
          ["set", "sane -echo"],
          ["modes", ""],
          ["type", `${PIN}\n\n`],
        ],
      );
      expect(visit.exitCode).toBe(0);
      expect([visit.after]).toEqual(visit.during);
    },
  );

  test("lets a line that was typed ahead answer the next question", async () => {
    const { home } = await guarded();
    const { exitCode, shown } = await atTerminal(
      home,
      ["pin", "set", "ACME"],
      [
        ["see", "PIN of fob"],
        ["type", `${PIN}\r`],
        ["see", "New PIN"],
        ["type", "9753186\r9753186\r"],
      ],
    );
    expect(exitCode).toBe(0);
    expect(shown).not.toContain("9753186");
  });
});
