import { expect, test } from "vitest";
import type { AskingClaims } from "#agent/server/agent-services.ts";
import {
  type ApprovalAnswer,
  type ApprovalQuestion,
  Approvals,
  type AskingProgram,
} from "#agent/server/approvals.ts";
import { until } from "../../waiting.ts";

const USE = { token: { id: "1", name: "vpn", confirm: "others" }, grantLabel: null } as const;
const UNSAID = { asked: false, quick: false };
const MENU: AskingProgram = { key: "menu", origin: "/usr/bin/menu", isOwnTerminal: false };
const BACKUP: AskingProgram = { ...MENU, key: "backup" };
const UNKNOWN: AskingProgram = { key: null, origin: null, isOwnTerminal: false };
const FOB: AskingProgram = { ...MENU, key: "fob", isOwnTerminal: true };

/** Approvals of a person who gives this answer, and the questions that were shown. */
function person(answer: ApprovalAnswer) {
  const clock = { now: 0 };
  const shown: ApprovalQuestion[] = [];
  let open = 0;
  const approvals = new Approvals(
    async (question) => {
      expect(++open).toBe(1);
      shown.push(question);
      await Promise.resolve();
      open--;
      return answer;
    },
    () => clock.now,
  );
  const ask = (
    program: AskingProgram,
    claims: AskingClaims = UNSAID,
    use: typeof USE | typeof ALWAYS = USE,
  ) =>
    approvals
      .approve(use, claims, async () => program, new AbortController().signal)
      .then(
        () => "approved",
        ({ code }: { code: string }) => code,
      );
  return { ask, shown, clock };
}

const ALWAYS = { ...USE, token: { ...USE.token, confirm: "always" } } as const;

test("a thousand requests of one program show one question when it is denied", async () => {
  const { ask, shown, clock } = person("deny");
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => ask(MENU)));
  expect(new Set(answers)).toEqual(new Set(["denied"]));
  for (let i = 0; i < 1_000; i++) expect(await ask(MENU)).toBe("denied");
  expect(shown).toHaveLength(1);
  await ask(BACKUP);
  expect(shown).toHaveLength(2);
  clock.now = 30_001;
  await ask(MENU);
  expect(shown).toHaveLength(3);
  // no more than a thousand are counted
  expect(shown[2]?.lastHour).toBe(1_000);
});

test("an approval holds once, and the next question says how often the program has asked", async () => {
  const { ask, shown, clock } = person("once");
  for (let i = 0; i < 3; i++) expect(await ask(MENU)).toBe("approved");
  clock.now = 3_600_001;
  await ask(MENU);
  expect(shown.map(({ lastHour }) => lastHour)).toEqual([0, 1, 2, 0]);
});

test("an approval for five minutes holds for any number of requests at once", async () => {
  const { ask, shown } = person("while");
  expect(await ask(MENU)).toBe("approved");
  const answers = await Promise.all(Array.from({ length: 500 }, () => ask(MENU)));
  expect(new Set(answers)).toEqual(new Set(["approved"]));
  expect(shown).toHaveLength(1);
});

test("requests that want no question leave room for one that does", async () => {
  const { ask, shown } = person("once");
  const quick = Array.from({ length: 100 }, () => ask(BACKUP, { asked: false, quick: true }));
  expect(await ask(MENU)).toBe("approved");
  expect(new Set(await Promise.all(quick))).toEqual(new Set(["locked"]));
  expect(shown).toHaveLength(1);
});

test("no program is looked for where the client has gone", async () => {
  let searches = 0;
  const approvals = new Approvals(
    async () => "once",
    () => 0,
  );
  const search = async () => {
    searches++;
    return MENU;
  };
  const gone = approvals.approve(USE, UNSAID, search, AbortSignal.abort());
  await expect(gone).rejects.toMatchObject({ code: "denied" });
  expect(searches).toBe(0);
});

test("a program that waits for many answers leaves room for others", async () => {
  const shown: ApprovalQuestion[] = [];
  const answers: ((answer: ApprovalAnswer) => void)[] = [];
  const approvals = new Approvals(
    (question) => {
      shown.push(question);
      return new Promise((resolve) => answers.push(resolve));
    },
    () => 0,
  );
  const { signal } = new AbortController();
  const ask = (program: AskingProgram, id: string) => {
    const use = { ...USE, token: { ...USE.token, id } };
    return approvals
      .approve(use, UNSAID, async () => program, signal)
      .then(
        () => "approved",
        ({ code }: { code: string }) => code,
      );
  };
  const flood = Array.from({ length: 100 }, (_, i) => ask(BACKUP, String(i)));
  const refused = await Promise.race(flood);
  expect(refused).toBe("denied");
  const other = ask(MENU, "vpn");
  // each question is answered as soon as it is shown
  for (let at = 0; at < 9; at++) {
    await until(`question ${at + 1}`, () => answers.length > at);
    answers[at]?.("once");
  }
  expect(await other).toBe("approved");
  const outcomes = await Promise.all(flood);
  expect(outcomes.filter((outcome) => outcome === "approved")).toHaveLength(8);
  expect(shown).toHaveLength(9);
});

test("an approval for five minutes is for this program and this token", async () => {
  const { ask, shown, clock } = person("while");
  for (let i = 0; i < 3; i++) expect(await ask(MENU)).toBe("approved");
  expect(shown).toHaveLength(1);
  await ask(BACKUP);
  await ask(MENU, UNSAID, { ...ALWAYS, token: { ...ALWAYS.token, id: "2" as "1" } });
  expect(shown).toHaveLength(3);
  clock.now = 300_000;
  await ask(MENU);
  expect(shown).toHaveLength(4);
  // processes that nobody can tell apart are asked about each time
  for (let i = 0; i < 2; i++) await ask(UNKNOWN);
  expect(shown).toHaveLength(6);
});

test("fob is believed at its own terminal: that it has asked, or that a person types there", async () => {
  const { ask, shown } = person("deny");
  const said = { asked: true, quick: false };
  const typed = { asked: false, quick: true, typed: true };
  expect(await ask(FOB, typed)).toBe("approved");
  expect(await ask(FOB, typed, ALWAYS)).toBe("locked");
  expect(await ask(FOB, { asked: false, quick: true })).toBe("locked");
  expect(await ask(FOB, said)).toBe("approved");
  expect(await ask(FOB, said, ALWAYS)).toBe("approved");
  expect(await ask(FOB, { asked: false, quick: true }, ALWAYS)).toBe("locked");
  expect(shown).toHaveLength(0);
  expect(await ask(MENU, said, ALWAYS)).toBe("denied");
  expect(await ask(BACKUP, typed)).toBe("locked");
  expect(await ask(FOB, UNSAID, ALWAYS)).toBe("denied");
  expect(shown).toHaveLength(2);
});

test("a client that has gone is denied without a question, and its program is not held to it", async () => {
  const shown: ApprovalQuestion[] = [];
  const gone = new AbortController();
  const approvals = new Approvals(
    async (question) => {
      shown.push(question);
      gone.abort();
      return "deny";
    },
    () => 0,
  );
  const ask = (signal: AbortSignal) =>
    approvals.approve(USE, UNSAID, async () => MENU, signal).catch(() => undefined);
  await ask(gone.signal);
  await ask(gone.signal);
  expect(shown).toHaveLength(1);
  await ask(new AbortController().signal);
  expect(shown).toHaveLength(2);
});
