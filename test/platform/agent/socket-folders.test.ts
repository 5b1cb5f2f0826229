import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { agentForShells, newAgentPlace } from "#platform/agent/agent-place.ts";
import { faultsOfSocketFolders, socketFolders } from "#platform/agent/socket-folders.ts";

const LAST = `/tmp/fob-${process.getuid?.()}`;

describe.skipIf(process.platform === "win32")("the folder of an agent's socket", () => {
  test("is in the session's folder, else in the temporary one", () => {
    const session = ourFolder();
    const temporary = ourFolder();
    expect(socketFolders({ XDG_RUNTIME_DIR: session, TMPDIR: temporary })).toEqual([
      join(session, "fob"),
      join(temporary, `fob-${process.getuid?.()}`),
      LAST,
    ]);
  });

  test.each(["XDG_RUNTIME_DIR", "TMPDIR"])("is in no %s that cannot be used", (variable) => {
    const folder = ourFolder();
    writeFileSync(join(folder, "file"), "");
    const long = join(folder, "l".repeat(80));
    mkdirSync(long);
    for (const path of ["", "relative", join(folder, "none"), join(folder, "file"), long]) {
      const env = { [variable]: path };
      expect(socketFolders(env)).toEqual([LAST]);
      expect(faultsOfSocketFolders(env).join()).toContain(path);
      const place = newAgentPlace(folder, env);
      expect(place.socket.startsWith(`${LAST}/`)).toBe(true);
      expect(agentForShells(folder, env)).toBe(place.link);
    }
  });

  test.each(["755", "740", "720", "710", "704", "702", "701"])(
    "is none that others can reach: mode %s",
    (mode) => {
      const session = ourFolder();
      mkdirSync(join(session, "fob"));
      chmodSync(join(session, "fob"), Number.parseInt(mode, 8));
      expect(socketFolders({ XDG_RUNTIME_DIR: session })).toEqual([LAST]);
      expect(faultsOfSocketFolders({ XDG_RUNTIME_DIR: session })).toEqual([
        `${session}/fob is not a folder that only you can reach`,
      ]);
    },
  );

  test("is none where nothing can be made, though it looks so", () => {
    const { socket } = newAgentPlace(ourFolder(), { XDG_RUNTIME_DIR: "/proc" });
    expect(socket.startsWith(`${LAST}/`)).toBe(true);
  });
});

function ourFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "s-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
