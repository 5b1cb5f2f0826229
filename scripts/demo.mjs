// The main job, for real, in a home that is thrown away at the end: the built program is called as a person would call it.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { drawQr } from "./draw-qr.mjs";

const FOB = fileURLToPath(new URL("../bin/fob.js", import.meta.url));
const home = mkdtempSync(join(tmpdir(), "fob-demo-"));
const env = { ...process.env, FOB_HOME: home, FOB_KEYCHAIN: "file", FOB_PIN: "", FOB_PIN_FILE: "" };

try {
  await show();
} finally {
  rmSync(home, { recursive: true, force: true });
}

async function show() {
  say("fob at work, in a throw-away home. Every line after $ is a real call of the program.");

  say("Enroll a token from an activation code, given on standard input so that no history keeps it:");
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

  say("That was all real; the home is gone now. For daily use:");
  console.log("  npm install -g .          # puts fob on your PATH");
  console.log("  fob enroll                # asks for an enrollment string without showing it");
  console.log("  fob code NAME             # prints the passcode");
}

/**
 * Runs the program and shows the call and what came of it. Anything but the expected exit code ends the demonstration.
 * @param {string[]} args
 * @param {{ input?: string, exitCode?: number }} [run]
 */
function fob(args, { input = "", exitCode = 0 } = {}) {
  const shown = args.map((arg) => (/^[\w./:-]+$/.test(arg) ? arg : `'${arg}'`)).join(" ");
  console.log(`$ ${input ? "... | " : ""}fob ${shown}`);
  const { status } = spawnSync(process.execPath, [FOB, ...args], { env, input, stdio: ["pipe", "inherit", "inherit"] });
  if (status === exitCode) return;
  console.error(`the demonstration failed: exit code ${status} instead of ${exitCode}`);
  rmSync(home, { recursive: true, force: true });
  process.exit(1);
}

/** @param {string} text */
function say(text) {
  console.log(`\n${text}`);
}
