import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { closeToOthers, openToOthers } from "#platform/file-modes.ts";

test.skipIf(process.platform === "win32")(
  "what any other user can read, write or enter is open to others, until it is closed",
  () => {
    const home = mkdtempSync(join(tmpdir(), "fob-modes-"));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const closed = join(home, "closed");
    mkdirSync(closed, { mode: 0o700 });
    const open = [0o040, 0o020, 0o010, 0o004, 0o002, 0o001].map((others) => {
      const path = join(closed, `open to ${others}`);
      writeFileSync(path, "");
      chmodSync(path, 0o600 | others);
      return path;
    });
    expect(openToOthers(home).sort()).toEqual(open.toSorted());
    closeToOthers(open);
    expect(openToOthers(home)).toEqual([]);
  },
);
