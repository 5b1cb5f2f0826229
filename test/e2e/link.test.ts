import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { createContext } from "#entry/context.ts";
import { webServer } from "../platform/web-server.ts";
import { tiqrServer } from "../push/tiqr-server.ts";
import { describeWith } from "../requires.ts";
import { isTorture } from "../sampled.ts";
import { until } from "../waiting.ts";
import { FOB, HOTP_URI, RFC_CODES, type TestHome, testHome } from "./fob.ts";
import { type Outcome, runHere } from "./in-process.ts";
import { violations } from "./schemas.ts";
import { openTerminal } from "./terminal.ts";

const SECRET = "JBQ4SZMWL5TDOFXK2CE7HRUVNPAY3G6I";
const LINK = `otpauth://totp/ACME:ann?secret=${SECRET}&issuer=ACME`;

/** Opens a link for a person who says yes or no to every question. */
async function openAs(
  answer: boolean,
  link: string,
  { home }: TestHome,
  ...options: string[]
): Promise<Outcome & { readonly questions: readonly string[] }> {
  const env = {
    ...{ PATH: process.env["PATH"] ?? "", HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file" },
  };
  const questions: string[] = [];
  const confirm = async (question: string) => {
    questions.push(question);
    return answer;
  };
  const args = ["link", "open", "-", ...options];
  const outcome = await runHere(args, env, `${link}\n`, (...given) => {
    const context = createContext(...given);
    return { ...context, prompt: { ...context.prompt, confirm } };
  });
  return { ...outcome, questions };
}

const namesIn = async ({ fob }: TestHome): Promise<string[]> =>
  JSON.parse((await fob(["list", "--json"])).stdout).map(({ name }: { name: string }) => name);

/** A server that counts who asks it, and an activation string that names it. */
async function countingServer() {
  let asked = 0;
  const url = await webServer((_, response) => {
    asked++;
    response.end();
  });
  const lines = `EnrollmentURL=${url}/dskpp?sc=x\nUserID=ann\nPassphrase=1234\n`;
  const text = encodeURIComponent(Buffer.from(lines).toString("base64"));
  return {
    link: `mobilepassplus://autoenrollment?str=${text}`,
    host: new URL(url).host,
    asked: () => asked,
  };
}

// elsewhere the registry is that of whoever runs the tests
describe.runIf(process.platform === "linux")("fob link install, status and remove", () => {
  test("show what they would write, and write it only after a yes", async () => {
    const { fob, home } = testHome();
    const shown = await fob(["link", "install", "--dry-run"]);
    expect(shown.stdout).toMatch(/^write .*fob\.desktop\n {4}\[Desktop Entry\]\n/m);
    expect(await fob(["link", "install"])).toMatchObject({ stdout: "", exitCode: 5 });
    expect(readdirSync(home)).toEqual([]);
    expect(await fob(["link", "remove"])).toMatchObject({
      stderr: expect.stringMatching(/^fob: fob is not registered for links\nhint: /),
      exitCode: 3,
    });
  });

  test("say as JSON what their schemas say", async () => {
    const { fob, home } = testHome();
    await fob(["config", "set", "tiqr.schemes", "campusauth"]);
    const said = async (...args: string[]) => {
      const { stdout } = await fob(["link", ...args, "--json"]);
      expect(violations(`link-${args[0]}`, JSON.parse(stdout))).toEqual([]);
      return JSON.parse(stdout);
    };
    const fobs = { handler: "fob.desktop", fob: true, before: null };
    expect((await said("install", "--yes")).links.at(-1)).toEqual({
      scheme: "campusauth",
      ...fobs,
    });
    expect((await said("status"))[0]).toEqual({ scheme: "otpauth", ...fobs });
    const entry = join(home, ".local/share/applications/fob.desktop");
    expect(readFileSync(entry, "utf8")).toMatch(
      /^Exec=\S+ \S+\/bin\/fob\.js --home \S+ link open /m,
    );
    expect(await said("remove")).toMatchObject({
      dryRun: false,
      links: [{ handler: null }, ...Array(7).fill({ fob: false })],
    });
    expect(existsSync(entry)).toBe(false);
  });
});

describe("fob link open", () => {
  test("stores and sends nothing where nobody can be asked", async () => {
    const made = testHome();
    const server = await countingServer();
    for (const link of [LINK, server.link]) {
      expect(await made.fob(["link", "open", "-"], { input: link })).toMatchObject({
        stdout: "",
        stderr: expect.stringMatching(
          /^A link .*\nfob: cannot ask here: .*\nhint: `fob enroll -` answers without a terminal\n$/s,
        ),
        exitCode: 5,
      });
    }
    expect(server.asked()).toBe(0);
    expect(readdirSync(made.home)).not.toContain("header");
  });

  test("shows a link without its secret, and does nothing after a no", async () => {
    const made = testHome();
    const server = await countingServer();
    const refused = await openAs(false, server.link, made);
    expect(refused).toMatchObject({
      questions: [`Ask ${server.host} for a new token for ann?`],
      stdout: "",
      stderr: expect.stringMatching(/Passphrase +hidden.*\nfob: nothing was enrolled\n$/s),
      exitCode: 130,
    });
    expect(server.asked()).toBe(0);
    const { stderr, questions } = await openAs(false, LINK, made);
    expect(questions).toEqual(["Add ACME, ann (time-based, 6 digits every 30 s, SHA1)?"]);
    expect(stderr).toMatch(/^secret +hidden \(160 bits\)$/m);
    expect(stderr).not.toContain(SECRET);
    expect(await namesIn(made)).toEqual([]);
  });

  test("enrolls after a yes, and uses no event up before", async () => {
    const made = testHome();
    const { stdout, stderr, questions, exitCode } = await openAs(true, HOTP_URI, made);
    expect(questions[0]).toMatch(
      /^the secret .*\. Add ACME, ann \(event-based, 6 digits from counter 0/,
    );
    expect(stderr).toMatch(new RegExp(`^passcode +${RFC_CODES[0]}$`, "m"));
    expect({ stdout, exitCode }).toEqual({
      stdout: "enrolled ACME (event-based, 6 digits from counter 0, SHA1)\n",
      exitCode: 0,
    });
    expect((await made.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("says as JSON what its schema says", async () => {
    const { stdout } = await openAs(true, LINK, testHome(), "--json");
    expect(violations("link-open", JSON.parse(stdout))).toEqual([]);
    expect(JSON.parse(stdout)).toMatchObject({ kind: "enrollment", tokens: [{ issuer: "ACME" }] });
  });

  test.each([
    ["https://acme.test/", /opens no links of https:/],
    ["file:///etc/passwd", /opens no links of file:/],
    [SECRET, /this is no link/],
    [`${LINK}\u0007`, /control characters/],
    [`otpauth://totp/a\nb?secret=${SECRET}`, /control characters/],
    [`${LINK}&image=\u001b]0;x\u0007`, /control characters/],
    [`otpauth://totp/a?secret=${SECRET}&x=${"x".repeat(65_536)}`, /longer than 65536 characters/],
    ["otpauth://totp/a?secret=1", /secret/],
    ["mobilepassplus://autoenrollment", /activation string/],
    ["campusauth://x", /opens no links of campusauth:/],
  ])("refuses %j", async (link, message) => {
    const made = testHome();
    const { stderr, questions, exitCode } = await openAs(true, link, made);
    expect({ stderr, questions, exitCode }).toEqual({
      stderr: expect.stringMatching(message),
      questions: [],
      exitCode: 6,
    });
    expect(await namesIn(made)).toEqual([]);
  });

  test("shows signs that turn a text around as what they are", async () => {
    const link = `otpauth://totp/${encodeURIComponent("a\u202eb")}:ann?secret=${SECRET}&issuer=${encodeURIComponent("\u202eEMCA\u2066")}`;
    const { stderr, questions } = await openAs(false, link, testHome());
    expect(stderr + questions).not.toMatch(/[\u202e\u2066]/);
  });
});

describe("a login link", () => {
  async function enrolled(made: TestHome) {
    const server = await tiqrServer();
    expect((await openAs(true, server.enrollment, made)).exitCode).toBe(0);
    return server;
  }

  test("is approved after a yes alone, with who asks, where, and which server gets the answer", async () => {
    const made = testHome();
    const server = await enrolled(made);
    const login = server.login({ place: "the library" });
    const refused = await openAs(false, login, made);
    expect(refused).toMatchObject({
      questions: [
        expect.stringMatching(
          /^Log ann in at the library \(.*\), with an answer to 127\.0\.0\.1:\d+\?$/,
        ),
      ],
      stderr: expect.stringMatching(/^A link .* wants a login.*fob: nothing was approved\n$/s),
      exitCode: 130,
    });
    expect(server.answers).toEqual([]);
    const approved = await openAs(true, login, made, "--json");
    expect(violations("link-open", JSON.parse(approved.stdout))).toEqual([]);
    expect(server.isApproved(login)).toBe(true);
  });

  test("of another service is refused before anybody is asked", async () => {
    const made = testHome();
    const server = await enrolled(made);
    const phished = server.login({ service: "tiqr.examp1e.org" });
    expect(await openAs(true, phished, made)).toMatchObject({ questions: [], exitCode: 3 });
    expect(server.answers).toEqual([]);
  });

  test("may have the scheme of the user's own organization", async () => {
    const made = testHome();
    const server = await enrolled(made);
    await made.fob(["config", "set", "tiqr.schemes", "campusenroll,campusauth"]);
    const login = server.login();
    const link = login.replace("tiqrauth:", "campusauth:");
    expect((await openAs(true, link, made)).exitCode).toBe(0);
    expect(server.isApproved(login)).toBe(true);
    const { stdout } = await made.fob(["link", "status"]);
    expect(stdout).toMatch(/^campusauth:\t/m);
  });
});

describe.runIf(process.platform === "linux")("links that a page opens", () => {
  /**
   * A terminal that says how it was started, and by what, and starts nothing until it is told to.
   */
  function slowTerminal({ home }: TestHome) {
    const [bin, run] = [join(home, "bin"), join(home, "run")];
    for (const folder of [bin, run]) mkdirSync(folder, { mode: 0o700 });
    const [started, go] = [join(home, "started"), join(home, "go")];
    const terminal = [
      "#!/bin/sh",
      `mkfifo '${go}' || exit 1`,
      `{ tr '\\0' ' ' </proc/$PPID/cmdline; echo; echo "$@"; } >'${started}.new'`,
      `mv '${started}.new' '${started}'`,
      `read word <'${go}'`,
      "shift",
      'exec "$@"',
      "",
    ];
    writeFileSync(join(bin, "slow-terminal"), terminal.join("\n"), { mode: 0o755 });
    const env = {
      ...{
        PATH: `${bin}:${process.env["PATH"]}`,
        HOME: home,
        FOB_HOME: home,
        FOB_KEYCHAIN: "file",
      },
      ...{ XDG_RUNTIME_DIR: run, DISPLAY: ":0", TERMINAL: "slow-terminal -e" },
    };
    const open = () =>
      execa(process.execPath, [FOB, "link", "open", "--window", "--", LINK], {
        ...{ env, extendEnv: false, reject: false, stdin: "ignore" as const },
      });
    return { open, started, go, run };
  }

  test("become one question, and their secret is on no command line that lives on", async () => {
    const made = testHome();
    const { open, started, go, run } = slowTerminal(made);
    const first = open();
    await until("the terminal", () => existsSync(started));
    const others = await Promise.all(Array.from({ length: isTorture ? 99 : 5 }, open));
    for (const { stderr, stdout, exitCode } of others)
      expect({ stderr, stdout, exitCode }).toEqual({
        stderr: expect.stringMatching(/^fob: fob asks about another link already: [^\n]*$/),
        stdout: "",
        exitCode: 5,
      });
    const [opener, terminal = ""] = readFileSync(started, "utf8").split("\n");
    expect(opener).toMatch(/^fob link open\s*$/);
    expect(terminal).toMatch(/ link open --window --take .*\/run\/fob\/link-[0-9a-f]{16}$/);
    writeFileSync(go, "\n");
    expect(await first).toMatchObject({ exitCode: 0, stdout: "", stderr: "" });
    // nobody is at the terminal: fob there ends by itself
    await until("the end of the question", () => readdirSync(join(run, "fob")).length === 0);
    expect(await namesIn(made)).toEqual([]);
  });

  test("are not opened where there is no window", async () => {
    const { fob } = testHome();
    expect(await fob(["link", "open", "--window", LINK])).toMatchObject({
      stderr: expect.stringMatching(/^fob: there is no window .*\nhint: install a terminal/),
      exitCode: 8,
    });
  });
});

describeWith({ tmux: "tmux" }, "a link at a terminal", () => {
  test("is asked about, enrolled after a typed yes, and shown until Enter", async () => {
    const made = testHome();
    writeFileSync(join(made.home, "link"), LINK);
    const terminal = openTerminal(made.home, { XDG_RUNTIME_DIR: made.home });
    try {
      terminal.type(`fob link open --window --take ${made.home}/link; echo over $?`, "Enter");
      await terminal.see("Add ACME, ann (time-based, 6 digits every 30 s, SHA1)?");
      terminal.type("y", "Enter");
      await terminal.see("Press Enter to close this window.");
      expect(existsSync(join(made.home, "link"))).toBe(false);
      terminal.type("Enter");
      await terminal.see("over 0");
      terminal.type(`clear; fob link open --window 'otpauth://totp/a?secret=${SECRET}'`, "Enter");
      await terminal.see("fob: there is no window");
    } finally {
      terminal.close();
    }
    expect(await namesIn(made)).toEqual(["ACME"]);
  });
});
