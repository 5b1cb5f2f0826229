import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { encodeBase32 } from "#token/base32.ts";
import { drawQr } from "../../scripts/draw-qr.mjs";
import { FOB, RFC_SECRET } from "../e2e/fob.ts";

const STAND_INS = fileURLToPath(new URL("stand-ins", import.meta.url));

/** Different for every name, so that no two tokens are the same. */
const secretOf = (name: string) => encodeBase32(createHash("sha1").update(name).digest());

/** The tokens that the pages speak of. */
const ENROLLMENTS = [
  ...["vpn", "github", "gitlab", "npm", "registry", "mail", "old", "ACME"].map(
    (name) => `otpauth://totp/${name}:ann?secret=${secretOf(name)}&issuer=${name}`,
  ),
  `otpauth://hotp/door:ann?secret=${secretOf("door")}&issuer=door&counter=0`,
  `otpauth://ocra/bank:ann?secret=${secretOf("bank")}&issuer=bank&suite=OCRA-1%3AHOTP-SHA1-6%3AQN08`,
];

/**
 * A person's machine, as the pages suppose it: tokens, the files they name, fob and the programs of
 * others on the PATH.
 */
export class Stage {
  readonly #folder = mkdtempSync(join(tmpdir(), "fob-docs-"));
  readonly #fob: string;
  #count = 0;

  /** `fob` is the command of a shell that runs the program; the built one, if it is not given. */
  constructor(fob = `'${process.execPath}' '${FOB}'`) {
    this.#fob = fob;
  }

  /** Sets it up, for every run to begin with. */
  async build(): Promise<void> {
    const [bin, person] = [join(this.#folder, "bin"), join(this.#folder, "person")];
    mkdirSync(bin);
    mkdirSync(person, { mode: 0o700 });
    cpSync(STAND_INS, bin, { recursive: true });
    writeFileSync(join(bin, "fob"), `#!/bin/sh\nexec ${this.#fob} "$@"\n`);
    chmodSync(join(bin, "fob"), 0o755);
    await fillFolder(person);
    writeFileSync(join(person, "enrollments"), ENROLLMENTS.join("\n"));
    // one that was removed, to be restored, and one of the same name, to be removed
    const enrolling =
      "fob enroll --quiet - < enrollments && fob remove --quiet --yes old && grep old enrollments | fob enroll --quiet -";
    const { exitCode, stderr } = await this.#runIn(person, `${enrolling}; rm enrollments`);
    if (exitCode !== 0) throw new Error(`the stage cannot be built: ${stderr}`);
  }

  /** Runs a script as that person, in a copy that only this run sees. */
  async run(script: string) {
    const person = join(this.#folder, `person-${this.#count++}`);
    cpSync(join(this.#folder, "person"), person, { recursive: true, preserveTimestamps: true });
    try {
      return await this.#runIn(person, script);
    } finally {
      // an agent, also one that has ended, has left its claim
      if (existsSync(join(person, "fob/vault/agent")))
        await this.#runIn(person, "fob lock --quiet || true");
      rmSync(person, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #runIn(person: string, script: string) {
    const { stdout, stderr, exitCode } = await execa("bash", ["-euo", "pipefail", "-c", script], {
      cwd: person,
      env: {
        PATH: `${join(this.#folder, "bin")}:${process.env["PATH"]}`,
        HOME: person,
        XDG_RUNTIME_DIR: person,
        FOB_HOME: join(person, "fob"),
        FOB_KEYCHAIN: "file",
        FOB_PIN: "4718, a long one",
        TERM: "xterm",
        LANG: "C.UTF-8",
      },
      extendEnv: false,
      input: "",
      reject: false,
      timeout: 50_000,
    });
    return { stdout, stderr, exitCode };
  }
}

async function fillFolder(person: string): Promise<void> {
  const uri = `otpauth://totp/Shop:ann?secret=${RFC_SECRET}&issuer=Shop`;
  writeFileSync(join(person, "screenshot.png"), await drawQr(uri).getBuffer("image/png"));
  writeFileSync(join(person, "tokens.txt"), `${uri}\n`);
  writeFileSync(join(person, ".vpn-pin"), "4718, a long one\n", { mode: 0o600 });
  writeFileSync(join(person, "codes.txt"), "a1b2c-d3e4f\n5a6b7-c8d9e\n");
  writeFileSync(join(person, "tans.txt"), "1. 481516\n2. 234215\n3. 162342\n");
  writeFileSync(join(person, "staff.csv"), "account,issuer\nann,ACME\nbob,ACME\n");
}
