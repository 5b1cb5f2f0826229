import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { testHome } from "../e2e/fob.ts";
import { SAMPLES, uriList } from "../enrollment/files/samples.ts";
import { describeWith } from "../requires.ts";

const [acme = "", big = "", counting = ""] = uriList.split("\n");

/** Entries as people keep them: what stands in each, by its name. */
const ENTRIES = {
  "Acme/ann": `a password\nurl: https://acme.test\n${acme}\n`,
  big: `${big}\n`,
  "odd names/-ü $(x) 'y'": `a password\ntotp: ${counting.replace(/#.*/, "")}\n`,
  gopass: "a password\ntotp: GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n",
  "no token": "a password\nsecret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n",
  broken: "a password\notpauth://totp/x?secret=!!!\n",
};

/** A store with these entries, and what leads to it: gpg's sockets have no room for a long path. */
function makeStore(place = "store") {
  const folder = mkdtempSync(join(tmpdir(), "fob-pass-"));
  const store = join(folder, place);
  const env = { GNUPGHOME: folder, PASSWORD_STORE_DIR: store };
  const run = (program: string, args: readonly string[], input = "") =>
    execFileSync(program, args, { env: { ...process.env, ...env }, input, stdio: "pipe" });
  const key = "%no-protection\nKey-Type: RSA\nKey-Length: 2048\nName-Email: ann@acme.test\n";
  writeFileSync(join(folder, "key"), `${key}Expire-Date: 0\n%commit\n`);
  run("gpg", ["--batch", "--quiet", "--gen-key", join(folder, "key")]);
  run("pass", ["init", "ann@acme.test"]);
  for (const [name, content] of Object.entries(ENTRIES))
    run("pass", ["insert", "--multiline", "--", name], content);
  const remove = () => {
    run("gpgconf", ["--kill", "all"]);
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, store, env, remove };
}

describeWith({ pass: "pass", gpg: "gnupg" }, "a password store that pass opens", () => {
  let store = "";
  const env: Record<string, string> = {};

  beforeAll(() => {
    const made = makeStore();
    store = made.store;
    Object.assign(env, made.env);
    return made.remove;
  }, 120_000);

  test("gives its tokens, names what is wrong, and counts the rest", async () => {
    const { fob } = testHome();
    const shown = await fob(["import", "--pass", store, "--dry-run", "--json"], { env });
    expect([shown.exitCode, JSON.parse(shown.stdout).length]).toEqual([0, 4]);
    const { exitCode, stdout, stderr } = await fob(["import", "--pass"], { env });
    expect({ exitCode, lines: stdout.match(/^imported /gm)?.length }).toEqual({
      exitCode: 0,
      lines: 4,
    });
    expect(stderr).toContain("left out: broken: secret");
    expect(stderr).toContain("left out: 1 entry without a one-time password");
    const listed = JSON.parse((await fob(["list", "--json"])).stdout);
    expect(listed.map(({ issuer }: { issuer: string }) => issuer).sort()).toEqual(
      [...SAMPLES.map(({ issuer }) => issuer), "gopass"].sort(),
    );
  });

  test("without its key says so after three entries", async () => {
    const { fob } = testHome();
    const empty = mkdtempSync(join(tmpdir(), "fob-gpg-"));
    const { exitCode, stderr } = await fob(["import", "--pass"], {
      env: { ...env, GNUPGHOME: empty },
    });
    rmSync(empty, { recursive: true, force: true });
    expect([exitCode, stderr]).toEqual([
      8,
      expect.stringContaining("pass does not show the entries of the store"),
    ]);
  });

  test("is no file, and must be there", async () => {
    const { fob, home } = testHome();
    const both = await fob(["import", "tokens.txt", "--pass=x"], { env });
    const neither = await fob(["import"]);
    const missing = await fob(["import", "--pass", join(home, "nowhere")]);
    expect([both.exitCode, neither.exitCode, missing.exitCode]).toEqual([2, 2, 2]);
    expect(missing.stderr).toContain("there is no password store");
  });
});

const GOPASS = { gopass: "gopass", pass: "pass", gpg: "gnupg" };

describeWith(GOPASS, "a password store that gopass opens, where it makes one", () => {
  test("gives its tokens, names what is wrong, and counts the rest", {
    timeout: 120_000,
  }, async () => {
    const { folder, env, remove } = makeStore("gopass/stores/root");
    onTestFinished(remove);
    const bin = join(folder, "bin");
    mkdirSync(bin);
    for (const name of ["gopass", "gpg", "gpg-agent", "gpgconf"])
      symlinkSync(execFileSync("which", [name], { encoding: "utf8" }).trim(), join(bin, name));
    const { fob, home } = testHome();
    const alone = { GNUPGHOME: env.GNUPGHOME, HOME: home, XDG_DATA_HOME: folder, PATH: bin };
    const { exitCode, stdout, stderr } = await fob(["import", "--pass"], { env: alone });
    expect([exitCode, stdout.match(/^imported /gm)?.length]).toEqual([0, 4]);
    expect(stderr).toContain("left out: broken: secret");
    expect(stderr).toContain("left out: 1 entry without a one-time password");
  });
});
