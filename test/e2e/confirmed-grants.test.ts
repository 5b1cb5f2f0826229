import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readCell } from "#vault/cells/cell.ts";
import { encryptingSeal } from "#vault/cells/sealing.ts";
import { grantKey, keyOfHalves, parseGrantSecret } from "#vault/grants/grant-secret.ts";
import { connectTo } from "../agent/agent.ts";
import {
  HOTP_URI,
  homesLike,
  homesToLock,
  RFC_CODES,
  type TestHome,
  TOTP_URI,
  testHome,
} from "./fob.ts";

const PIN = { env: { FOB_PIN: "83517" } };

const locked = homesToLock();

const prepared = homesLike(async ({ fob }) => {
  await fob(["enroll", "-"], { input: [HOTP_URI, TOTP_URI].join("\n") });
  await fob(["pin", "set", "ACME"], PIN);
});

/** A home whose questions a script answers as a person at a desktop would. */
async function enrolled() {
  const home = locked(await prepared());
  const at = (name: string) => join(home.home, name);
  writeFileSync(
    at("pinentry"),
    `#!/bin/sh
echo OK
while read -r line; do
  echo "$line" >>'${at("heard")}'
  case $line in
    CONFIRM*) cat '${at("answer")}';;
    BYE*) exit 0;;
    *) echo OK;;
  esac
done
`,
  );
  chmodSync(at("pinentry"), 0o700);
  writeFileSync(at("heard"), "");
  const say = (answer: "yes" | "no") =>
    writeFileSync(at("answer"), answer === "yes" ? "OK\n" : "ERR 83886194 Not confirmed\n");
  say("yes");
  await home.fob(["config", "set", "pinentry.program", at("pinentry")]);
  const unlock = async () => {
    const env = { DISPLAY: ":99", XDG_RUNTIME_DIR: home.home, DBUS_SESSION_BUS_ADDRESS: "none:" };
    const { stdout } = await home.fob(["unlock", "--json"], { env });
    return JSON.parse(stdout) as { readonly socket: string };
  };
  const questions = () =>
    readFileSync(at("heard"), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("SETDESC"));
  return { ...home, say, unlock, questions };
}

async function confirmedGrant({ fob }: TestHome, ...args: readonly string[]): Promise<string> {
  const made = await fob(["access", "grant", "ci", "--token", "ACME", "--confirm", ...args], PIN);
  expect(made).toMatchObject({ exitCode: 0 });
  return made.stdout.trim();
}

const withGrant = (grant: string) => ({ env: { FOB_GRANT: grant } });

test("a grant with --confirm opens its token, without its PIN, when a person agrees", async () => {
  const home = await enrolled();
  const grant = await confirmedGrant(home);
  expect(grant).toMatch(/^fobgrant_confirm_[0-9a-f]{16}_[\w-]{43}$/);
  const use = (...args: readonly string[]) => home.fob(args, withGrant(grant));
  expect(await use("code", "ACME")).toMatchObject({
    exitCode: 5,
    stdout: "",
    stderr:
      "fob: this grant asks a person, and no agent holds the vault\nhint: `fob unlock` starts the agent, which asks\n",
  });
  await home.unlock();
  expect(await use("code", "ACME")).toEqual({
    exitCode: 0,
    stdout: `${RFC_CODES[0]}\n`,
    stderr: "",
  });
  expect(home.questions()).toEqual([
    expect.stringMatching(
      /Token: ACME%0AProgram: .*%0AGrant: ci%0AAsked in the last hour: 0 times$/,
    ),
  ]);
  const ran = await use("run", "--token", "ACME", "--", "sh", "-c", 'test -n "$FOB_CODE"');
  expect(ran).toMatchObject({ exitCode: 0 });
  expect(home.questions()).toHaveLength(2);
  // what gives no passcode asks nobody
  expect(await use("list")).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^ACME/) });
  for (const args of [
    ["code", "Example"],
    ["challenge", "ACME", "00000000"],
    ["rename", "ACME", "x"],
    ["push", "list"],
  ])
    expect(await use(...args), args.join(" ")).toMatchObject({ exitCode: 4, stdout: "" });
  expect(home.questions()).toHaveLength(2);
  home.say("no");
  expect(await use("code", "ACME")).toMatchObject({
    exitCode: 4,
    stderr: "fob: nobody agreed that ACME is used\n",
  });
  // as for other grants: no grant gives a PIN
  await home.fob(["access", "domain", "ACME", "pin"], PIN);
  expect(await use("code", "ACME")).toMatchObject({ exitCode: 5, stdout: "" });
  await home.fob(["access", "domain", "ACME", "full"], PIN);
  // a denied request has not moved the counter on
  expect((await home.fob(["code", "ACME"], PIN)).stdout).toBe(`${RFC_CODES[2]}\n`);
});

test("it ends when it is revoked, as by a new PIN of its token", async () => {
  const home = await enrolled();
  const { stdout: grant } = await home.fob([
    "access",
    "grant",
    "ci",
    "--token",
    "Example",
    "--confirm",
  ]);
  expect((await home.fob(["access", "list"])).stdout).toMatch(
    /^ci\tExample\tcode\t.*\tbefore use\n$/,
  );
  await home.unlock();
  const guarded = await home.fob(["pin", "set", "Example", "--revoke-grants"], PIN);
  expect(guarded).toMatchObject({ exitCode: 0 });
  expect((await home.fob(["access", "list", "--json"])).stdout).toBe("[]\n");
  expect(await home.fob(["code", "Example"], withGrant(grant.trim()))).toMatchObject({
    exitCode: 4,
    stderr: expect.stringMatching(/^fob: the grant was revoked, or is of another vault\n/),
  });
  expect(home.questions()).toEqual([]);
});

test("the vault's files and the grant together open nothing without the vault's key", async () => {
  const home = await enrolled();
  const grant = await confirmedGrant(home);
  const copy = testHome();
  cpSync(join(home.home, "vault"), join(copy.home, "vault"), { recursive: true });
  const { id, secret } = parseGrantSecret(grant);
  const whole = `fobgrant_${id}_${secret.toString("base64url")}`;
  for (const text of [grant, whole]) {
    const told = await copy.fob(["code", "ACME"], withGrant(text));
    expect(told).toMatchObject({ exitCode: text === grant ? 5 : 4, stdout: "" });
  }
  // every key that can be made of the text, tried on every file
  const keys = [
    secret,
    grantKey({ id, secret }),
    keyOfHalves({ id, secret }, Buffer.alloc(32)),
    keyOfHalves({ id, secret }, Buffer.alloc(0)),
    keyOfHalves({ id, secret }, secret),
  ];
  const vaultId = idOfVault(copy);
  const grants = join(copy.home, "vault/grants");
  const cells = readdirSync(grants);
  expect(cells).toHaveLength(1);
  for (const name of cells) {
    for (const key of keys) {
      const cell = {
        folder: join(grants, name),
        identity: `${vaultId}/grants/${id}`,
        seal: encryptingSeal(key),
      };
      expect(() => readCell(cell)).toThrow();
    }
  }
  const list = join(copy.home, "vault/grant-list");
  for (const key of keys) {
    const seal = encryptingSeal(key);
    expect(() => readCell({ folder: list, identity: `${vaultId}/grant-list`, seal })).toThrow();
  }
});

function idOfVault({ home }: TestHome): string {
  const folder = join(home, "vault/header");
  const text = readFileSync(join(folder, String(readdirSync(folder)[0])), "latin1");
  return /"id":"([0-9a-f]{32})"/.exec(text)?.[1] ?? "";
}

test("it cannot be exported, nor be for login requests", async () => {
  const { fob, home } = await enrolled();
  const make = (...more: readonly string[]) =>
    fob(["access", "grant", "ci", "--token", "Example", "--confirm", ...more]);
  for (const more of [
    ["--export", join(home, "job")],
    ["--rights", "code,push"],
  ])
    expect(await make(...more)).toMatchObject({ exitCode: 2, stdout: "" });
  expect((await fob(["access", "list", "--json"])).stdout).toBe("[]\n");
});

test("a connection that has shown a grant has nothing else, and many at once are one question", async () => {
  const home = await enrolled();
  const grant = await confirmedGrant(home);
  const { socket } = await home.unlock();
  home.say("no");
  const clients = await Promise.all(Array.from({ length: 40 }, () => connectTo(socket)));
  onTestFinished(() => {
    for (const client of clients) client.socket.destroy();
  });
  const shown = clients.map(({ ask }) => ask(JSON.stringify({ do: "grant", grant })));
  expect(new Set(await Promise.all(shown))).toEqual(
    new Set([JSON.stringify({ ok: { label: "ci", rights: ["code"] } })]),
  );
  const codes = clients.map(({ ask }) => ask(JSON.stringify({ do: "code", name: "ACME" })));
  // a passcode of another token is not kept waiting by the questions
  const other = await connectTo(socket);
  expect(await other.ask("code Example")).toMatch(/^ok \d{8}$/);
  other.socket.destroy();
  for (const reply of await Promise.all(codes))
    expect(JSON.parse(reply).error).toMatchObject({ code: "denied" });
  expect(home.questions()).toHaveLength(1);
  const [client] = clients;
  for (const line of [
    "code Example",
    JSON.stringify({ do: "code", name: "Example" }),
    JSON.stringify({ do: "look", name: "Example" }),
    JSON.stringify({ do: "command", name: "access list", input: {}, interactive: false }),
    JSON.stringify({ do: "push-list" }),
    JSON.stringify({ do: "grant", grant }),
  ])
    expect(await client?.ask(line), line).toMatch(/denied/);
  rmSync(join(home.home, "answer"));
});
