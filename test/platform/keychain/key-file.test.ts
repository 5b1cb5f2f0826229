import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readKeyFile } from "#platform/keychain/key-file.ts";
import { newKey } from "#vault/keys/keys.ts";

const KEY = newKey();

function keyFile(text: string, mode = 0o600): string {
  const folder = mkdtempSync(join(tmpdir(), "fob-key-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "key");
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const WHOLE = `${KEY.toString("base64")}\n`;

test.skipIf(process.platform === "win32")(
  "a key file counts when nobody but its owner can do anything with it",
  () => {
    for (const mode of [0o600, 0o400, 0o700])
      expect(readKeyFile(keyFile(WHOLE, mode))).toEqual(KEY);
    for (const others of [0o040, 0o020, 0o010, 0o004, 0o002, 0o001]) {
      const octal = (0o600 | others).toString(8).padStart(4, "0");
      expect(() => readKeyFile(keyFile(WHOLE, 0o600 | others))).toThrow(
        expect.objectContaining({
          code: "invalid",
          message: expect.stringContaining(`can be read by others (mode ${octal})`),
          hint: expect.stringMatching(/^chmod 600 /),
        }),
      );
    }
  },
);

test.each([
  ["nothing", ""],
  ["a byte too few", newKey().subarray(1).toString("base64")],
  ["a byte too many", Buffer.concat([KEY, Buffer.from("x")]).toString("base64")],
  ["more than any key", `${WHOLE}${"\n".repeat(2_000)}`],
])("a file that holds %s is no key file", (_, text) => {
  expect(() => readKeyFile(keyFile(text))).toThrow(
    expect.objectContaining({
      code: "invalid",
      message: expect.stringContaining("is not a key file of fob"),
    }),
  );
});

test("a folder is no key file, and where there is none there is no key", () => {
  const path = keyFile(WHOLE);
  rmSync(path);
  expect(readKeyFile(path)).toBeNull();
  mkdirSync(path, { mode: 0o700 });
  expect(() => readKeyFile(path)).toThrow(expect.objectContaining({ code: "invalid" }));
});
