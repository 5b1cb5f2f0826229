import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { drawQr } from "../../scripts/draw-qr.mjs";
import { HOTP_URI, RFC_CODES, TOTP_URI, testHome } from "./fob.ts";

describe("QR pictures on the command line", () => {
  test("enroll tokens, several at once", async () => {
    const { fob, home } = testHome();
    const [png, jpeg] = [join(home, "a.png"), join(home, "b.jpg")];
    writeFileSync(png, await drawQr(HOTP_URI).getBuffer("image/png"));
    writeFileSync(jpeg, await drawQr(TOTP_URI).getBuffer("image/jpeg"));
    expect(await fob(["enroll", "--qr", png, jpeg])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^enrolled ACME .*\nenrolled Example .*\n$/),
      stderr: "",
    });
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("carry challenges", async () => {
    const { fob, home } = testHome();
    const picture = join(home, "challenge.png");
    writeFileSync(picture, await drawQr("00000000").getBuffer("image/png"));
    const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    await fob(["enroll", "-"], {
      input: `otpauth://ocra/bank?secret=${secret}&suite=OCRA-1:HOTP-SHA1-6:QN08`,
    });
    expect((await fob(["challenge", "bank", "--qr", picture])).stdout).toBe("237653\n");
    expect(await fob(["challenge", "bank", "1", "--qr", picture])).toMatchObject({ exitCode: 2 });
  });

  test("that are made to harm are refused in a line", async () => {
    const { fob, home } = testHome();
    const path = join(home, "bomb.gif");
    const blank = { width: 7_000, height: 7_000, channels: 3, background: "white" } as const;
    writeFileSync(path, await sharp({ create: blank }).gif().toBuffer());
    expect(await fob(["enroll", "--qr", path])).toMatchObject({
      exitCode: 6,
      stdout: "",
      stderr: expect.stringMatching(
        /^fob: (no QR code found in )?\S*bomb\.gif( takes more than 256 MiB .*)?\n(hint: .*\n)?$/,
      ),
    });
  });

  test("that no process can be started for are refused at once", async () => {
    const { fob, home } = testHome();
    const path = join(home, "large.png");
    await drawQr(HOTP_URI, { canvas: { width: 3_000, height: 3_000 } }).write(
      path as `${string}.png`,
    );
    const env = {
      NODE_OPTIONS: `--require ${fileURLToPath(new URL("no-node-shim.cjs", import.meta.url))}`,
    };
    expect(await fob(["enroll", "--qr", path], { env })).toMatchObject({
      exitCode: 8,
      stderr: "fob: the program that decodes pictures cannot be started\n",
    });
  });

  test("that say something else are told apart from those that say nothing", async () => {
    const { fob, home } = testHome();
    const path = join(home, "x.png");
    writeFileSync(path, await drawQr("https://acme.test").getBuffer("image/png"));
    expect(await fob(["enroll", "--qr", path])).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining(`${path}: this is not an enrollment string`),
    });
    expect(await fob(["enroll", "--qr", join(home, "nix.png")])).toMatchObject({
      exitCode: 6,
      stderr: `fob: ${home}/nix.png does not exist\n`,
    });
    expect(await fob(["enroll", "--qr", home])).toMatchObject({
      exitCode: 6,
      stderr: `fob: ${home} is not a file, but a folder\n`,
    });
  });
});
