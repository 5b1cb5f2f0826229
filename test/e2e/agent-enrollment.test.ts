import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { execa } from "execa";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { newlyEnrolled } from "#token/codec.ts";
import type { Token } from "#token/token.ts";
import { encodeBackup } from "#vault/backup/backup.ts";
import { connectTo } from "../agent/agent.ts";
import { dskppServer, PASSWORD, type Script } from "../enrollment/dskpp/dskpp-server.ts";
import { PrivacyIdeaServer } from "../push/privacyidea-server.ts";
import { tiqrServer } from "../push/tiqr-server.ts";
import { EVENT_BASED, firstCode, stringFor, WITH_PIN } from "./activation.ts";
import { FOB, filesBelow, HOTP_URI, homesLike, type TestHome, TOTP_URI, testHome } from "./fob.ts";
import { englishMessages, installIn, pseudoLanguage } from "./pseudo-language.ts";

const APP = { env: { FOB_PIN: "83517" } };
const PIN = "472958";

let open: TestHome | null = null;

const withAppPin = homesLike(async ({ fob }) => {
  await fob(["enroll", "-"], { input: HOTP_URI });
  await fob(["pin", "set"], APP);
});

/** A vault with one token and an app PIN, that an agent holds open. */
async function unlocked(): Promise<
  TestHome & { readonly pid: number; names(): Promise<string[]> }
> {
  const home = await withAppPin();
  open = home;
  const { pid } = JSON.parse((await home.fob(["unlock", "--json"], APP)).stdout);
  const names = async () =>
    JSON.parse((await home.fob(["list", "--json"], APP)).stdout).map(
      ({ name }: { name: string }) => name,
    );
  return { ...home, pid, names };
}

/** A server that does something when it has made its token, before the reply is sent. */
function serverThat(act: () => void, script: Script = EVENT_BASED) {
  return dskppServer({
    ...script,
    alter: (reply, step) => {
      if (step === "finished") act();
      return reply;
    },
  });
}

const kill = (pid: number) => process.kill(pid, "SIGKILL");

afterEach(async () => {
  await open?.fob(["lock"]);
  open = null;
});

describe("an enrollment with a server, while an agent holds the vault, asks for no app PIN", () => {
  test.each([
    [2, {}],
    [4, { env: { FOB_PIN: "00000000" } }],
  ] as const)("in %i passes", { timeout: 240_000 }, async (passes, surroundings) => {
    const { fob, home } = await unlocked();
    const server = await dskppServer({ ...EVENT_BASED, passes });
    const trace = join(home, "run.log");
    const input = `${stringFor(server.url)}\n${TOTP_URI.replaceAll("Example", "Other")}`;
    const enrolled = await fob(["enroll", "-", "--trace", trace], { input, ...surroundings });
    expect(enrolled).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(
        /^enrolled Example \(event-based.*\nenrolled Other \(time-based/,
      ),
    });
    expect((await fob(["code", "Example"])).stdout).toBe(`${firstCode(server)}\n`);
    const log = readFileSync(trace, "utf8");
    expect(log.trim().split("\n").at(-1)).toMatch(/stored: hotp token [0-9a-f]{16}$/);
    expect(log).not.toContain(PASSWORD);
  });

  test("of push tokens", { timeout: 240_000 }, async () => {
    const { fob } = await unlocked();
    const removals: (() => void)[] = [];
    const server = await PrivacyIdeaServer.start((remove) => void removals.push(remove));
    const enrolled = await fob(["enroll", "-", "--yes", "--name", "push"], {
      input: server.invitation(),
    });
    expect(enrolled).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^enrolled push \(push approval/),
    });
    server.challenge({ question: "Open the wiki?" });
    const [request] = JSON.parse((await fob(["push", "list", "--json"])).stdout);
    expect(await fob(["push", "approve", request.id])).toMatchObject({ exitCode: 0 });
    expect([server.answers.length, server.complaints]).toEqual([1, []]);
    const again = await fob(["enroll", "-", "--yes"], { input: server.invitation() });
    expect(again).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(
        /^fob: push is enrolled already at this server.*\nhint: --replace/,
      ),
    });
    for (const remove of removals) remove();
  });

  test("of TiQR tokens", { timeout: 240_000 }, async () => {
    const { fob } = await unlocked();
    const server = await tiqrServer();
    expect(await fob(["enroll", "-"], { input: server.enrollment })).toMatchObject({ exitCode: 0 });
    expect(await fob(["push", "approve", server.login(), "--yes"])).toMatchObject({ exitCode: 0 });
  });

  test("and the PIN that was given before guards the token, or the one that its server wants", {
    timeout: 120_000,
  }, async () => {
    const { fob } = await unlocked();
    const server = await dskppServer(WITH_PIN);
    const input = stringFor(server.url);
    expect((await fob(["enroll", "-", "--pin"], { input, env: { FOB_PIN: PIN } })).exitCode).toBe(
      0,
    );
    expect((await fob(["code", "Example"])).exitCode).toBe(5);
    expect((await fob(["code", "Example"], { env: { FOB_PIN: PIN } })).stdout).toBe(
      `${firstCode(server)}\n`,
    );
    const again = { input, env: { FOB_PIN: `4711\n${PIN}` } };
    expect((await fob(["enroll", "-", "--pin", "--name", "late"], again)).exitCode).toBe(0);
    expect((await fob(["code", "late"], { env: { FOB_PIN: PIN } })).stdout).toBe(
      `${firstCode(server)}\n`,
    );
    const { stdout, stderr, exitCode } = await fob(["enroll", "-", "--name", "none"], { input });
    expect({ stdout, exitCode }).toMatchObject({
      stdout: expect.stringMatching(/^enrolled none /),
      exitCode: 5,
    });
    expect(stderr).toContain("it is locked until `fob pin set none --policy min=6,attempts=5`");
    expect((await fob(["code", "none"])).exitCode).toBe(5);
    expect(JSON.parse((await fob(["show", "none", "--json"])).stdout)).toMatchObject({
      accessDomain: "02",
    });
  });

  test.each([
    ["the name is taken", ["--name", "ACME"], "", 2],
    ["another token is there already", [], HOTP_URI, 2],
    ["the PIN is refused", ["--pin"], "", 6],
    ["the log's file is there", ["--trace", "key"], "", 2],
  ])("and no server is asked when %s", async (_, args, others, exitCode) => {
    const { fob, home, names } = await unlocked();
    const server = await dskppServer(EVENT_BASED);
    const input = `${stringFor(server.url)}\n${others}`;
    const paths = args.map((arg) => (arg === "key" ? join(home, arg) : arg));
    expect(
      (await fob(["enroll", "-", ...paths], { input, env: { FOB_PIN: "1111" } })).exitCode,
    ).toBe(exitCode);
    expect([server.requests, await names()]).toEqual([[], ["ACME"]]);
  });

  test("what came before a server refuses is kept, and named", { timeout: 240_000 }, async () => {
    const { fob, names } = await unlocked();
    const server = await dskppServer(EVENT_BASED);
    const input = ["# two", stringFor(server.url), stringFor(new URL("http://127.0.0.1:9/x"))].join(
      "\n",
    );
    const { stderr, exitCode } = await fob(["enroll", "-"], { input });
    expect(exitCode).toBe(8);
    expect(stderr).toMatch(/^hint: Example is enrolled already; what comes after was not tried$/m);
    expect(await names()).toEqual(["ACME", "Example"]);
  });
});

describe("an agent that goes while the server makes the token", () => {
  test("is no reason to lose it: the app PIN opens the vault", { timeout: 240_000 }, async () => {
    const { fob, pid, names } = await unlocked();
    const server = await serverThat(() => kill(pid), WITH_PIN);
    const input = stringFor(server.url);
    const { stderr, exitCode } = await fob(["enroll", "-"], { input, ...APP });
    expect(exitCode).toBe(8);
    expect(stderr).toMatch(/^hint: Example is enrolled already/m);
    expect(await names()).toEqual(["ACME", "Example"]);
    // it was asked for the PIN of the token as well, and got the only line, which is the app PIN
    // and no new one
    expect(stderr).toContain("it is locked until");
    expect((await fob(["code", "Example"])).exitCode).toBe(5);
  });

  test("leaves nothing where nobody gives the app PIN, which is said", {
    timeout: 240_000,
  }, async () => {
    const { fob, pid, names } = await unlocked();
    const server = await serverThat(() => kill(pid));
    const { stderr, exitCode } = await fob(["enroll", "-"], { input: stringFor(server.url) });
    expect(exitCode).toBe(5);
    expect(stderr).toMatch(/^fob: Example: its server has made it, and it could not be stored \(/m);
    expect(stderr).toMatch(/^hint: ask the issuer for another enrollment string$/m);
    expect(await names()).toEqual(["ACME"]);
  });

  test("makes no twin of what it has stored", { timeout: 240_000 }, async () => {
    const { fob, pid, names } = await unlocked();
    const first = await dskppServer(EVENT_BASED);
    const second = await serverThat(() => kill(pid));
    const input = ["# two", stringFor(first.url), stringFor(second.url)].join("\n");
    const { stderr, exitCode } = await fob(["enroll", "-"], { input, ...APP });
    expect({ exitCode, names: await names() }).toEqual({
      exitCode: 8,
      names: ["ACME", "Example", "Example:AC00000A"],
    });
    expect(stderr).not.toContain("unexpected");
    for (const [name, server] of [
      ["Example", first],
      ["Example:AC00000A", second],
    ] as const)
      expect((await fob(["code", name], APP)).stdout).toBe(`${firstCode(server)}\n`);
    expect((await fob(["doctor"], APP)).exitCode).toBe(0);
  });
});

describe.skipIf(process.platform === "win32")(
  "a client that is ended while its server makes the token",
  () => {
    test.each(["SIGINT", "SIGKILL"] as const)(
      "by %s leaves the vault as it was",
      { timeout: 240_000 },
      async (signal) => {
        const { fob, home, names } = await unlocked();
        const server = await serverThat(() => client.kill(signal), WITH_PIN);
        const list = join(home, "strings.txt");
        writeFileSync(list, [stringFor(server.url), TOTP_URI].join("\n"));
        const env = {
          PATH: process.env["PATH"] ?? "",
          HOME: home,
          FOB_HOME: home,
          FOB_KEYCHAIN: "file",
        };
        const client = spawn(process.execPath, [FOB, "enroll", "-"], {
          env,
          stdio: ["pipe", "ignore", "pipe"],
        });
        const stderr = text(client.stderr);
        const exit = once(client, "exit");
        client.stdin.end(readFileSync(list));
        await exit;
        expect(await stderr).not.toContain("unexpected");
        // its token is there, locked, or it is not
        const found = (await names()).filter((name) => name !== "ACME");
        expect([[], ["Example"]]).toContainEqual(found);
        if (found.length > 0) expect((await fob(["code", "Example"])).exitCode).toBe(5);
        expect((await fob(["doctor"])).exitCode).toBe(0);
      },
    );
  },
);

describe.skipIf(process.platform === "win32")("a person who stops fob", () => {
  test.each([
    ["with an agent", true],
    ["without an agent", false],
  ])(
    "while the second server is asked, %s, is told what the first one gave",
    {
      timeout: 240_000,
    },
    async (_, isHeld) => {
      const { fob, home, names } = await unlocked();
      if (!isHeld) await fob(["lock"]);
      const first = await dskppServer(EVENT_BASED);
      // it hears the question, and never answers
      const silent = createServer(() => client.kill("SIGINT")).listen(0, "127.0.0.1");
      await once(silent, "listening");
      onTestFinished(() => {
        silent.closeAllConnections();
        silent.close();
      });
      const { port } = silent.address() as AddressInfo;
      const second = new URL(`http://127.0.0.1:${port}/x`);
      const env = {
        ...{ PATH: process.env["PATH"] ?? "", HOME: home, FOB_HOME: home },
        ...{ FOB_KEYCHAIN: "file", FOB_PIN: "83517" },
      };
      const client = spawn(process.execPath, [FOB, "enroll", "-"], {
        env,
        stdio: ["pipe", "ignore", "pipe"],
      });
      const stderr = text(client.stderr);
      const exit = once(client, "exit");
      client.stdin.end(["# two", stringFor(first.url), stringFor(second)].join("\n"));
      expect(await exit).toEqual([130, null]);
      expect(await stderr).toMatch(
        isHeld
          ? /^fob: interrupted: what came from servers is enrolled \(Example\), and nothing else$/m
          : /^fob: interrupted\nhint: Example is enrolled already; what comes after was not tried$/m,
      );
      expect(await names()).toEqual(["ACME", "Example"]);
      expect((await fob(["doctor"], APP)).exitCode).toBe(0);
    },
  );
});

test("a token that needs more than a line of the agent's is added by it", {
  timeout: 240_000,
}, async () => {
  const { fob, home, names } = await unlocked();
  const server = await tiqrServer();
  expect(await fob(["enroll", "-"], { input: server.enrollment })).toMatchObject({ exitCode: 0 });
  const [, { id: _, ...shown }] = JSON.parse((await fob(["list", "--json"])).stdout);
  const token: Token = {
    ...{
      id: "0123456789abcdef",
      name: "long",
      issuer: "Long",
      account: "ann",
      serial: null,
      format: shown.format,
    },
    credential: {
      ...{
        kind: "push",
        protocol: "tiqr",
        service: "long.example",
        identity: "ann",
        suite: "OCRA-1:HOTP-SHA1-6:QN10",
      },
      ...{
        url: `http://127.0.0.1:9/${'\u{1f600}"'.repeat(40_000)}`,
        isQuick: false,
        isInsecure: false,
      },
    },
    ...newlyEnrolled(new Date(0)),
    pin: "none",
  };
  const identity = await generateX25519Identity();
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  const plaintext = encodeBackup(
    [{ token, secret: Buffer.alloc(20, 1), pinPolicy: null, note: null, recoveryCodes: [] }],
    new Date(),
  );
  const [backup, keyFile] = [join(home, "long.age"), join(home, "age.txt")];
  writeFileSync(backup, await encrypter.encrypt(plaintext));
  writeFileSync(keyFile, identity);
  expect(await fob(["restore", backup, "--identity", keyFile])).toMatchObject({ exitCode: 0 });
  expect(await names()).toContain("long");
});

test("a new PIN is taken from no source that has a line too much", {
  timeout: 240_000,
}, async () => {
  const { fob, names } = await unlocked();
  const two = { env: { FOB_PIN: `83517\n${PIN}` } };
  // the first may be the app PIN's
  const three = { env: { FOB_PIN: `83517\n${PIN}\n46372` } };
  const uri = TOTP_URI.replaceAll("Example", "Shop");
  const { stderr, exitCode } = await fob(["enroll", "-", "--pin"], { input: uri, ...three });
  expect({ exitCode, names: await names() }).toEqual({ exitCode: 2, names: ["ACME"] });
  expect(stderr).toMatch(/^fob: the PIN source has 3 lines/m);
  // this one asks for the app PIN, agent or not
  expect(await fob(["pin", "set", "ACME"], two)).toMatchObject({ exitCode: 0 });
  expect(await fob(["code", "ACME"], { env: { FOB_PIN: PIN } })).toMatchObject({ exitCode: 0 });
  const free = testHome();
  await free.fob(["enroll", "-"], { input: HOTP_URI });
  expect(await free.fob(["pin", "set", "ACME"], two)).toMatchObject({ exitCode: 2 });
  expect(await free.fob(["code", "ACME"])).toMatchObject({ exitCode: 0 });
});

test("what keeps the files of a token that could not be read is told", {
  timeout: 240_000,
}, async () => {
  const { fob, home } = await unlocked();
  const [{ id }] = JSON.parse((await fob(["list", "--json"])).stdout);
  for (const path of filesBelow(join(home, "vault", "tokens", id))) appendFileSync(path, "x");
  const enrolled = await fob(["enroll", "-", "--replace"], { input: HOTP_URI });
  expect(enrolled).toMatchObject({ exitCode: 0 });
  const [, folder = ""] =
    /ACME could not be read, and cannot be restored: (.*) keeps its files/.exec(enrolled.stderr) ??
    [];
  expect(filesBelow(folder).length).toBeGreaterThan(0);
});

describe.skipIf(process.platform === "win32")(
  "a client that goes away while the agent removes many tokens",
  () => {
    test.each(["SIGINT", "SIGKILL"] as const)(
      "by %s stops it",
      { timeout: 240_000 },
      async (signal) => {
        const { fob, home, names } = await unlocked();
        const uris = Array.from({ length: 150 }, (_, i) =>
          TOTP_URI.replaceAll("Example", `Site${i}`),
        );
        await fob(["enroll", "-"], { input: uris.join("\n") });
        const env = {
          PATH: process.env["PATH"] ?? "",
          HOME: home,
          FOB_HOME: home,
          FOB_KEYCHAIN: "file",
        };
        const all = (await names()).filter((name) => name !== "ACME");
        const client = spawn(process.execPath, [FOB, "remove", "--yes", ...all], {
          env,
          stdio: ["ignore", "ignore", "pipe"],
        });
        const stderr = text(client.stderr);
        const exit = once(client, "exit");
        const removed = join(home, "vault", "removed");
        await vi.waitUntil(() => existsSync(removed) && readdirSync(removed).length > 2, {
          timeout: 60_000,
          interval: 2,
        });
        client.kill(signal);
        expect(await exit).toEqual(signal === "SIGINT" ? [130, null] : [null, "SIGKILL"]);
        const left = (await names()).length;
        expect(left).toBeGreaterThan(1);
        const said = await stderr;
        if (signal === "SIGINT") expect(said).toMatch(new RegExp(`${left - 1} not \\(`));
        // nothing goes on behind it
        expect((await fob(["doctor"])).exitCode).toBe(0);
        expect((await names()).length).toBe(left);
      },
    );
  },
);

test("what an agent carries out speaks the language of its client", {
  timeout: 240_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "fob-language-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const executable = installIn(folder, { de: pseudoLanguage(englishMessages()) });
  const home = testHome();
  const { PATH = "" } = process.env;
  const env = { PATH, HOME: home.home, FOB_HOME: home.home, FOB_KEYCHAIN: "file" };
  const run = async (language: string, ...args: string[]) => {
    const more = { ...env, FOB_LANG: language, ...(args[0] === "doctor" ? {} : APP.env) };
    return execa(process.execPath, [executable, ...args], {
      env: more,
      extendEnv: false,
      reject: false,
    });
  };
  await home.fob(["enroll", "-"], { input: HOTP_URI });
  await home.fob(["pin", "set"], APP);
  await run("de", "unlock");
  open = home;
  const sayings = async (language: string) => {
    const checks = JSON.parse((await run(language, "doctor", "--json")).stdout) as {
      check: string;
      message: string;
    }[];
    return checks.find(({ check }) => check === "vault")?.message;
  };
  const [english, pseudo] = [await sayings("en"), await sayings("de")];
  expect(english).not.toContain("⟦");
  expect(pseudo).toBe(english);
  // what a script reads is English in every language; what a person reads is theirs
  const failed = await run("de", "rename", "nobody", "x");
  expect(failed.stderr).toContain("⟦");
  expect((await run("en", "rename", "nobody", "x")).stderr).not.toContain("⟦");
  // an agent knows the words of a client, whatever it does for it
  const socket = await connectTo(
    JSON.parse((await run("en", "agent", "status", "--json")).stdout).socket,
  );
  const refusal = async (language?: string) =>
    JSON.parse(await socket.ask(JSON.stringify({ do: "code", name: "nobody", language }))).error;
  expect((await refusal("de")).local.message).toContain("⟦");
  expect([await refusal("en"), await refusal()]).toEqual([
    await refusal("xx"),
    expect.not.objectContaining({ local: expect.anything() }),
  ]);
  socket.socket.destroy();
});
