import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type TestHome, testHome } from "./fob.ts";
import { serveLab } from "./lab-server.ts";

/** One lab for all, with a user for each test. */
const removals: (() => void)[] = [];
let lab: TestHome;
let address: string;

beforeAll(async () => {
  const later = (remove: () => void) => void removals.unshift(remove);
  lab = testHome(later);
  ({ line: address } = await serveLab(lab, [], later));
});

afterAll(() => {
  for (const remove of removals) remove();
});

/** A string of the lab's for a new user. */
async function issue(user: string, ...order: readonly string[]): Promise<string> {
  await lab.fob(["lab", "user", "add", user]);
  const { stdout, exitCode } = await lab.fob(["lab", "issue", ...order, "--user", user, "--quiet"]);
  expect(exitCode).toBe(0);
  return stdout;
}

/** Whether the lab lets somebody in, as a login page or a gateway asks it. */
async function isLetIn(form: Readonly<Record<string, string>>): Promise<boolean> {
  const reply = await fetch(`${address}/validate/check`, {
    method: "POST",
    body: new URLSearchParams(form),
  });
  const { result } = (await reply.json()) as { readonly result: { readonly value: boolean } };
  return result.value;
}

describe("an activation string of the lab", () => {
  test.each([
    ["four", "totp", []],
    ["two", "hotp", ["--two-pass", "--algorithm", "sha256"]],
  ])(
    "is enrolled in %s passes as %s, and the lab takes its passcodes, once each",
    async (passes, token, options) => {
      const user = `${passes}${token}`;
      const string = await issue(user, "activation", "--token", token, ...options);
      const { fob } = testHome();
      const trace = `${lab.home}/${user}.log`;
      const enrolled = await fob(["enroll", "--name", "lab", "--trace", trace, "-"], {
        input: string,
      });
      expect(enrolled).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(/^enrolled lab /),
      });
      for (const _ of token === "hotp" ? [1, 2] : [1]) {
        const pass = (await fob(["code", "lab"])).stdout.trim();
        expect(await isLetIn({ user, pass })).toBe(true);
        expect(await isLetIn({ user, pass })).toBe(false);
      }
      const events = await logOf(user);
      expect(events.some(({ detail }) => detail === "four passes: hello")).toBe(passes === "four");
    },
  );

  test("becomes a token that answers the lab's challenges", async () => {
    const string = await issue("ocra", "activation", "--token", "ocra");
    const { fob } = testHome();
    expect((await fob(["enroll", "--name", "lab", "-"], { input: string })).exitCode).toBe(0);
    const body = new URLSearchParams({ user: "ocra", pass: "" });
    const asked = (await (
      await fetch(`${address}/validate/check`, { method: "POST", body })
    ).json()) as {
      readonly detail: {
        readonly transaction_id: string;
        readonly attributes: { readonly challenge: string };
      };
    };
    const { transaction_id, attributes } = asked.detail;
    const pass = (await fob(["challenge", "lab", attributes.challenge])).stdout.trim();
    expect(await isLetIn({ user: "ocra", pass, transaction_id })).toBe(true);
    expect(await isLetIn({ user: "ocra", pass, transaction_id })).toBe(false);
  });

  test("is not used up by inspect or --dry-run, and works once", async () => {
    const string = await issue("once", "activation");
    const { fob } = testHome();
    expect(await fob(["inspect", "-"], { input: string })).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
    expect((await fob(["enroll", "--dry-run", "-"], { input: string })).exitCode).toBe(0);
    expect(await logOf("once")).not.toContainEqual(expect.objectContaining({ event: "dskpp" }));
    expect((await fob(["enroll", "-"], { input: string })).exitCode).toBe(0);
    const thief = testHome();
    expect(await thief.fob(["enroll", "-"], { input: string })).toMatchObject({
      exitCode: 7,
      stdout: "",
    });
    expect(await fob(["enroll", "-"], { input: string })).toMatchObject({
      exitCode: 7,
      stdout: "",
    });
    expect((await thief.fob(["list"])).stdout).toBe("");
    expect((await fob(["list"])).stdout.trim().split("\n")).toHaveLength(1);
  });

  test("of which a letter of the passphrase is wrong enrolls nothing, and the right one still does", async () => {
    const string = await issue("typo", "activation");
    const text = Buffer.from(string, "base64").toString();
    const [, passphrase = ""] = /^Passphrase=(.*)$/m.exec(text) ?? [];
    const wrong = Buffer.from(
      text.replace(passphrase, `${[...passphrase].reverse().join("")}1`),
    ).toString("base64");
    const { fob } = testHome();
    expect(await fob(["enroll", "-"], { input: wrong })).toMatchObject({ exitCode: 7, stdout: "" });
    expect((await fob(["list"])).stdout).toBe("");
    expect((await fob(["enroll", "-"], { input: string })).exitCode).toBe(0);
  });
});

describe("a push token of the lab", () => {
  let device: TestHome;
  const removed: (() => void)[] = [];

  beforeAll(async () => {
    device = testHome((remove) => void removed.push(remove));
    const string = await issue("pushed", "push");
    expect(await device.fob(["inspect", "-"], { input: string })).toMatchObject({ exitCode: 0 });
    expect(await device.fob(["enroll", "--name", "lab", "-"], { input: string })).toMatchObject({
      exitCode: 0,
    });
    // the server is not asked before the person has agreed, and takes a string only once
    expect(await device.fob(["enroll", "-"], { input: string })).toMatchObject({
      exitCode: 2,
      stdout: "",
    });
    expect(await device.fob(["enroll", "--replace", "-"], { input: string })).toMatchObject({
      exitCode: 7,
      stdout: "",
    });
  });

  afterAll(() => {
    for (const remove of removed) remove();
  });

  /** The lab asks; what it asked, and how it ended. */
  const push = async (...options: readonly string[]) =>
    JSON.parse((await lab.fob(["lab", "push", "pushed", ...options, "--json"])).stdout);
  const answer = (...args: readonly string[]) => device.fob(["push", ...args]);

  test("lets in whom its owner approves, once", async () => {
    const { transaction: transaction_id } = await push(
      "--title",
      "VPN",
      "--question",
      "From Rome?",
    );
    expect(await isLetIn({ user: "pushed", pass: "", transaction_id })).toBe(false);
    expect((await answer("list")).stdout).toContain("VPN: From Rome?");
    expect((await answer("approve", "--yes")).exitCode).toBe(0);
    expect(await answer("approve", "--yes")).toMatchObject({ exitCode: 3, stdout: "" });
    expect(await isLetIn({ user: "pushed", pass: "", transaction_id })).toBe(true);
    expect(await isLetIn({ user: "pushed", pass: "", transaction_id })).toBe(false);
  });

  test("keeps out whom its owner denies, and the lab hears that it was somebody else", async () => {
    const { transaction: transaction_id } = await push();
    expect((await answer("deny", "--report")).exitCode).toBe(0);
    expect(await isLetIn({ user: "pushed", pass: "", transaction_id })).toBe(false);
    expect((await logOf("pushed")).at(-1)?.detail).not.toBe("approved");
    expect(await logOf("pushed")).toContainEqual(
      expect.objectContaining({ event: "push-answer", detail: "declined (unknown_trigger)" }),
    );
  });

  test("approves with the number that the login page shows, also after another one", async () => {
    const right = await push("--number-matching");
    const { number } = right.asked[0];
    expect((await answer("approve", "--yes", "--choice", number)).exitCode).toBe(0);
    expect(await isLetIn({ user: "pushed", pass: "", transaction_id: right.transaction })).toBe(
      true,
    );

    const guessed = await push("--number-matching");
    const [{ number: shown, options }] = guessed.asked;
    const wrong = options.find((option: string) => option !== shown);
    expect((await answer("approve", "--yes", "--choice", wrong)).exitCode).toBe(7);
    expect(await isLetIn({ user: "pushed", pass: "", transaction_id: guessed.transaction })).toBe(
      false,
    );
    expect((await answer("approve", "--yes", "--choice", shown)).exitCode).toBe(0);
    expect(await isLetIn({ user: "pushed", pass: "", transaction_id: guessed.transaction })).toBe(
      true,
    );
  });

  test("shows the code that the login page wants, after the approval", async () => {
    const { transaction: transaction_id } = await push("--code-to-phone");
    const { stdout } = await answer("approve", "--yes", "--json");
    const { displayCode } = JSON.parse(stdout);
    expect(displayCode).toMatch(/^\d{6}$/);
    expect(await isLetIn({ user: "pushed", pass: "000000", transaction_id })).toBe(
      displayCode === "000000",
    );
    expect(await isLetIn({ user: "pushed", pass: displayCode, transaction_id })).toBe(true);
  });

  test("is answered by a program that listens", async () => {
    const listening = device.fob(["push", "listen", "--exec", "true", "--once", "--timeout", "40"]);
    expect(await push("--wait", "40")).toMatchObject({ state: "accepted" });
    expect((await listening).exitCode).toBe(0);
  });
});

test("a TiQR token of the lab is enrolled once, and logs in with the challenge of a login", async () => {
  const string = await issue("tiqr", "tiqr");
  const { fob } = testHome();
  expect((await fob(["inspect", "-"], { input: string })).exitCode).toBe(0);
  expect((await fob(["enroll", "--name", "lab", "-"], { input: string })).exitCode).toBe(0);
  expect(await testHome().fob(["enroll", "-"], { input: string })).toMatchObject({
    exitCode: 7,
    stdout: "",
  });
  const { asked, transaction: transaction_id } = JSON.parse(
    (await lab.fob(["lab", "push", "tiqr", "--json"])).stdout,
  );
  const [{ url }] = asked;
  expect(await fob(["push", "approve", url.replace("tiqr@", "eve@"), "--yes"])).toMatchObject({
    exitCode: 3,
  });
  expect((await fob(["push", "approve", url, "--yes"])).exitCode).toBe(0);
  expect(await fob(["push", "approve", url, "--yes"])).toMatchObject({ exitCode: 7, stdout: "" });
  await vi.waitUntil(() => isLetIn({ user: "tiqr", pass: "", transaction_id }), {
    timeout: 10_000,
  });
  expect(await isLetIn({ user: "tiqr", pass: "", transaction_id })).toBe(false);
});

async function logOf(
  user: string,
): Promise<{ readonly user: string; readonly event: string; readonly detail: string }[]> {
  const { stdout } = await lab.fob(["lab", "log", "--json"]);
  return JSON.parse(stdout).filter((entry: { readonly user: string }) => entry.user === user);
}
