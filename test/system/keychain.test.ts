import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FOB, HOTP_URI, RFC_CODES } from "../e2e/fob.ts";
import { describeWith } from "../requires.ts";

const TOOLS = {
  "dbus-run-session": "dbus",
  "gnome-keyring-daemon": "gnome-keyring",
  "secret-tool": "libsecret-tools",
  gdbus: "libglib2.0-bin",
};
const UNLOCK =
  'printf %s pw | gnome-keyring-daemon --unlock --components=secrets >"$FOB_HOME.log" 2>&1';
/** Waits until the daemon serves secrets. */
const READY = "gdbus wait --session --timeout 20 org.freedesktop.secrets";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fob-keychain-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function environment(): NodeJS.ProcessEnv {
  const runtime = join(folder, "runtime");
  execFileSync("mkdir", ["-p", "-m", "700", runtime]);
  const fob = `${process.execPath} ${FOB}`;
  return {
    PATH: process.env["PATH"],
    HOME: folder,
    FOB_HOME: join(folder, "home"),
    XDG_RUNTIME_DIR: runtime,
    XDG_DATA_HOME: join(folder, "data"),
    fob,
  };
}

/** Runs a shell script in a D-Bus session of its own; `$fob` is the program. */
function inSession(script: string) {
  return spawnSync("dbus-run-session", ["--", "sh", "-c", script], {
    env: environment(),
    encoding: "utf8",
    timeout: 50_000,
  });
}

describeWith(TOOLS, "the system keychain (gnome-keyring)", () => {
  test("keeps the vault's key from the first use on", () => {
    const first = inSession(
      `${UNLOCK}; echo '${HOTP_URI}' | $fob enroll - && $fob code ACME && secret-tool search --all service fob`,
    );
    expect(first.stdout).toContain(`${RFC_CODES[0]}\n`);
    expect(first.stdout).toMatch(/label = keyring:[0-9a-f]{32}@fob/);
    const later = inSession(`${UNLOCK}; $fob code ACME`);
    expect(later.stdout).toBe(`${RFC_CODES[1]}\n`);
  });

  test("that is locked, or cannot be reached, is exit code 8 with a way out", () => {
    inSession(`${UNLOCK}; echo '${HOTP_URI}' | $fob enroll -`);
    const locked = inSession(
      'gnome-keyring-daemon --start --components=secrets >"$FOB_HOME.log" 2>&1; $fob code ACME 2>"$FOB_HOME.err"; echo $?; cat "$FOB_HOME.err"',
    );
    expect(locked.stdout).toMatch(/^8\nfob: the system keychain [^\n]*\nhint: unlock it/);
    const none = spawnSync(process.execPath, [FOB, "code", "ACME"], {
      env: environment(),
      encoding: "utf8",
    });
    expect(none).toMatchObject({ status: 8, stdout: "" });
    expect(none.stderr).toMatch(
      /^fob: the system keychain cannot be reached\nhint: the key is there in the desktop session/,
    );
    expect(none.stderr).toContain("a grant needs no keychain");
    // the key is in the keychain: no other one could have it
    expect(none.stderr).not.toMatch(/--keychain (?:file|none)/);
  });

  test("that lost the key of a vault says so, and keeps the vault", () => {
    inSession(`${UNLOCK}; echo '${HOTP_URI}' | $fob enroll -`);
    const lost = inSession(`${UNLOCK}; secret-tool clear service fob; $fob code ACME; echo $?`);
    expect(lost).toMatchObject({
      stdout: "8\n",
      stderr: expect.stringContaining("the keychain holds no key for this vault"),
    });
  });

  test.each([
    ["no key at all", "something else", "the keychain's entry for this vault is not a key of fob"],
    [
      "another vault's key",
      Buffer.alloc(32, 7).toString("base64"),
      "the key in the keychain does not belong to this vault",
    ],
  ])("that holds %s says so, and keeps the vault", (_, entry, message) => {
    const store = `ID=$(secret-tool search --all service fob 2>&1 | sed -n 's/^attribute.username = //p'); printf %s '${entry}' | secret-tool store --label fob service fob username "$ID"`;
    const wrong = inSession(
      `${UNLOCK}; echo '${HOTP_URI}' | $fob enroll - >/dev/null; K=$(secret-tool lookup service fob); ${store}; $fob code ACME; echo $?; printf %s "$K" | secret-tool store --label fob service fob username "$ID"; $fob code ACME`,
    );
    expect(wrong.stdout).toBe(`6\n${RFC_CODES[0]}\n`);
    expect(wrong.stderr).toContain(message);
  });

  test("whose daemon has died is exit code 8, and works again in the next session", () => {
    const start = "printf %s pw | gnome-keyring-daemon --foreground --unlock --components=secrets";
    const { stdout, stderr } = inSession(
      `${start} >"$FOB_HOME.log" 2>&1 & DAEMON=$!; ${READY}; echo '${HOTP_URI}' | $fob enroll - >/dev/null; kill -9 $DAEMON; $fob code ACME; echo $?`,
    );
    expect(stdout).toBe("8\n");
    expect(stderr).toMatch(/^fob: the system keychain [^\n]*\nhint: [^\n]*$/m);
    expect(inSession(`${UNLOCK}; $fob code ACME`).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("works together with an app PIN", () => {
    const { stdout } = inSession(
      `${UNLOCK}; echo '${HOTP_URI}' | $fob enroll -; echo 4711 | $fob pin set --pin-file - --quiet >"$FOB_HOME.pin"; $fob code ACME; echo $?; FOB_PIN=4711 $fob code ACME`,
    );
    expect(stdout.split("\n").slice(-3)).toEqual(["5", RFC_CODES[0], ""]);
  });

  test("with an app PIN opens by the recovery code when it is out of reach, and `keychain move` takes the key away", () => {
    const made = inSession(
      `${UNLOCK}; echo '${HOTP_URI}' | $fob enroll - >/dev/null; echo 4711 | $fob pin set --pin-file - --json`,
    );
    const { recoveryCode } = JSON.parse(made.stdout);
    const run = (args: readonly string[], pin: string) =>
      spawnSync(process.execPath, [FOB, ...args], {
        env: { ...environment(), FOB_PIN: pin },
        encoding: "utf8",
      });
    const refused = run(["code", "ACME"], "4711");
    expect(refused).toMatchObject({ status: 8, stdout: "" });
    expect(refused.stderr).toContain("the recovery code opens the vault in place of the app PIN");
    expect(run(["code", "ACME"], recoveryCode).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect(run(["keychain", "move", "file"], `${recoveryCode}\n83517`)).toMatchObject({
      status: 0,
    });
    expect(run(["code", "ACME"], "83517").stdout).toBe(`${RFC_CODES[1]}\n`);
  });

  test("that lost or changed the key costs no attempt, and gets a new one by `pin change` with the recovery code", () => {
    const made = inSession(
      `${UNLOCK}; echo '${HOTP_URI}' | $fob enroll - >/dev/null; echo 4711 | $fob pin set --pin-file - --json`,
    );
    const { recoveryCode } = JSON.parse(made.stdout);
    const wrong = Buffer.alloc(32, 7).toString("base64");
    const store = `ID=$(secret-tool search --all service fob 2>&1 | sed -n 's/^attribute.username = //p'); printf %s '${wrong}' | secret-tool store --label fob service fob username "$ID"`;
    const other = inSession(
      `${UNLOCK}; ${store}; FOB_PIN=4711 $fob list; echo $?; $fob pin status --json | grep attemptsLeft; printf '%s\n83517\n' '${recoveryCode}' | $fob pin change --pin-file - >/dev/null; FOB_PIN=83517 $fob code ACME`,
    );
    expect(other.stdout).toBe(`6\n  "attemptsLeft": 10,\n${RFC_CODES[0]}\n`);
    expect(other.stderr).toContain(
      "the key in the keychain does not belong to this vault\nhint: the recovery code",
    );
    const gone = inSession(
      `${UNLOCK}; secret-tool clear service fob; FOB_PIN=83517 $fob list; echo $?; $fob pin status --json | grep attemptsLeft`,
    );
    expect(gone.stdout).toBe('8\n  "attemptsLeft": 10,\n');
    expect(gone.stderr).not.toContain("anew");
  });

  test("gives the key to a file and takes it back", () => {
    const { stdout, stderr } = inSession(
      `${UNLOCK}; echo '${HOTP_URI}' | $fob enroll - >/dev/null; $fob keychain move file; secret-tool search --all service fob 2>&1 | grep -c label; $fob code ACME; $fob keychain move system; ls "$FOB_HOME"; $fob code ACME; secret-tool search --all service fob 2>&1 | grep -c label`,
    );
    expect(stderr).not.toContain("fob:");
    expect(stdout.split("\n")).toEqual([
      "a key file keeps the vault's key now",
      "0",
      RFC_CODES[0],
      "the system keychain keeps the vault's key now",
      "vault",
      RFC_CODES[1],
      "1",
      "",
    ]);
  });

  test("is never passed over for a first vault", () => {
    const none = spawnSync(process.execPath, [FOB, "enroll", "-"], {
      env: environment(),
      input: HOTP_URI,
      encoding: "utf8",
    });
    expect(none).toMatchObject({ status: 8, stdout: "" });
  });
});
