import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { CLIENT_ID, dskppServer, PASSWORD, refusal } from "../enrollment/dskpp/dskpp-server.ts";
import { tlsServer } from "../platform/web-server.ts";
import { describeWith } from "../requires.ts";
import { EVENT_BASED, firstCode, stringFor, WITH_PIN } from "./activation.ts";
import { filesBelow, HOTP_URI, testHome } from "./fob.ts";
import { openTerminal } from "./terminal.ts";

/** An address that nobody answers at. */
const NOBODY = new URL("http://127.0.0.1:9/selfenrollment/dskpp.aspx?sc=ABCDEFGHIJ");

describe("fob enroll, where a server makes the token", () => {
  test.each([2, 4] as const)("stores what both have made in %i passes", async (passes) => {
    const { fob } = testHome();
    const server = await dskppServer({ ...EVENT_BASED, passes });
    const { stdout, exitCode } = await fob(["enroll", "-"], { input: stringFor(server.url) });
    expect({ stdout, exitCode }).toEqual({
      stdout: "enrolled Example (event-based, 6 digits from counter 0, SHA1)\n",
      exitCode: 0,
    });
    expect((await fob(["code", "Example"])).stdout).toBe(`${firstCode(server)}\n`);
    const shown = JSON.parse((await fob(["show", "Example", "--json"])).stdout);
    expect(shown).toMatchObject({
      account: CLIENT_ID,
      serial: "987654321",
      format: "activation-string",
    });
  });

  test("says whom it would ask, and asks nobody, when it is tried out", async () => {
    const { fob, home } = testHome();
    const server = await dskppServer();
    const input = stringFor(server.url);
    expect(await fob(["enroll", "-", "--dry-run"], { input })).toMatchObject({
      stdout: `would ask ${server.url.host} for a token for ${CLIENT_ID} (activation-string)\n`,
      exitCode: 0,
    });
    expect(
      JSON.parse((await fob(["enroll", "-", "--dry-run", "--json"], { input })).stdout),
    ).toEqual([
      {
        ...{ name: null, issuer: null, account: CLIENT_ID, serial: null },
        ...{ format: "activation-string", server: server.url.host, dryRun: true },
      },
    ]);
    expect((await fob(["inspect", "-"], { input })).exitCode).toBe(0);
    expect(filesBelow(home)).toEqual([]);
    expect(server.requests).toEqual([]);
  });

  test("keeps a token whose name is taken, with a number", async () => {
    const { fob } = testHome();
    const server = await dskppServer(EVENT_BASED);
    const input = stringFor(server.url);
    await fob(["enroll", "-", "--name", "Example"], { input: HOTP_URI });
    expect((await fob(["enroll", "-"], { input })).stdout).toMatch(/^enrolled Example:AC00000A /);
    expect((await fob(["enroll", "-"], { input })).stdout).toMatch(/^enrolled Example:AC00000A 2 /);
    expect((await fob(["enroll", "-", "--replace"], { input })).exitCode).toBe(0);
    // every token of the account makes room for the new one
    expect((await fob(["list"])).stdout.trim().split("\n")).toHaveLength(2);
  });

  test.each([
    ["another string is wrong", [], `otpauth://totp/x?secret=A\n`, 6],
    ["another token is there already", [], `${HOTP_URI}\n`, 2],
    ["the name is taken", ["--name", "ACME"], "", 2],
    ["one name is for two tokens", ["--name", "vpn"], `${HOTP_URI}\n`, 2],
    ["the log's file is there", ["--trace", "here"], "", 2],
    ["the PIN is refused", ["--pin"], "", 6],
  ])("asks no server when %s", async (_, args, others, exitCode) => {
    const { fob, home } = testHome();
    const server = await dskppServer();
    await fob(["enroll", "-"], { input: HOTP_URI });
    writeFileSync(join(home, "here"), "");
    const input = `${stringFor(server.url)}\n${others}`;
    const paths = args.map((arg) => (arg === "here" ? join(home, arg) : arg));
    expect(
      (await fob(["enroll", "-", ...paths], { input, env: { FOB_PIN: "1111" } })).exitCode,
    ).toBe(exitCode);
    expect(server.requests).toEqual([]);
  });

  test("stores nothing when the server cannot prove itself, and logs that run", async () => {
    const { fob, home } = testHome();
    const server = await dskppServer({
      alter: (reply) => reply.replace(/(<dskpp:Mac [^>]*>)[^<]{4}/, "$1AAAA"),
    });
    const trace = join(home, "run.log");
    const input = `${HOTP_URI}\n${stringFor(server.url)}`;
    const { stdout, stderr, exitCode } = await fob(["enroll", "-", "--trace", trace], { input });
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 7 });
    expect(stderr).toContain("its MAC is wrong");
    expect((await fob(["list"])).stdout).toBe("");
    const log = readFileSync(trace, "utf8");
    expect(log.trim().split("\n").at(-1)).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z failed: rejected: .*its MAC is wrong/,
    );
    expect(statSync(trace).mode & 0o777).toBe(0o600);
    for (const secret of [PASSWORD, CLIENT_ID, "ABCDEFGHIJ"])
      expect(log + stderr).not.toContain(secret);
  });

  test("says with --json why the server refused", async () => {
    const { fob } = testHome();
    const server = await dskppServer({
      alter: () => refusal("ProvisioningPeriodExpired", "Hello"),
    });
    const { stderr, exitCode } = await fob(["enroll", "-", "--json", "--quiet"], {
      input: stringFor(server.url),
    });
    expect(exitCode).toBe(7);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: "rejected", hint: expect.stringMatching(/register/) },
    });
  });

  test("keeps what came before a server fails, and leaves the rest alone", async () => {
    const { fob } = testHome();
    const server = await dskppServer(EVENT_BASED);
    const input = [HOTP_URI, stringFor(server.url), stringFor(NOBODY)].join("\n");
    const { stdout, stderr, exitCode } = await fob(["enroll", "-"], { input });
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 8 });
    expect(stderr).toMatch(/^hint: Example is enrolled already; what comes after was not tried$/m);
    expect((await fob(["list"])).stdout).toMatch(/^Example\t[^\n]*\n$/);
  });

  test("asks a server once when its string is there twice", async () => {
    const { fob } = testHome();
    const server = await dskppServer({ passes: 2 });
    const string = stringFor(server.url);
    const again = `mobilepassplus://autoenrollment?str=${encodeURIComponent(string)}`;
    expect((await fob(["enroll", "-"], { input: `${string}\n${again}` })).exitCode).toBe(0);
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ["--trace", ["--trace", "enrollment.log"]],
    ["--insecure", ["--insecure"]],
  ])("refuses %s where no server is asked", async (option, args) => {
    const { fob } = testHome();
    const { stderr, exitCode } = await fob(["enroll", "-", ...args], { input: HOTP_URI });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`fob: ${option} is for enrollments with a server`);
    expect(existsSync("enrollment.log")).toBe(false);
  });
});

describe("a PIN that the server wants", () => {
  test("guards the token when it is given", async () => {
    const { fob } = testHome();
    const server = await dskppServer(WITH_PIN);
    const env = { FOB_PIN: "472958" };
    const { stdout, exitCode } = await fob(["enroll", "-", "--json"], {
      input: stringFor(server.url),
      env,
    });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ pin: "user", accessDomain: "00" }]);
    expect((await fob(["code", "Example"])).exitCode).toBe(5);
    expect((await fob(["code", "Example"], { env })).stdout).toBe(`${firstCode(server)}\n`);
  });

  test("guards all tokens of a command, and is asked for once", async () => {
    const { fob } = testHome();
    const servers = [await dskppServer(WITH_PIN), await dskppServer(WITH_PIN)];
    const strings = servers.map(({ url }) => stringFor(url));
    const env = { FOB_PIN: "472958" };
    const input = strings.join("\n");
    const { stdout, exitCode } = await fob(["enroll", "-", "--json"], { input, env });
    expect(exitCode).toBe(0);
    const names = JSON.parse(stdout).map(({ name }: { name: string }) => name);
    expect(names).toHaveLength(2);
    for (const [i, server] of servers.entries()) {
      expect((await fob(["code", names[i]])).exitCode).toBe(5);
      expect((await fob(["code", names[i]], { env })).stdout).toBe(`${firstCode(server)}\n`);
    }
  });

  test("is taken from --pin where it satisfies the server, and asked for again where not", async () => {
    const { fob } = testHome();
    const server = await dskppServer(WITH_PIN);
    const env = { FOB_PIN: "4711\n472958" };
    expect(
      (await fob(["enroll", "-", "--pin"], { input: stringFor(server.url), env })).exitCode,
    ).toBe(0);
    expect((await fob(["code", "Example"], { env: { FOB_PIN: "4711" } })).exitCode).toBe(4);
    expect((await fob(["code", "Example"], { env: { FOB_PIN: "472958" } })).exitCode).toBe(0);
  });

  test("keeps the token locked while nobody gives one", async () => {
    const { fob } = testHome();
    const server = await dskppServer(WITH_PIN);
    const { stdout, stderr, exitCode } = await fob(["enroll", "-"], {
      input: stringFor(server.url),
    });
    expect(exitCode).toBe(5);
    expect(stdout).toMatch(/^enrolled Example /);
    const [, command = ""] = /it is locked until `fob ([^`]*)`/.exec(stderr) ?? [];
    expect(command).toBe("pin set Example --policy min=6,attempts=5");
    expect((await fob(["code", "Example"])).exitCode).toBe(5);
    const env = { FOB_PIN: "472958" };
    expect((await fob(command.split(" "), { env })).exitCode).toBe(0);
    expect((await fob(["code", "Example"], { env })).stdout).toBe(`${firstCode(server)}\n`);
  });
});

describeWith({ tmux: "tmux" }, "at a terminal, a PIN that the server wants", () => {
  test("is no reason to lose the token when its question is left with Ctrl-C", async () => {
    const { home, fob } = testHome();
    const server = await dskppServer(WITH_PIN);
    writeFileSync(join(home, "string"), stringFor(server.url));
    const terminal = openTerminal(home);
    onTestFinished(() => terminal.close());
    terminal.type(`fob enroll "$(cat '${home}/string')"; echo "exit code $?"`, "Enter");
    await terminal.see(/new PIN/i);
    terminal.type("C-c");
    expect((await terminal.see("exit code 5")).replaceAll("\n", "")).toContain("is locked until");
    expect((await fob(["list"])).stdout).toMatch(/^Example\t/);
  });
});

describeWith({ openssl: "openssl" }, "a server that nobody vouches for", () => {
  test("is asked with --insecure alone, which warns", async () => {
    const { fob } = testHome();
    let asked = 0;
    const { port } = await tlsServer("localhost", (_, response) => {
      asked++;
      response.writeHead(403).end();
    });
    const input = stringFor(new URL(`https://localhost:${port}/dskpp`));
    expect((await fob(["enroll", "-"], { input })).exitCode).toBe(7);
    expect(asked).toBe(0);
    const { stderr, exitCode } = await fob(["enroll", "-", "--insecure"], { input });
    expect({ asked, exitCode }).toEqual({ asked: 1, exitCode: 7 });
    expect(stderr).toMatch(/^warning: localhost:\d+: nothing proves who this server is/m);
  });
});
