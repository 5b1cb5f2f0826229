// Other programs that print a passcode, where they are installed: each as a script would call it,
// with one token.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { hasTool } from "./timing.mjs";

/** @typedef {Awaited<ReturnType<typeof import("./homes.mjs").makeHomes>>} Homes */

/** @param {Homes} homes */
export async function peers(homes) {
  return [oathtool(homes), keepassxc(homes), pass(homes), zbarimg(homes)].filter(
    (peer) => peer !== null,
  );
}

/** Keeps nothing: it is handed the secret. @param {Homes} homes */
function oathtool({ few: { env }, secret }) {
  if (!hasTool("oathtool")) return null;
  return {
    row: "oathtool (no store)",
    isForCodes: false,
    timed: { command: ["oathtool", "--totp", "-b", secret], env },
  };
}

/** @param {Homes} homes */
function keepassxc({ few, folder, secret }) {
  if (!hasTool("keepassxc-cli")) return null;
  const database = join(folder, "bench.kdbx");
  const password = "benchmark\n";
  const env = { ...few.env, QT_QPA_PLATFORM: "offscreen" };
  const call = (/** @type {string[]} */ args, /** @type {string} */ input) =>
    spawnSync("keepassxc-cli", args, { env, input, stdio: ["pipe", "ignore", "ignore"] }).status ===
    0;
  const isMade =
    call(["db-create", "--set-password", database], password.repeat(2)) &&
    call(["add", database, "bench", "--url", `otpauth://totp/bench?secret=${secret}`], password);
  const command = ["keepassxc-cli", "show", "--quiet", database, "bench"];
  return isMade
    ? { row: "keepassxc-cli show", isForCodes: true, timed: { command, env, input: password } }
    : null;
}

/** @param {Homes} homes */
function pass({ few, folder, secret }) {
  if (!hasTool("pass") || !hasTool("gpg")) return null;
  const [gnupg, store] = [join(folder, "gnupg"), join(folder, "store")];
  mkdirSync(gnupg, { mode: 0o700 });
  const env = { ...few.env, GNUPGHOME: gnupg, PASSWORD_STORE_DIR: store };
  const call = (/** @type {string} */ script) =>
    spawnSync("sh", ["-c", script], {
      env,
      input: `otpauth://totp/bench?secret=${secret}\n`,
      stdio: ["pipe", "ignore", "ignore"],
    }).status === 0;
  const isMade = call(
    "gpg --batch --passphrase '' --quick-generate-key bench && pass init bench && pass otp insert bench",
  );
  return isMade
    ? { row: "pass otp", isForCodes: true, timed: { command: ["pass", "otp", "bench"], env } }
    : null;
}

/** Reads the picture that `inspect --qr` reads. @param {Homes} homes */
function zbarimg({ few: { env }, picture }) {
  if (!hasTool("zbarimg")) return null;
  const command = ["zbarimg", "--quiet", "--raw", picture];
  return { row: "zbarimg", isForCodes: false, timed: { command, env } };
}
