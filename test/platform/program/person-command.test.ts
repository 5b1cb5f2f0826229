import { expect, test } from "vitest";
import { personCommand } from "#platform/program/person-command.ts";

test.each<[line: string, platform: NodeJS.Platform, command: string, args: readonly string[]]>([
  ["vi", "linux", "vi", ["a file"]],
  ["code  --wait -n", "linux", "code", ["--wait", "-n", "a file"]],
  ["~/bin/ed", "linux", "sh", ["-c", '~/bin/ed "$@"', "sh", "a file"]],
  ["sed 's/a/b/' | less", "darwin", "sh", ["-c", `sed 's/a/b/' | less "$@"`, "sh", "a file"]],
  ["notepad", "win32", "notepad", ["a file"]],
  [
    '"C:\\Program Files\\Edit\\edit.exe" -w',
    "win32",
    "C:\\Program Files\\Edit\\edit.exe",
    ["-w", "a file"],
  ],
])("%s on %s starts %s with %j", (line, platform, command, args) => {
  expect(personCommand(line, ["a file"], platform)).toEqual([command, args]);
});
