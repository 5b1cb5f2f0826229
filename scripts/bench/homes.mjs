// The data of the benchmark: homes that are thrown away, with secrets from a fixed sequence.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { drawQr } from "../draw-qr.mjs";
import { startEmulator } from "./emulator.mjs";

const FOB = fileURLToPath(new URL("../../bin/fob.js", import.meta.url));
const FLOOR = fileURLToPath(new URL("floor.cjs", import.meta.url));
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/**
 * One token in a hundred is event-based: `list` reads the counter of each of those from its own
 * file.
 */
const EVENT_BASED = 100;

/** The name of a time-based token in every home. */
const NAMED = "GitHub";

/** The name of a token that the TPM holds. */
const HELD = "in-the-chip";

/** The Node that runs fob. */
const nodeOf = { commands: process.execPath };

/**
 * Makes homes with 10, 100, 1,000 and 10,000 tokens that were used before, one whose 10,000 tokens
 * have tags and notes, one whose vault an agent holds behind an app PIN, and, where there is an
 * emulator, one with a token that a TPM holds. The Node that runs this makes them; commands in them
 * are run by `node`, which can be changed.
 */
export async function makeHomes() {
  const folder = mkdtempSync(join(tmpdir(), "fob-bench-"));
  const few = makeHome(join(folder, "few"), 10);
  const hundred = makeHome(join(folder, "hundred"), 100);
  const thousand = makeHome(join(folder, "thousand"), 1_000);
  const many = makeHome(join(folder, "many"), 10_000);
  const tagged = makeHome(join(folder, "tagged"), 10_000, taggedUriOf);
  const agent = makeHome(join(folder, "agent"), 10);
  // the second look finds what the first has prepared
  for (const { fob, env, timeBased } of [few, hundred, thousand, many, tagged]) {
    run(fob("code", timeBased), env);
    run(fob("code", "--all", "--json"), env);
  }
  const withPin = { ...agent.env, FOB_PIN: "83517" };
  run(agent.fob("pin", "set"), withPin);
  const { socket } = JSON.parse(run(agent.fob("unlock", "--json"), withPin));
  const emulator = startEmulator(folder);
  const held = emulator && { ...few, env: { ...few.env, ...emulator.env } };
  if (held) run(held.fob("enroll", "--hold", "tpm", "--quiet", "-"), held.env, heldUri());
  const picture = join(folder, "screenshot.png");
  const uri = `otpauth://totp/GitHub:ann?secret=${secretOf(1)}&issuer=GitHub`;
  const code = drawQr(uri, { moduleSize: 8, canvas: { width: 1_000, height: 1_000 } });
  writeFileSync(picture, await code.getBuffer("image/png"));
  return {
    few,
    hundred,
    thousand,
    many,
    tagged,
    agent: { ...agent, socket: String(socket) },
    /** A passcode of a token that the TPM holds; null where there is no emulator. */
    held: held && { command: held.fob("code", HELD), env: held.env },
    picture,
    secret: secretOf(2),
    folder,
    /** @param {string} node */
    runBy(node) {
      nodeOf.commands = node;
    },
    remove() {
      run(agent.fob("lock"), agent.env);
      emulator?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @param {string} home @param {number} count @param {(i: number) => string} uri */
function makeHome(home, count, uri = uriOf) {
  const env = environmentOf(home);
  const fob = (/** @type {string[]} */ ...args) => [nodeOf.commands, FOB, ...args];
  const file = `${home}.txt`;
  writeFileSync(file, Array.from({ length: count }, (_, i) => `${uri(i)}\n`).join(""));
  run(fob("import", "--quiet", file), env);
  const shown = run(fob("show", NAMED, "--json"), env);
  return {
    home,
    env,
    fob,
    /** A command line to be timed. @param {string[]} args */
    timed: (...args) => ({ command: fob(...args), env }),
    /** A bare Node. */
    bare: () => ({ command: [nodeOf.commands, "-e", "0"], env }),
    /** What `code NAME` cannot do without. */
    floor: () => ({ command: [nodeOf.commands, FLOOR, home, String(JSON.parse(shown).id)], env }),
    named: NAMED,
    id: String(JSON.parse(shown).id),
    timeBased: nameOf(count - 1),
    eventBased: nameOf(0),
  };
}

/**
 * The environment of the commands in a home: nothing that a person has set for fob counts.
 * @param {string} home
 * @returns {NodeJS.ProcessEnv}
 */
export function environmentOf(home) {
  const own = Object.entries(process.env).filter(
    ([name]) => name !== "NODE_EXTRA_CA_CERTS" && !name.startsWith("FOB_"),
  );
  const more = { FOB_HOME: home, FOB_KEYCHAIN: "file", FOB_AGENT_SOCK: "", FOB_PIN: "" };
  return { ...Object.fromEntries(own), ...more, FOB_NO_INPUT: "1" };
}

function heldUri() {
  return `otpauth://totp/${HELD}:user?secret=${secretOf(3)}&issuer=${HELD}`;
}

/** The URI of a token: one in a hundred is event-based. @param {number} i */
export function uriOf(i) {
  const kind = i % EVENT_BASED === 0 ? "hotp" : "totp";
  return `otpauth://${kind}/${nameOf(i)}:user${i}?secret=${secretOf(i)}&issuer=${nameOf(i)}&counter=0`;
}

/** {@link uriOf} as Ente writes it, with tags and a note. @param {number} i */
function taggedUriOf(i) {
  const display = { tags: [i % 10 === 0 ? "work" : "home", "all"], note: `the note of ${i}` };
  return `${uriOf(i)}&codeDisplay=${encodeURIComponent(JSON.stringify(display))}`;
}

/** @param {number} i */
function nameOf(i) {
  return i === 5 ? NAMED : `issuer-${i}`;
}

/** 160 bits by a linear congruence: the same in every run. @param {number} i */
function secretOf(i) {
  let state = i + 1;
  return Array.from({ length: 32 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return LETTERS[(state >>> 16) & 31];
  }).join("");
}

/** @param {readonly string[]} command @param {NodeJS.ProcessEnv} env @param {string} [input] */
function run([program = "", ...args], env, input = "") {
  const { status, stdout, stderr } = spawnSync(program, args, {
    env,
    input,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`${args.join(" ")} failed: ${stderr}`);
  return stdout;
}
