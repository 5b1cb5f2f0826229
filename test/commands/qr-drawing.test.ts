import { Jimp } from "jimp";
import { expect, test } from "vitest";
import type { Canvas } from "#cli/context.ts";
import { drawForTerminal } from "#commands/qr-drawing.ts";
import { readEasyQrCodes } from "#enrollment/picture/easy-picture.ts";

const CELL = 6;
const BASE =
  "otpauth://totp/ACME:ann@acme.test?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ACME";

async function drawn(text: string, pictures: Canvas) {
  const told: string[] = [];
  const drawing = await drawForTerminal(text, {
    pictures,
    tell: (remark) => void told.push(remark),
  });
  return { drawing, lines: drawing?.split("\n") ?? [], told };
}

/** A photograph of these lines on a dark terminal, white where a block is. */
function photograph(lines: readonly string[]): Promise<Buffer> {
  const [rows, columns] = [lines.length + 2, (lines[0]?.length ?? 0) + 4];
  const picture = new Jimp({ width: columns * CELL, height: rows * 2 * CELL, color: 0x000000ff });
  const paint = (column: number, row: number) => {
    for (let y = row * CELL; y < (row + 1) * CELL; y++)
      for (let x = column * CELL; x < (column + 1) * CELL; x++)
        picture.setPixelColor(0xffffffff, x, y);
  };
  for (const [y, line] of lines.entries()) {
    for (const [x, block] of [...line].entries()) {
      if ("█▀".includes(block)) paint(x + 2, 2 * (y + 1));
      if ("█▄".includes(block)) paint(x + 2, 2 * (y + 1) + 1);
    }
  }
  return picture.getBuffer("image/png");
}

test.each([
  ["a usual Key URI", BASE, 80, 24],
  ["the longest that fits", BASE.padEnd(134, "x"), 80, 24],
  ["a usual one on a narrow terminal", BASE, 41, 60],
])("%s is drawn whole, and is read from the screen", async (_, text, columns, rows) => {
  const { lines, told } = await drawn(text, { hasColor: false, columns, rows });
  expect(told).toEqual([]);
  expect(lines.length).toBeLessThan(rows);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
  expect(await readEasyQrCodes(await photograph(lines), "screen")).toEqual([text]);
});

test("the border is the standard's where it has room", async () => {
  const { lines } = await drawn(BASE, { hasColor: false, columns: 80, rows: 60 });
  expect(lines.slice(0, 2).every((line) => /^█+$/.test(line))).toBe(true);
  expect(lines[2]).not.toMatch(/^█+$/);
});

test("a code that is too high is drawn, one that is too wide is not, and both are said", async () => {
  const long = BASE.padEnd(135, "x");
  const high = await drawn(long, { hasColor: true, columns: 80, rows: 24 });
  expect(high.lines).toHaveLength(25);
  expect(high.told).toEqual([
    "the QR code takes 49 columns and 26 lines, and the terminal has 80 and 24: --qr FILE.png draws it into a file",
  ]);
  const wide = await drawn(long, { hasColor: true, columns: 48, rows: 60 });
  expect(wide.drawing).toBeNull();
  expect(wide.told).toHaveLength(1);
});
