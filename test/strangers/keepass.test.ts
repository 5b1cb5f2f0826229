import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { readAppFile } from "#enrollment/files/read-file.ts";
import { decodeBase32 } from "#token/base32.ts";
import { ENTRIES, fixturePath, PASSWORD, TOKENS } from "../enrollment/keepass/keepass-samples.ts";
import { DEBIAN_PYTHON, describeWith } from "../requires.ts";

const MAKE = fileURLToPath(new URL("../enrollment/keepass/make-kdbx.py", import.meta.url));

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "fob-keepass-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function secretsIn(file: string, keyFile?: string): Promise<string[]> {
  const content = await readAppFile(readFileSync(file), file, {
    askSecret: async () => Buffer.from(PASSWORD),
    ...(keyFile && { keyFile: readFileSync(keyFile) }),
    readQrCodes: async () => [],
  });
  expect(content.refusals).toEqual([]);
  return content.drafts.map(({ secret }) => Buffer.from(secret).toString("hex")).sort();
}

const SECRETS = TOKENS.map(({ secret }) => {
  const bytes = decodeBase32(secret);
  return Buffer.isBuffer(bytes) ? bytes.toString("hex") : "";
}).sort();

/** A database that pykeepass makes. */
function make(form: string, keyFile: string | null = null): string {
  const path = join(folder(), "made.kdbx");
  const order = JSON.stringify({ password: PASSWORD, keyFile, entries: ENTRIES });
  execFileSync(DEBIAN_PYTHON, [MAKE, form, path], { input: order });
  return path;
}

describeWith({ "python3:pykeepass": "python3-pykeepass" }, "what pykeepass writes", () => {
  test.each(["argon2d-chacha20", "argon2id-aes", "aes-aes", "argon2d-real"])(
    "in the form %s is read",
    { timeout: 120_000 },
    async (form) => {
      expect(await secretsIn(make(form))).toEqual(SECRETS);
    },
  );

  test("with a key file of XML is read", { timeout: 60_000 }, async () => {
    const keyFile = join(folder(), "made.key");
    const key = Buffer.alloc(32, 7).toString("base64");
    writeFileSync(
      keyFile,
      `<?xml version="1.0"?><KeyFile><Meta><Version>1.00</Version></Meta><Key><Data>${key}</Data></Key></KeyFile>`,
    );
    expect(await secretsIn(make("aes-aes", keyFile), keyFile)).toEqual(SECRETS);
  });

  test("and unpacks to very much is refused", { timeout: 60_000 }, async () => {
    const bomb = make("bomb");
    expect(readFileSync(bomb).length).toBeLessThan(2 ** 20);
    await expect(secretsIn(bomb)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringContaining("more than 64 MiB"),
    });
  });
});

describeWith({ "keepassxc-cli": "keepassxc" }, "what KeePassXC writes", () => {
  const run = (args: readonly string[], input = `${PASSWORD}\n${PASSWORD}\n`) =>
    execFileSync("keepassxc-cli", args, {
      input,
      env: { ...process.env, QT_QPA_PLATFORM: "offscreen", LC_ALL: "C.UTF-8" },
      stdio: "pipe",
    });

  test("with a password is read, as it is and exported", { timeout: 60_000 }, async () => {
    const path = join(folder(), "made.kdbx");
    run(["import", "-q", "-p", "-t", "100", fixturePath("export.xml"), path]);
    expect(await secretsIn(path)).toEqual(SECRETS);
    const xml = join(folder(), "made.xml");
    writeFileSync(xml, run(["export", "-q", path], `${PASSWORD}\n`));
    expect(await secretsIn(xml)).toEqual(SECRETS);
  });

  test("with a key file is read", { timeout: 60_000 }, async () => {
    const [path, keyFile] = [join(folder(), "made.kdbx"), join(folder(), "made.keyx")];
    const options = ["-q", "-p", "-t", "100", "--set-key-file", keyFile];
    run(["import", ...options, fixturePath("export.xml"), path]);
    expect(await secretsIn(path, keyFile)).toEqual(SECRETS);
  });
});
