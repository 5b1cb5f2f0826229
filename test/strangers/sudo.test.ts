import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeBase32 } from "#token/base32.ts";
import { describeWith } from "../requires.ts";
import { makeServers } from "./server.ts";

/** Debian's user without rights. */
const NOBODY = 65_534;

const REQUIREMENTS = {
  sudo: "sudo",
  setpriv: "util-linux",
  "pam:pam_oath": "libpam-oath",
  root: true,
} as const;

describeWith(REQUIREMENTS, "sudo that asks pam_oath", () => {
  const servers = makeServers();
  const secret = randomBytes(20);
  const folder = mkdtempSync(join(tmpdir(), "fob-sudo-"));
  const users = join(folder, "users.oath");
  const rules = `/etc/sudoers.d/fob-test-${randomBytes(6).toString("hex")}`;
  const home = join(folder, "home");
  afterAll(() => {
    rmSync(rules, { force: true });
    rmSync(folder, { recursive: true });
  });

  /** Runs a program as the user without rights, who has fob in a folder that all can read. */
  const run = (program: readonly string[], input = "") =>
    execa("setpriv", [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", ...program], {
      env: {
        PATH: "/usr/bin:/bin",
        HOME: home,
        FOB_HOME: home,
        FOB_KEYCHAIN: "file",
        SUDO_ASKPASS: join(folder, "fob-askpass"),
      },
      extendEnv: false,
      cwd: "/",
      input,
      reject: false,
    });

  beforeAll(async () => {
    chmodSync(folder, 0o755);
    for (const name of ["bin", "dist", "package.json"])
      cpSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), join(folder, name), {
        recursive: true,
      });
    mkdirSync(home, 0o700);
    chownSync(home, NOBODY, NOBODY);
    for (const name of ["fob", "fob-askpass"])
      writeFileSync(
        join(folder, name),
        `#!/bin/sh\nexec '${process.execPath}' '${join(folder, `bin/${name}.js`)}' "$@"\n`,
        { mode: 0o755 },
      );
    writeFileSync(users, `HOTP nobody - ${secret.toString("hex")}\n`, { mode: 0o600 });
    const service = servers.pamService(users);
    const settings = `Defaults:nobody pam_service=${service}, !lecture, passwd_tries=1`;
    writeFileSync(rules, `${settings}\nnobody ALL=(root) /usr/bin/id\n`, { mode: 0o440 });
    const uri = `otpauth://hotp/sudo:nobody?secret=${encodeBase32(secret)}&counter=0`;
    const enrolled = await run([join(folder, "fob"), "enroll", "-", "--name", "sudo"], uri);
    expect(enrolled).toMatchObject({ exitCode: 0 });
  });

  test("lets in by a rule, and not without one", async () => {
    const asked = () => run(["setsid", "-w", "sudo", "-A", "-k", "/usr/bin/id", "-u"]);
    expect(await asked()).toMatchObject({ exitCode: 1 });
    await run([join(folder, "fob"), "config", "set", "askpass.rules", "*OATH* => sudo"]);
    expect(await asked()).toMatchObject({ exitCode: 0, stdout: "0" });
    expect(await asked()).toMatchObject({ exitCode: 0, stdout: "0" });
  });
});
