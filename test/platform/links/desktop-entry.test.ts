import { execFile } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { desktopEntry } from "#platform/links/desktop-entry.ts";
import { describeWith } from "../../requires.ts";
import { until } from "../../waiting.ts";

const run = promisify(execFile);

describe("the desktop entry", () => {
  test("quotes nothing that needs no quotation marks: xdg-open splits at every space", () => {
    expect(desktopEntry(["/usr/bin/node", "/opt/fob/bin/fob.js"], ["otpauth"])).toContain(
      "\nExec=/usr/bin/node /opt/fob/bin/fob.js link open --window -- %u\n",
    );
  });

  test("refuses a path that would end its line", () => {
    expect(() => desktopEntry(["/opt/a\nTerminal=true"], ["otpauth"])).toThrow(
      /cannot be the path/,
    );
  });
});

describeWith(
  { "desktop-file-validate": "desktop-file-utils", gio: "libglib2.0-bin" },
  "the desktop's own programs",
  () => {
    test("take the entry as it is, and start a program with any name", async () => {
      const folder = mkdtempSync(join(tmpdir(), "fob-entry-"));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const odd = join(folder, 'a "b" $HOME `c` d\\e', "fob");
      mkdirSync(join(odd, ".."));
      const said = join(folder, "said");
      writeFileSync(
        odd,
        `#!/bin/sh\nprintf '%s\\n' "$@" >'${said}.new'; mv '${said}.new' '${said}'\n`,
      );
      chmodSync(odd, 0o755);
      const file = join(folder, "fob.desktop");
      writeFileSync(file, desktopEntry([odd, "--home", "x; 100%u y"], ["otpauth", "pia"]));
      expect(await run("desktop-file-validate", [file])).toEqual({ stdout: "", stderr: "" });
      await run("gio", ["launch", file, "otpauth://totp/a?secret=x"]);
      await until("the program", () => existsSync(said));
      expect(readFileSync(said, "utf8").trimEnd().split("\n")).toEqual([
        ...["--home", "x; 100%u y", "link", "open", "--window", "--", "otpauth://totp/a?secret=x"],
      ]);
    });
  },
);
