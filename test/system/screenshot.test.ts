import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawQr } from "../../scripts/draw-qr.mjs";
import { HOTP_URI, RFC_CODES, type TestHome, testHome } from "../e2e/fob.ts";
import { describeWith } from "../requires.ts";
import { startDisplay, type XDisplay } from "./x-display.ts";

describeWith(
  { Xvfb: "xvfb", scrot: "scrot", import: "imagemagick", xsetroot: "x11-xserver-utils" },
  "the screen (X11)",
  () => {
    let screen: XDisplay;

    beforeAll(async () => {
      screen = await startDisplay();
    });
    afterAll(() => screen.stop());

    /** Shows a page with these codes. */
    async function show(home: string, ...texts: readonly string[]): Promise<void> {
      const page = drawQr(texts[0] ?? "", { canvas: { width: 1_280, height: 800 } });
      if (texts[1] !== undefined) page.composite(drawQr(texts[1]), 40, 40);
      const [picture, bitmap] = [join(home, "page.png"), join(home, "page.xbm")];
      writeFileSync(picture, await page.getBuffer("image/png"));
      execFileSync("convert", [picture, bitmap]);
      execFileSync("xsetroot", ["-bitmap", bitmap], {
        env: { ...process.env, DISPLAY: screen.name },
      });
    }

    /** A folder for PATH in which there are only these programs. */
    function folderWith(home: string, ...programs: readonly string[]): string {
      const folder = mkdtempSync(join(home, "bin-"));
      for (const program of programs) symlinkSync(join("/usr/bin", program), join(folder, program));
      return folder;
    }

    async function expectEnrolled(
      { fob }: TestHome,
      env: Readonly<Record<string, string>>,
    ): Promise<void> {
      expect(await fob(["enroll", "--screen"], { env })).toMatchObject({ exitCode: 0, stderr: "" });
      expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
    }

    test.each(["scrot", "import"])("is read with %s, and its picture removed", async (program) => {
      const test = testHome();
      await show(test.home, HOTP_URI);
      const kept = mkdtempSync(join(test.home, "run-"));
      const PATH = folderWith(test.home, program);
      await expectEnrolled(test, { DISPLAY: screen.name, PATH, XDG_RUNTIME_DIR: kept });
      expect(readdirSync(kept)).toEqual([]);
    });

    test("may show other codes beside the one to enroll", async () => {
      const test = testHome();
      await show(test.home, HOTP_URI, "https://acme.test");
      await expectEnrolled(test, { DISPLAY: screen.name });
    });

    test("without a code to enroll is refused", async () => {
      const { fob, home } = testHome();
      await show(home, "https://acme.test");
      expect(await fob(["enroll", "--screen"], { env: { DISPLAY: screen.name } })).toMatchObject({
        exitCode: 6,
        stderr: expect.stringMatching(/^fob: the screen: this is not an enrollment string/),
      });
    });

    test("cannot be read where there is none, or no program to do it", async () => {
      const { fob, home } = testHome();
      const refusal = (hint: RegExp) => ({
        exitCode: 8,
        stdout: "",
        stderr: expect.stringMatching(hint),
      });
      const nothing = folderWith(home);
      expect(await fob(["enroll", "--screen"])).toMatchObject(
        refusal(/hint: it needs a desktop session/),
      );
      expect(
        await fob(["enroll", "--screen"], { env: { DISPLAY: screen.name, PATH: nothing } }),
      ).toMatchObject(refusal(/hint: install scrot or ImageMagick/));
    });
  },
);
