import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { PrivacyIdeaServer } from "../push/privacyidea-server.ts";
import { describeWith } from "../requires.ts";
import { FOB, type TestHome, testHome } from "./fob.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

describeWith({ tmux: "tmux" }, "fob push listen at a terminal", () => {
  const removals: (() => void)[] = [];
  let home: TestHome;
  let server: PrivacyIdeaServer;
  let terminal: Terminal;
  const type = (...keys: string[]) => terminal.type(...keys);
  const see = (text: string | RegExp) => terminal.see(text);

  // one enrollment for all: its key takes seconds
  beforeAll(async () => {
    const later = (remove: () => void) => void removals.push(remove);
    home = testHome(later);
    server = await PrivacyIdeaServer.start(later);
    await home.fob(["enroll", "-", "--yes"], { input: server.invitation() });
  });

  afterAll(() => {
    for (const remove of removals) remove();
  });

  beforeEach(async () => {
    server.challenges = [];
    server.answers.length = 0;
    server.verdict = { value: true };
    server.stays = false;
    terminal = openTerminal(home.home);
  });

  afterEach(() => terminal.close());

  /** Listens, and waits until it is quiet. */
  async function listen(...options: readonly string[]): Promise<void> {
    type(["fob push listen", ...options].join(" "), "Enter");
    await see("waiting for login requests of the token ACME");
  }

  /** The shell has its terminal back, as it was. */
  async function left(code: number): Promise<void> {
    await see(/push listen.*\n>/);
    expect(terminal.modes()).toEqual([]);
    type("echo code=$?", "Enter");
    await see(`code=${code}`);
  }

  const answered = async (count: number) => {
    await expect.poll(() => server.answers.length, { timeout: 15_000 }).toBe(count);
    expect(server.complaints).toEqual([]);
    server.challenges = [];
    return server.answers[count - 1];
  };

  test("shows who asks, approves with a and Enter, and gives the terminal back", async () => {
    await listen();
    expect(terminal.modes()).toEqual(["alternate screen", "cursor hidden", "lines cut"]);
    server.challenge({ title: "Wiki", question: "ann from 192.0.2.7" });
    const shown = await see("1 login request waits");
    for (const text of [
      "Wiki",
      "ann from 192.0.2.7",
      "token  ACME",
      "asked",
      "left",
      "a approves",
    ]) {
      expect(shown).toContain(text);
    }
    type("Enter");
    type("a");
    await see("Approve this login?");
    expect(server.answers).toEqual([]);
    type("Enter");
    await answered(1);
    await see("approved: Wiki");
    await see("waiting for login requests");
    type("q");
    await left(0);
  });

  test("denies with d, and reports with r", async () => {
    await listen();
    server.challenge({ title: "Wiki" });
    await see("1 login request waits");
    type("d");
    await see("Did somebody else start this login?");
    type("r");
    expect(await answered(1)).toMatchObject({ decline: "1" });
    await see("reported: Wiki");
  });

  test("denies what counts as denied when the person leaves", async () => {
    await listen();
    server.challenge({ title: "Wiki" });
    await see("1 login request waits");
    type("d");
    await see("Did somebody else start this login?");
    type("C-c");
    expect(await answered(1)).toMatchObject({ decline: "1" });
    await left(130);
  });

  test("ends when its time is over, whatever the person is about to do", async () => {
    await listen("--timeout", "4");
    server.challenge({ title: "Wiki" });
    await see("1 login request waits");
    type("a");
    await see("Approve this login?");
    await left(0);
    expect(server.answers).toEqual([]);
  });

  test("lets the person pick the number, and shows a code large", async () => {
    server.verdict = { value: true, detail: { display_code: "4711", message: "Enter this" } };
    await listen();
    server.challenge({ title: "Wiki", options: "17,42,63" });
    await see("1 login request waits");
    await see("17    42    63");
    type("Enter");
    type("42");
    await see("type it, then Enter: 42_");
    type("Enter");
    expect(await answered(1)).toMatchObject({ presence_answer: "42" });
    await see("Type this at the login page: 4711");
    expect(await see("█ █")).toContain("Enter this");
  });

  test("takes a letter that is an option for the option, in either case", async () => {
    await listen();
    server.challenge({ title: "Wiki", options: "A,D,Q" });
    await see("A    D    Q");
    type("d");
    await see("type it, then Enter: d_");
    type("Enter");
    expect(await answered(1)).toMatchObject({ presence_answer: "D" });
    await see("approved: Wiki");
  });

  test("turns pages, denies a flood after asking back, and fits a small terminal", async () => {
    await listen();
    for (let i = 1; i <= 12; i++) server.challenge({ title: `Login ${i}` });
    await see("12 login requests wait");
    const flooded = await see("12 requests in the last minute");
    expect(flooded).toContain("D denies all");
    type("Right");
    await see("request 2 of 12");
    terminal.resize(40, 10);
    await see("a approves");
    type("D");
    await see("Deny all 12 login requests?");
    expect(server.answers).toEqual([]);
    type("Enter");
    await answered(12);
    await see("waiting for login requests");
  });

  test("approves a question that does not fit after its end was shown, and not before", async () => {
    terminal.resize(60, 15);
    await listen();
    const question = `${"Sign in from 192.0.2.7 ".repeat(40)}AND TRANSFER 9999 EUR`;
    server.challenge({ title: "Bank", question });
    expect(await see("Space shows more")).not.toContain("9999");
    type("a", "Enter");
    type("Space");
    await see(/rows 1\d to/);
    type("Space", "Space");
    await see("9999 EUR");
    expect(server.answers).toEqual([]);
    await see("a approves");
    type("a");
    await see("Approve this login?");
    type("Enter");
    await answered(1);
  });

  test("says when its server is away, and when it is back", async () => {
    await listen();
    server.intercept = (_, response) => {
      response.destroy();
      return true;
    };
    await see("trying again");
    server.intercept = () => false;
    await see("answers again");
  });

  test("ends with 130 after Ctrl-C, the terminal as it was", async () => {
    await listen();
    type("C-c");
    await left(130);
  });

  test("with --once ends after the answer", async () => {
    await listen("--once");
    server.challenge({ title: "Wiki" });
    await see("1 login request waits");
    type("a", "Enter");
    await answered(1);
    await left(0);
  });

  test("acts on nothing that a server writes", async () => {
    await listen();
    server.challenge({ title: "\u001b[2J\u001b]0;x\u0007", question: "\u202elive" });
    expect(await see("1 login request waits")).toContain("\\x1b[2J");
  });

  test("takes another choice after a wrong one, on the screen and for push approve", async () => {
    server.stays = true;
    server.verdict = { value: false };
    await listen();
    server.challenge({ title: "Wiki", options: "17,42" });
    await see("Which one does the login page show?");
    type("17", "Enter");
    await see(/Wiki.*not accepted, the choice is wrong/);
    await see("1 login request waits");
    type("42");
    await see("type it, then Enter: 42_");
    type("BSpace", "BSpace");
    await see("q leaves");
    type("q");
    await left(0);
    type("clear; fob push approve --yes", "Enter");
    await see("Which one does the login page show?");
    type("Enter");
    type("1", "Enter");
    await see('"1" is none of 17, 42');
    type("17", "Enter");
    await see("does not take this choice");
    await expect.poll(() => server.answers).toHaveLength(2);
    server.verdict = { value: true };
    await see(/--choice C(?:.|\n)*Which one does the login page show\?/);
    type("42", "Enter");
    await see("approved Wiki");
    expect(server.answers.map(({ presence_answer: answer }) => answer)).toEqual(["17", "17", "42"]);
    expect(server.complaints).toEqual([]);
  });

  test("with --plain prints each request whole, a line each, and says how it is answered", async () => {
    const question = `${"who wants to transfer money ".repeat(18)}AND 9999 EUR`;
    type("fob push listen --plain", "Enter");
    await see("waiting for login requests of 1 token; Ctrl-C ends it");
    expect(terminal.modes()).toEqual([]);
    server.challenge({ title: "Bank", question, options: "17,Blue car" });
    const seen = await see("--report");
    // a terminal shows no blank at the end of a row
    const packed = (text: string) => text.replace(/\s/g, "");
    expect(packed(seen)).toContain(packed(`Bank: ${question} (ACME at`));
    expect(seen).toMatch(
      /fob push approve ([0-9a-f]{12}) --choice 17\n *fob push approve \1 --choice 'Blue car'/,
    );
    server.challenges = [];
    await see("withdrawn: Bank");
    await terminal.interrupt();
    type("echo code=$?", "Enter");
    await see("code=130");
  });

  test("asks for the PIN of a token that has one, before it listens and before it approves", async () => {
    await home.fob(["pin", "set", "ACME"], { env: { FOB_PIN: "4711" } });
    type("fob push listen", "Enter");
    await see("PIN for ACME");
    type("4711", "Enter");
    await see("waiting for login requests");
    server.challenge({ title: "Wiki" });
    await see("1 login request waits");
    type("a", "Enter");
    await see("PIN for ACME");
    expect(server.answers).toEqual([]);
    type("4711", "Enter");
    await answered(1);
    expect(await see("approved: Wiki")).not.toContain("4711");
  });

  test("asks for that PIN again after Ctrl-Z, and a signal then leaves the terminal as it was", async () => {
    const file = (name: string) => join(home.home, name);
    const read = (name: string) => readFileSync(file(name), "utf8");
    const modes = (name: string) => `sh -c 'stty -g >"${file(name)}"'`;
    const listening = `sh -c 'echo $$ >"${file("pid")}"; exec "${process.execPath}" "${FOB}" push listen'`;
    type(`${modes("before")}; clear; ${listening}`, "Enter");
    await see("PIN for ACME");
    type("4711", "Enter");
    await see("waiting for login requests");
    server.challenge({ title: "Wiki" });
    await see("1 login request waits");
    type("a", "Enter");
    await see("PIN for ACME");
    type("C-z");
    await see("Stopped");
    expect(terminal.modes()).toEqual([]);
    type(`clear; fg; echo code=$?; ${modes("after")}; echo end`, "Enter");
    await see("PIN for ACME");
    process.kill(Number(read("pid")), "SIGTERM");
    expect(await see(/^end/m)).toContain("code=143");
    expect(terminal.modes()).toEqual([]);
    expect(read("after")).toBe(read("before"));
  });
});
