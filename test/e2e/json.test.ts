import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMANDS } from "#commands/commands.ts";
import { linkIn } from "#platform/agent/agent-socket.ts";
import { documentSchemas } from "../../scripts/json-docs.mjs";
import { PrivacyIdeaServer } from "../push/privacyidea-server.ts";
import { HOTP_URI, RFC_CODES, RFC_SECRET, type Surroundings, TOTP_URI, testHome } from "./fob.ts";
import { readSchema, SCHEMA_NAMES, schemaName, violations } from "./schemas.ts";

/** Commands that print no data of their own. */
const SILENT = ["run", "agent serve"];

/**
 * Commands whose output the tests of the fingerprint reader hold against their schemas, because
 * they need one.
 */
const WITH_SENSOR = ["biometric enable", "biometric test"];

/**
 * Commands whose output other tests hold against their schemas, because they need a server
 * and a device, or a chip.
 */
const WITH_DEVICE = ["lab push", "hold"];

/**
 * Commands whose output the tests of links hold against their schemas: they need a person, or
 * change what a throw-away home does not hold on every system.
 */
const WITH_LINKS = ["link install", "link remove", "link open"];

/** Commands whose output the tests of sync hold against their schemas: they need two homes. */
const WITH_TWO_HOMES = ["sync join", "sync move", "sync remove"];

const OCRA_URI = `otpauth://ocra/Bank?secret=${RFC_SECRET}&suite=OCRA-1%3AHOTP-SHA1-6%3AC-QN08&counter=0`;
const BIG_URI = `otpauth://hotp/Big?secret=${RFC_SECRET}&counter=${2n ** 53n}`;
const ACTIVATION = Buffer.from(
  "EnrollmentURL=https://acme.test/dskpp\nUserId=ann\nPassphrase=1234\n",
).toString("base64");
const PIN = { env: { FOB_PIN: "83517" } };

/** Every command line that is tried, in this order: some need what those before them have done. */
function commandLines(
  folder: string,
  invitation: string,
): [command: string, args?: readonly string[], more?: Surroundings][] {
  const file = (name: string) => join(folder, name);
  return [
    ["agent status"],
    ["restore"],
    ["config set", ["clipboard.clear-after", "60"]],
    ["config get", ["clipboard.clear-after"]],
    ["config list"],
    ["config unset", ["clipboard.clear-after"]],
    ["enroll", ["-", "--dry-run"], { input: [TOTP_URI, OCRA_URI].join("\n") }],
    ["enroll", ["-", "--dry-run"], { input: ACTIVATION }],
    ["enroll", ["-"], { input: [TOTP_URI, HOTP_URI, OCRA_URI, BIG_URI].join("\n") }],
    ["enroll", ["-"], { input: `motp://Old:ann?secret=${"ab".repeat(8)}` }],
    [
      "enroll",
      ["-"],
      {
        input: TOTP_URI.replace("Example:bob", "Two:Step").replace(
          "&digits",
          "&2step_salt=8&digits",
        ),
      },
    ],
    ["list"],
    ["list", ["--codes"]],
    ["show", ["Bank"]],
    ["code", ["Example"]],
    ["code", ["Big"]],
    ["code", ["--all"]],
    ["code", ["ACME", "Example"]],
    ["code", ["Old"], { env: { FOB_PIN: "1234" } }],
    ["challenge", ["Bank", "00000000"]],
    ["verify", ["Example", "94287082", "--at", "@59"]],
    ["verify", ["ACME", RFC_CODES[2] ?? ""]],
    ["verify", ["ACME", "000000"]],
    ["inspect", ["-"], { input: TOTP_URI }],
    ["inspect", ["-"], { input: ACTIVATION }],
    ["inspect", ["-"], { input: "good morning" }],
    ["provision", ["totp", "--account", "ann"]],
    ["provision", ["hotp", "--csv", file("staff.csv")]],
    ["export", ["Example"]],
    ["export", ["Example", "--output", file("export.txt")]],
    ["backup", [file("backup.age")], { env: { FOB_PIN: "a long passphrase" } }],
    ["backup", ["-"], { env: { FOB_PIN: "a long passphrase" } }],
    ["rename", ["Big", "Large"]],
    ["favorite", ["Large"]],
    ["tag", ["Large", "work", "home"]],
    ["untag", ["Large", "home"]],
    ["note", ["Large", "-"], { input: "in the safe" }],
    ["show", ["Large", "--note"]],
    ["codes add", ["Large", "-"], { input: "1. ab12-cd34\n2. ef56-gh78" }],
    ["codes", ["Large"]],
    ["codes list"],
    ["enroll", ["--codes", "-", "--name", "paper"], { input: "1. 111111\n2. 222222\n3. 333333" }],
    ["code", ["paper"]],
    ["challenge", ["paper", "3"]],
    ["show", ["paper"]],
    ["list", ["paper"]],
    ["resync", ["ACME", RFC_CODES[3] ?? "", RFC_CODES[4] ?? ""]],
    ["access confirm", ["Large", "others"]],
    ["access domain", ["Large", "none"]],
    ["access grant", ["ci", "--token", "ACME"]],
    ["access grant", ["for ever", "--token", "ACME", "--expires", "never"]],
    ["access grant", ["deploy", "--token", "ACME", "--confirm"]],
    ["access list"],
    ["access log"],
    ["access revoke", ["ci"]],
    ["remove", ["Example", "Large", "--yes"]],
    ["import", [file("export.txt"), "--dry-run"]],
    ["import", [file("export.txt")]],
    ["restore"],
    ["restore", ["Large"]],
    ["restore", [file("backup.age")], { env: { FOB_PIN: "a long passphrase" } }],
    ["agent start"],
    ["agent status"],
    ["agent stop"],
    ["agent install", ["--dry-run"]],
    ["agent remove", ["--dry-run"]],
    ["enroll", ["-", "--dry-run"], { input: invitation }],
    ["enroll", ["-"], { input: invitation }],
    ["sync init", [file("remote.git"), "--name", "laptop"]],
    ["sync add", ["Example"]],
    ["sync invite"],
    ["sync"],
    ["sync members"],
    ["sync status"],
    ["sync leave", ["--yes"]],
    ["push list"],
    ["push approve", ["--yes"]],
    ["push deny"],
    ["push deny", ["--all"]],
    ["push history"],
    ["push listen", ["--once"]],
    ["biometric status"],
    ["pin status"],
    ["pin set", ["ACME", "--keep-grants"], PIN],
    ["pin status", ["ACME"]],
    ["biometric disable", ["ACME"]],
    ["pin change", ["ACME"], { env: { FOB_PIN: "83517\n26914\n26914" } }],
    ["pin remove", ["ACME"], { env: { FOB_PIN: "26914" } }],
    ["pin set", [], PIN],
    ["pin status"],
    ["unlock", [], PIN],
    ["lock"],
    ["completion", ["fish"]],
    ["shellenv", ["bash"]],
    ["config set", ["askpass.rules", "Code* => ACME"]],
    ["askpass", ["Code: "], PIN],
    ["link status"],
    ["doctor", [], PIN],
    ["keychain move", ["none"], { env: { FOB_PIN: "83517\nsix heavy wooden chairs" } }],
    ["lab user add", ["ann"]],
    ["lab issue", ["push", "--user", "ann"]],
    ["lab issue", ["totp", "--user", "ann", "--qr", file("lab.svg")]],
    ["lab user list"],
    ["lab user unlock", ["ann"]],
    ["lab log"],
    ["lab serve", ["--port", "0", "--for", "1s"]],
  ];
}

describe("--json", () => {
  const printed: { command: string; line: string; stdout: string; stderr: string }[] = [];
  const cleanups: (() => void)[] = [];
  afterAll(() => {
    for (const cleanup of cleanups) cleanup();
  });

  beforeAll(async () => {
    const { home, fob } = testHome((remove) => cleanups.push(remove));
    writeFileSync(join(home, "staff.csv"), "account\nann\nbob\n");
    // only a systemd of this user could have written them
    const units = join(home, ".config/systemd/user");
    mkdirSync(units, { recursive: true });
    writeFileSync(join(units, `fob-agent-${basename(linkIn("", home)).slice(0, 8)}.socket`), "");
    const server = await PrivacyIdeaServer.start((end) => cleanups.push(end));
    server.intercept = () => {
      if (server.challenges.length === 0) server.challenge();
      return false;
    };
    for (const [command, args = [], more] of commandLines(home, server.invitation())) {
      const { stdout, stderr } = await fob([...command.split(" "), ...args, "--json"], more);
      printed.push({ command, line: [command, ...args].join(" "), stdout, stderr });
    }
    await fob(["lock"]);
  }, 240_000);

  test.each(
    Object.keys(COMMANDS).filter(
      (name) =>
        ![...SILENT, ...WITH_SENSOR, ...WITH_DEVICE, ...WITH_LINKS, ...WITH_TWO_HOMES].includes(
          name,
        ),
    ),
  )("of `fob %s` prints what its schema says", (name) => {
    const own = printed.filter(({ command, stdout }) => command === name && stdout !== "");
    expect(own, printed.find(({ command }) => command === name)?.stderr).not.toEqual([]);
    for (const { line, stdout } of own)
      expect(violations(schemaName(name), JSON.parse(stdout)), line).toEqual([]);
  });

  test("leaves nothing on standard error but one object a line, an error or a remark", () => {
    const said = printed.flatMap(({ line, stderr }) =>
      stderr.split("\n").flatMap((text) => (text === "" ? [] : [{ line, said: JSON.parse(text) }])),
    );
    expect(said.length).toBeGreaterThan(10);
    for (const one of said)
      expect(violations("error" in one.said ? "error" : "remark", one.said), one.line).toEqual([]);
  });

  test("has a result for every line but one: there was nothing to restore yet", () => {
    expect(printed.filter(({ stdout }) => stdout === "").map(({ line }) => line)).toEqual([
      "restore",
    ]);
  });

  test.each(["code", "verify", "agent status", "provision", "restore"])(
    "of `fob %s` takes every form of its schema",
    (name) => {
      const values = printed.filter(({ command, stdout }) => command === name && stdout !== "");
      const shapes = values
        .map(({ stdout }) => JSON.parse(stdout))
        .map((value) => Object.keys([value].flat()[0]).join());
      expect(new Set(shapes).size).toBeGreaterThanOrEqual(
        name === "code" ? 2 : readSchema(schemaName(name))["anyOf"].length,
      );
    },
  );

  test.each([
    [["frobnicate"], 2],
    [["code", "nix"], 3],
    [["code"], 5],
    [["inspect"], 5],
    [["config", "get", "colour"], 2],
  ])("says the error of %j as its schema says, in one line", async (args, exitCode) => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: TOTP_URI });
    const outcome = await fob([...args, "--json"]);
    expect({ ...outcome, lines: outcome.stderr.split("\n").length }).toMatchObject({
      stdout: "",
      exitCode,
      lines: 2,
    });
    expect(violations("error", JSON.parse(outcome.stderr))).toEqual([]);
  });
});

describe("the schemas", () => {
  test("are there for every command that prints data, and for no other", () => {
    const needed = Object.keys(COMMANDS).filter((name) => !SILENT.includes(name));
    const others = ["config", "definitions", "error", "remark"];
    expect([...SCHEMA_NAMES].sort()).toEqual([...needed.map(schemaName), ...others].sort());
  });

  test.each(SCHEMA_NAMES.filter((name) => name !== "config" && name !== "definitions"))(
    "%s has examples of what it describes, and refuses other things",
    (name) => {
      const { examples } = readSchema(name);
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) expect(violations(name, example)).toEqual([]);
      for (const wrong of [null, "text", { surprise: true }, [{ surprise: true }]]) {
        expect(violations(name, wrong)).not.toEqual([]);
      }
    },
  );

  test("are what docs/json.md describes (npm run docs:json writes it)", () => {
    expect(readFileSync(new URL("../../docs/json.md", import.meta.url), "utf8")).toBe(
      documentSchemas(),
    );
  });
});
