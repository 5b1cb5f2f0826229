// Draws docs/fob.svg: a real run of the built program in a real terminal (tmux), screen by screen,
// as an animated picture.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { drawQr } from "./draw-qr.mjs";
import { drawScreens } from "./terminal-picture.mjs";

const FOB = fileURLToPath(new URL("../bin/fob.js", import.meta.url));
const SIZE = { columns: 80, rows: 22 };

const PROMPT = /^\$ $/m;

/**
 * What is typed, or which key is pressed, what the screen must show then, and for how many seconds
 * it is shown here.
 */
const SCRIPT = [
  { text: "fob enroll --qr screenshot.png", shows: PROMPT, seconds: 2 },
  { text: "fob list", shows: PROMPT, seconds: 3 },
  { text: "fob code github", shows: PROMPT, seconds: 2 },
  { text: "fob challenge bank 48201795", shows: PROMPT, seconds: 2 },
  { text: "fob code vpn   # asks for its PIN", shows: /PIN for vpn/, seconds: 2 },
  { text: "4718", isHidden: true, shows: PROMPT, seconds: 2 },
  { text: "fob list --codes --watch", shows: /\d{3} \d{3}/, seconds: 3 },
  { key: "h", shows: /GitHub/, seconds: 2 },
  { key: "Enter", shows: /GitHub/, seconds: 2 },
];

const folder = mkdtempSync(join(tmpdir(), "fob-record-"));
const socket = join(folder, "tmux");

/** @param {string[]} args */
function tmux(...args) {
  return execFileSync("tmux", ["-S", socket, "-f", "/dev/null", ...args], { encoding: "utf8" });
}

try {
  await prepare();
  const screens = await record();
  // the fullest screen first: it is what one sees before the picture moves, or when it does not
  screens.unshift(...screens.splice(screens.findIndex(({ lines }) => isFullest(lines))));
  const path = fileURLToPath(new URL("../docs/fob.svg", import.meta.url));
  writeFileSync(path, drawScreens(screens, SIZE));
  console.log(`docs/fob.svg: ${screens.length} screens`);
} finally {
  tmux("kill-server");
  rmSync(folder, { recursive: true, force: true });
}

/** Whether the screen shows all that was typed, just before the live screen takes its place. */
function isFullest(/** @type {string[]} */ lines) {
  return lines.some((line) => line.includes("--watch"));
}

async function prepare() {
  const { PATH = "" } = process.env;
  writeFileSync(join(folder, "fob"), `#!/bin/sh\nexec '${process.execPath}' '${FOB}' "$@"\n`, {
    mode: 0o755,
  });
  const uri = "otpauth://totp/GitHub:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=GitHub";
  writeFileSync(join(folder, "screenshot.png"), await drawQr(uri).getBuffer("image/png"));
  const env = {
    ...{
      HOME: folder,
      PATH: `${folder}:${PATH}`,
      FOB_HOME: join(folder, "home"),
      FOB_KEYCHAIN: "file",
    },
    // neither bash nor fob writes anything while the folder is removed
    ...{
      PS1: "$ ",
      HISTFILE: "",
      NODE_DISABLE_COMPILE_CACHE: "1",
      LANG: "C.UTF-8",
      SHELL: "/bin/sh",
    },
  };
  const others = [
    "otpauth://totp/ACME:ann%40acme.example?secret=MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U&issuer=ACME&digits=8",
    "otpauth://hotp/Door:ann?secret=NFXHK3LCMVZCA43FMNZGK5BAMZXXEIDG&issuer=Door&counter=0",
    "otpauth://ocra/Bank:ann?secret=OB2XG2DJNZTSA43FMNZGK5BAMZXXEIDG&issuer=Bank&suite=OCRA-1%3AHOTP-SHA1-6%3AQN08",
  ];
  const run = (/** @type {string[]} */ args, input = "") =>
    execFileSync(process.execPath, [FOB, ...args], {
      env,
      input,
      stdio: ["pipe", "ignore", "inherit"],
    });
  run(["enroll", "-"], others.join("\n"));
  run(["enroll", "--name", "vpn", "-"], "XUU75-RROTT-Y5IP6-U3BMV");
  run(["pin", "set", "vpn", "--pin-file", "-"], "4718");
  const shell = [
    "env",
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    "bash",
    "--norc",
    "--noprofile",
  ];
  const { columns, rows } = SIZE;
  tmux("new-session", "-d", "-x", String(columns), "-y", String(rows), "-c", folder, ...shell);
  tmux("set", "-g", "status", "off");
}

/** @returns {Promise<{ lines: string[], seconds: number }[]>} */
async function record() {
  await screenWith(PROMPT);
  const screens = [];
  for (const { text, key, isHidden = false, shows, seconds } of SCRIPT) {
    if (text !== undefined) tmux("send-keys", "-l", text);
    if (text !== undefined && !isHidden)
      screens.push({ lines: await screenWith(text), seconds: 1 });
    tmux("send-keys", key ?? "Enter");
    screens.push({ lines: await screenWith(shows), seconds });
  }
  return screens;
}

/**
 * The screen with its colours, once its last line holds what it must and it stays as it is.
 * @param {RegExp | string} wanted
 */
async function screenWith(wanted) {
  for (let looks = 0; looks < 100; looks++) {
    await sleep(300);
    const now = tmux("capture-pane", "-e", "-p");
    const last = now.trimEnd().split("\n").at(-1) ?? "";
    const isThere =
      typeof wanted === "string"
        ? last.endsWith(wanted)
        : wanted.test(wanted === PROMPT ? `${last} ` : now);
    await sleep(300);
    if (isThere && tmux("capture-pane", "-e", "-p") === now) return now.split("\n");
  }
  throw new Error(`the terminal never showed ${wanted}:\n${tmux("capture-pane", "-p")}`);
}
