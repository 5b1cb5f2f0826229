import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { encodeBase32 } from "#token/base32.ts";
import { filesBelow, testHome } from "./fob.ts";

const SHIM = fileURLToPath(new URL("spawn-shim.cjs", import.meta.url));

/** A secret in every form in which it could leak. */
function formsOf(secret: Buffer): string[] {
  const base64 = secret.toString("base64");
  const forms = [
    encodeBase32(secret),
    secret.toString("hex"),
    base64,
    secret.toString("base64url"),
  ];
  return [...forms, ...forms.map((form) => form.toLowerCase()), secret.toString("latin1")];
}

const TOKEN_PIN = "p1n-of-the-token";
const APP_PIN = "p1n-of-the-app!!";
const PASSPHRASE = "passphrase of the backup";
const PINS = [TOKEN_PIN, APP_PIN, PASSPHRASE];

test("no secret is in output, errors, traces, arguments, environments or files", {
  timeout: 120_000,
}, async () => {
  const { home, fob } = testHome();
  onTestFinished(async () => void (await fob(["lock"])));
  const secret = randomBytes(20);
  const text = encodeBase32(secret);
  const spawned = join(home, "spawned.log");
  const said: string[] = [];
  const run = async (
    args: readonly string[],
    { input = "", pins = [] as readonly string[], grant = "" } = {},
  ) => {
    const env = {
      ...{ FOB_DEBUG: "1", NODE_OPTIONS: `--require ${SHIM}`, SPAWN_LOG: spawned },
      ...(pins.length > 0 ? { FOB_PIN: pins.join("\n") } : {}),
      ...(grant === "" ? {} : { FOB_GRANT: grant }),
    };
    const outcome = await fob(args, { input, env });
    said.push(`${args.join(" ")}: ${outcome.exitCode}\n${outcome.stdout}\n${outcome.stderr}`);
    return outcome;
  };
  /**
   * Sets a PIN in this process again: the real costs of the program's own are paid twice at most.
   */
  const setAgain = async (args: readonly string[], pin: string) => {
    const env = { FOB_PIN: pin };
    expect(await fob(["pin", "remove", ...args], { env })).toMatchObject({ exitCode: 0 });
    expect(await fob(["pin", "set", ...args], { env })).toMatchObject({ exitCode: 0 });
  };
  const uri = (name: string, kind = "hotp") =>
    `otpauth://${kind}/${name}:ann?secret=${text}&issuer=${name}&counter=0`;
  const suite = `&suite=${encodeURIComponent("OCRA-1:HOTP-SHA1-6:QN08")}`;

  await run(["enroll", "-"], {
    input: [uri("ACME"), uri("Time", "totp"), `${uri("Bank", "ocra")}${suite}`].join("\n"),
  });
  const picture = join(home, "large.png");
  await fob(["export", "ACME", "--qr", picture, "--yes"]);
  // larger than what is read at once: a process of its own decodes it
  writeFileSync(
    join(home, "padded.png"),
    Buffer.concat([readFileSync(picture), Buffer.alloc(3_000_000)]),
  );
  await run(["inspect", "--qr", join(home, "padded.png"), "--json"]);
  await run(["inspect", "-"], { input: uri("Inspected") });
  await run(["enroll", "-", "--json"], { input: `${uri("Bad")}&digits=99` });
  await run(["enroll", "-"], { input: `otpauth://hotp/x?secret=${text}!` });
  await run(["enroll", "-", "--dry-run"], { input: text });
  await run(["pin", "set", "ACME"], { pins: [TOKEN_PIN] });
  await setAgain(["ACME"], TOKEN_PIN);
  await run(["pin", "set", "Time"], { pins: ["1234"] });
  await run(["code", "ACME"], { pins: [TOKEN_PIN] });
  await run(["code", "ACME"], { pins: [APP_PIN] });
  await run(["run", "--token", "ACME", "--", "true"], { pins: [TOKEN_PIN] });
  await run(["code", "Time", "--copy"]);
  await run(["code", "--all", "--json"]);
  await run(["challenge", "Bank", "00000000", "--json"]);
  await run(["verify", "Time", "123456", "--json"]);
  await run(["list", "--codes", "--json"]);
  await run(["show", "ACME", "--json"]);
  const grant = (await fob(["access", "grant", "ci", "--token", "Time"])).stdout.trim();
  await run(["code", "Time"], { grant });
  await run(["code", "ACME"], { grant });
  await run(["access", "list", "--json"]);
  await run(["pin", "set", "--quiet"], { pins: [APP_PIN] });
  // the recovery code is shown this once: that is its purpose
  said.pop();
  await setAgain([], APP_PIN);
  await run(["unlock"], { pins: [APP_PIN] });
  await run(["agent", "status", "--json"]);
  await run(["code", "ACME"], { pins: [TOKEN_PIN] });
  await run(["code", "ACME"], { pins: ["wrong-one"] });
  await run(["backup", join(home, "backup.age")], { pins: [APP_PIN, TOKEN_PIN, PASSPHRASE] });
  await run(["restore", join(home, "backup.age")], { pins: [APP_PIN, "wrong passphrase"] });
  await run(["biometric", "test"]);
  await run(["doctor", "--json"], { pins: [APP_PIN] });
  await run(["rename", "Bank", "Renamed"], { pins: [APP_PIN] });
  await run(["remove", "Renamed", "--yes"], { pins: [APP_PIN] });
  await run(["pin", "status", "ACME", "--json"], { pins: [APP_PIN] });

  const planted = [...formsOf(secret), ...PINS, grant];
  const searched: [string, string][] = [
    ...said.map((what): [string, string] => [what, what]),
    ["what was started", readFileSync(spawned, "utf8")],
    ...filesBelow(home)
      .filter((path) => !/\.png$/.test(path))
      .map((path): [string, string] => [path, readFileSync(path, "latin1")]),
  ];
  for (const [where, content] of searched) {
    for (const one of planted)
      expect(content.includes(one), `${JSON.stringify(one.slice(0, 4))}... in ${where}`).toBe(
        false,
      );
  }
  // the search would find one, and there was something to search
  expect(readFileSync(spawned, "utf8")).toMatch(/decode-picture[\s\S]*serve-agent/);
  expect(existsSync(join(home, "backup.age"))).toBe(true);
  expect(said.join("\n")).toContain("ACME");
});
