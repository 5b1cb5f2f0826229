import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { editText, wipeLeftEdits } from "#platform/program/edit-text.ts";

const isLinux = process.platform === "linux";

/** A folder in the place of the one in memory, and an editor that runs this script. */
function desk(script: string) {
  const folder = mkdtempSync(join(tmpdir(), "fob-edit-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const memory = join(folder, "memory");
  mkdirSync(memory, { mode: 0o700 });
  writeFileSync(join(folder, "editor.sh"), script);
  const env = {
    ...process.env,
    VISUAL: `sh "${join(folder, "editor.sh")}"`,
    XDG_RUNTIME_DIR: memory,
    SEEN: join(folder, "seen"),
  };
  return { memory, folder, host: { env, stdin: {}, stdout: {}, stderr: {} } };
}

test.runIf(isLinux)("the editor gets the text in a private file, and none is left", async () => {
  const { memory, folder, host } = desk(
    'stat -c "%a %n" "$1" "$(dirname "$1")" > "$SEEN"; cp "$1" "$1~"; printf "new\\n" >> "$1"',
  );
  expect(await editText("old\n", 100, host)).toBe("old\nnew\n");
  const seen = readdirSync(folder);
  expect(seen).toContain("seen");
  expect(readdirSync(memory)).toEqual([]);
});

test.runIf(isLinux)("an editor that fails changes nothing, and leaves nothing", async () => {
  const { memory, host } = desk('echo other > "$1"; exit 3');
  await expect(editText("old\n", 100, host)).rejects.toThrow("exit code 3");
  await expect(
    editText("old\n", 100, { ...host, env: { ...host.env, VISUAL: "exit 127 #" } }),
  ).rejects.toThrow("exit code 127");
  expect(readdirSync(memory)).toEqual([]);
});

test.runIf(isLinux)("an editor that removes the file changes nothing, and says so", async () => {
  const { memory, host } = desk('rm "$1"');
  await expect(editText("old\n", 100, host)).rejects.toMatchObject({
    ...{ code: "unavailable", message: "the editor has removed the file" },
    hint: expect.stringContaining("nothing was changed"),
  });
  expect(readdirSync(memory)).toEqual([]);
});

test.runIf(isLinux)("a text that has become too long is refused, and wiped", async () => {
  const { memory, host } = desk('head -c 200 /dev/zero | tr "\\0" x > "$1"');
  await expect(editText("", 100, host)).rejects.toMatchObject({ code: "invalid" });
  expect(readdirSync(memory)).toEqual([]);
});

test.runIf(isLinux)("what a killed process has left is wiped", () => {
  const { memory, host } = desk("true");
  // no process has this number
  const left = join(memory, `fob-note-${2 ** 30}-abcdef`);
  mkdirSync(left);
  writeFileSync(join(left, "note.txt"), "secret");
  const running = join(memory, `fob-note-${process.pid}-abcdef`);
  mkdirSync(running);
  wipeLeftEdits(host.env);
  expect(readdirSync(memory)).toEqual([`fob-note-${process.pid}-abcdef`]);
});

test.runIf(isLinux)("a link with the name of such a folder leads to no wiping", () => {
  const { memory, folder, host } = desk("true");
  const precious = join(folder, "precious");
  mkdirSync(precious);
  writeFileSync(join(precious, "thesis.txt"), "years of work");
  symlinkSync(precious, join(memory, `fob-note-${2 ** 30}-abcdef`));
  wipeLeftEdits(host.env);
  expect(readFileSync(join(precious, "thesis.txt"), "utf8")).toBe("years of work");
});
