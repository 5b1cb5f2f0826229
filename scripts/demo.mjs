// The main job, for real, in a home that is thrown away at the end: the built program is called as
// a person would call it.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { drawQr } from "./draw-qr.mjs";

const FOB = fileURLToPath(new URL("../bin/fob.js", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "fob-demo-"));
const env = { ...process.env, FOB_HOME: home, FOB_KEYCHAIN: "file", FOB_PIN: "", FOB_PIN_FILE: "" };

/** @type {import("node:child_process").ChildProcess | null} */
let lab = null;

try {
  await show();
} finally {
  tidy();
}

async function show() {
  say("fob at work, in a throw-away home. Every line after $ is a real call of the program.");

  say(
    "Enroll a token from an activation code, given on standard input so that no history keeps it:",
  );
  fob(["enroll", "--name", "vpn", "-"], { input: "XUU75-RROTT-Y5IP6-U3BMV" });

  say("Enroll another one from a picture of a QR code:");
  const picture = join(home, "screenshot.png");
  const uri = "otpauth://totp/GitHub:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=GitHub";
  writeFileSync(picture, await drawQr(uri).getBuffer("image/png"));
  fob(["enroll", "--qr", picture]);

  say("And one that answers challenges:");
  const suite = encodeURIComponent("OCRA-1:HOTP-SHA1-6:QN08");
  fob(["enroll", "-"], {
    input: `otpauth://ocra/Bank:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&suite=${suite}&issuer=Bank`,
  });

  say("What is there now:");
  fob(["list"]);

  say("A time-based passcode, and an event-based one, which is different every time:");
  fob(["code", "github"]);
  fob(["code", "vpn"]);
  fob(["code", "vpn"]);

  say("The answer to a challenge:");
  fob(["challenge", "bank", "11111111"]);

  say("A PIN for the vpn token. A wrong one is refused, and counted:");
  fob(["pin", "set", "vpn", "--pin-file", "-"], { input: "4711" });
  fob(["code", "vpn", "--pin-file", "-"], { input: "1704", exitCode: 4 });
  fob(["code", "vpn", "--pin-file", "-"], { input: "4711" });

  say(
    "Now with a server: fob's own lab, on this machine alone. It knows ann, and gives her an activation string:",
  );
  await startLab();
  fob(["lab", "user", "add", "ann"]);
  const activation = output(["lab", "issue", "activation", "--user", "ann", "--quiet"]);
  fob(["enroll", "--name", "intranet", "-"], { input: activation });
  fob(["code", "intranet"]);

  say("And a token for login requests, whose key is made here:");
  fob(["enroll", "--name", "login", "-"], {
    input: output(["lab", "issue", "push", "--user", "ann", "--quiet"]),
  });

  say("Somebody logs in as ann. The request is shown, approved, and the lab lets her in:");
  const login = fobMeanwhile([
    "lab",
    "push",
    "ann",
    "--question",
    "Log in at the intranet?",
    "--wait",
    "60",
  ]);
  await waiting();
  fob(["push", "list"]);
  fob(["push", "approve", "--yes"]);
  if ((await login) !== 0) fail("the lab heard no approval");

  say("That was all real; the home is gone now. For daily use:");
  console.log("  npm run install:global    # puts fob on your PATH");
  console.log("  fob enroll                # asks for an enrollment string without showing it");
  console.log("  fob code NAME             # prints the passcode");
}

/**
 * Runs the program and shows the call and what came of it. Anything but the expected exit code ends
 * the demonstration.
 * @param {string[]} args
 * @param {{ input?: string, exitCode?: number }} [run]
 */
function fob(args, { input = "", exitCode = 0 } = {}) {
  const shown = args.map((arg) => (/^[\w./:-]+$/.test(arg) ? arg : `'${arg}'`)).join(" ");
  console.log(`$ ${input ? "... | " : ""}fob ${shown}`);
  const { status } = spawnSync(process.execPath, [FOB, ...args], {
    env,
    input,
    stdio: ["pipe", "inherit", "inherit"],
  });
  if (status !== exitCode) fail(`exit code ${status} instead of ${exitCode}`);
}

/**
 * What the program prints; the call is not shown.
 * @param {string[]} args
 */
function output(args) {
  const { status, stdout } = spawnSync(process.execPath, [FOB, ...args], { env, encoding: "utf8" });
  if (status !== 0) fail(`exit code ${status} of fob ${args.join(" ")}`);
  return stdout;
}

/**
 * Runs the program beside others, silently, and resolves with its exit code.
 * @param {string[]} args
 * @returns {Promise<number | null>}
 */
async function fobMeanwhile(args) {
  const [exitCode] = await once(
    spawn(process.execPath, [FOB, ...args], { env, stdio: "ignore" }),
    "exit",
  );
  return exitCode;
}

/** Starts the lab's server, which ends with the demonstration, and by itself after five minutes. */
async function startLab() {
  const server = spawn(process.execPath, [FOB, "lab", "serve", "--port", "0", "--for", "5m"], {
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  lab = server;
  const [url] = await once(server.stdout, "data");
  console.log(`$ fob lab serve\n${String(url).trim()}`);
}

/** Until a login request waits for an answer. */
async function waiting() {
  for (let looks = 0; looks < 100; looks++) {
    if (output(["push", "list", "--json"]).trim() !== "[]") return;
  }
  fail("no login request came");
}

/**
 * @param {string} reason
 * @returns {never}
 */
function fail(reason) {
  console.error(`the demonstration failed: ${reason}`);
  tidy();
  process.exit(1);
}

function tidy() {
  lab?.kill();
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}

/** @param {string} text */
function say(text) {
  console.log(`\n${text}`);
}
