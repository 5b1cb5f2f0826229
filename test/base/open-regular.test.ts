import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRegular } from "#base/open-regular.ts";

const { O_APPEND, O_CREAT, O_RDONLY, O_RDWR, O_WRONLY } = constants;
const FLAGS = [O_RDONLY, O_WRONLY | O_APPEND, O_WRONLY | O_APPEND | O_CREAT, O_RDWR | O_CREAT];

const base = mkdtempSync(join(tmpdir(), "fob-open-"));
const within = (name: string) => join(base, name);
const server = createServer();
afterAll(() => {
  server.close();
  rmSync(base, { recursive: true, force: true });
});

describe.skipIf(process.platform === "win32")("opening a file", () => {
  beforeAll(async () => {
    mkdirSync(within("folder"));
    execFileSync("mkfifo", [within("pipe")]);
    await new Promise<void>((resolve) => server.listen(within("socket"), resolve));
  });

  test.each(FLAGS)("neither takes anything else nor waits (%i)", (flags) => {
    for (const name of ["folder", "pipe", "socket"])
      expect(openRegular(within(name), flags), name).toBeNull();
  });

  test("creates it for its owner only, where that is asked for", () => {
    expect(() => openRegular(within("new"))).toThrow(expect.objectContaining({ code: "ENOENT" }));
    const opened = openRegular(within("new"), O_WRONLY | O_CREAT);
    closeSync(opened?.file ?? -1);
    expect(opened?.stats.size).toBe(0);
    expect(statSync(within("new")).mode & 0o777).toBe(0o600);
  });
});
