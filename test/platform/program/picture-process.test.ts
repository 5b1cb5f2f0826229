import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { readQrCodesApart } from "#platform/program/picture-process.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fob-decoder-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** What comes of decoding "the bytes" with a decoder that does this. */
function decodeWith(program: string): Promise<string[]> {
  const script = join(folder, "decoder.mjs");
  writeFileSync(script, program);
  return readQrCodesApart(script, Buffer.from("the bytes"), "x.png");
}

const ANSWER =
  "process.stdin.on('end', () => console.log(JSON.stringify({ texts: [process.argv[2], bytes] })));";
const UNSTARTED = expect.objectContaining({
  name: "FobError",
  code: "unavailable",
  message: "the program that decodes pictures cannot be started",
});
const refusal = (message: string) =>
  expect.objectContaining({ name: "FobError", code: "invalid", message });

describe("a decoder in a process of its own", () => {
  test("is given the picture and its name, and gives the texts", async () => {
    const program = `let bytes = ""; process.stdin.on("data", (part) => { bytes += part; }); ${ANSWER}`;
    expect(await decodeWith(program)).toEqual(["x.png", "the bytes"]);
  });

  test("tells why it refuses", async () => {
    const program = `console.log(JSON.stringify({ refusal: { code: "invalid", message: "no QR code found in x.png", hint: "cut it" } }))`;
    await expect(decodeWith(program)).rejects.toMatchObject({
      message: "no QR code found in x.png",
      hint: "cut it",
    });
  });

  test("is ended when it takes too much memory", async () => {
    const program = "const held = []; setInterval(() => held.push(Buffer.alloc(2 ** 24, 1)), 5);";
    await expect(decodeWith(program)).rejects.toThrow(
      refusal("x.png takes more than 256 MiB of memory to decode"),
    );
  });

  test("is ended when it takes too long", async () => {
    await expect(decodeWith("for (;;) {}")).rejects.toThrow(
      refusal("x.png takes more than 5 s to decode"),
    );
  });

  test("that is not there is named", async () => {
    const real = process.execPath;
    onTestFinished(() => {
      process.execPath = real;
    });
    process.execPath = join(folder, "nothing");
    await expect(decodeWith("")).rejects.toThrow(UNSTARTED);
  });

  test.skipIf(process.platform === "win32")(
    "that there is no room for is named, and nothing is left of it",
    async () => {
      const held: number[] = [];
      const before = timers();
      try {
        takeDescriptors(held);
        await expect(readQrCodesApart("", Buffer.alloc(1), "x.png")).rejects.toThrow(UNSTARTED);
      } finally {
        held.forEach(closeSync);
      }
      expect(timers()).toBe(before);
    },
  );

  test("may break", async () => {
    await expect(decodeWith("process.abort()")).rejects.toThrow(
      refusal("x.png cannot be decoded: the decoder broke on it"),
    );
  });
});

/** Opens files until this process may have no more. */
function takeDescriptors(held: number[]): void {
  try {
    for (;;) held.push(openSync("/dev/null", "r"));
  } catch (error) {
    expect(error).toMatchObject({ code: "EMFILE" });
  }
}

/** How many timers keep this process running. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
}
