import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { describeWith } from "../requires.ts";
import { RFC_SECRET, TOTP_URI, testHome } from "./fob.ts";
import { openTerminal, type Terminal } from "./terminal.ts";
import { enroll, namesOf, ok, twoHomes } from "./two-homes.ts";

const PIN = "83517";
const OTHER_PIN = "90210";

/** A terminal that closes with the test. */
function terminalOf(home: string): Terminal {
  const terminal = openTerminal(home);
  onTestFinished(() => terminal.close());
  return terminal;
}

describeWith({ tmux: "tmux" }, "synchronising at a terminal", () => {
  test("a token with a PIN asks for it once, and wants a new one on the other device", async () => {
    const { laptop, desktop } = await twoHomes([TOTP_URI]);
    const uri = `otpauth://totp/Guarded:ann?secret=${RFC_SECRET.replace("G", "A")}&issuer=Guarded`;
    await enroll(laptop, uri);
    const setting = { env: { FOB_PIN: PIN } };
    expect(await laptop.fob(["pin", "set", "Guarded"], setting)).toMatchObject({ exitCode: 0 });

    expect(await laptop.fob(["sync", "add", "Guarded"])).toMatchObject({ exitCode: 5 });
    const here = terminalOf(laptop.home);
    here.type("fob sync add Guarded", "Enter");
    await here.see("PIN for Guarded");
    here.type(PIN, "Enter");
    await here.see("shared Guarded");
    here.type("clear; fob sync && echo again", "Enter");
    await here.see(/^again/m);

    const waiting = await desktop.fob(["sync"], setting);
    expect(waiting).toMatchObject({ exitCode: 0 });
    expect(waiting.stderr).toContain("Guarded wants a PIN first");
    expect(await namesOf(desktop)).toEqual(["Example"]);
    expect(await ok(desktop, ["sync", "status"])).toMatchObject({ waiting: ["Guarded"] });
    // what happens to it meanwhile reaches it
    await ok(laptop, ["rename", "Guarded", "Locked"]);
    await ok(laptop, ["sync"]);
    const there = terminalOf(desktop.home);
    there.type("fob sync", "Enter");
    await there.see("PIN for Locked");
    await there.interrupt();
    expect(await namesOf(desktop)).toEqual(["Example"]);
    there.type("clear; fob sync", "Enter");
    await there.see("PIN for Locked");
    there.type(OTHER_PIN, "Enter");
    await there.see("once more");
    there.type(OTHER_PIN, "Enter");
    await there.see("added: Locked");
    expect(await ok(desktop, ["sync", "status"])).toMatchObject({ waiting: [] });
    const code = ["code", "Locked", "--at", "@59"];
    const answers = [desktop.fob(code), desktop.fob(code, setting)];
    const codes = (await Promise.all(answers)).map(({ exitCode }) => exitCode);
    expect(codes).toEqual([5, 4]);
    const right = { env: { FOB_PIN: OTHER_PIN } };
    const theirs = await desktop.fob(code, right);
    expect(theirs.stdout).toBe((await laptop.fob(code, setting)).stdout);
    expect(theirs.stdout).toMatch(/^\d{6}\n$/);
  });

  test("a drawn invitation is read from the screen, and asked about by its words", async () => {
    const laptop = testHome();
    const desktop = testHome();
    await enroll(laptop, TOTP_URI);
    await ok(laptop, ["sync", "init", join(laptop.home, "tokens.git"), "--name", "laptop"]);
    await ok(laptop, ["sync", "add", "--all"]);
    const screen = terminalOf(laptop.home);
    screen.resize(160, 80);
    screen.type("clear; fob sync invite --qr --wait", "Enter");
    const picture = join(desktop.home, "invitation.bmp");
    writeFileSync(picture, photograph(await screen.see("waiting for the other device")));
    const args = ["sync", "join", "--qr", picture, "--name", "desktop"];
    const { words } = await ok(desktop, args);
    await screen.see(`desktop asks to join. Does its screen show ${words}?`);
    screen.type("y", "Enter");
    await screen.see("desktop has joined");
    expect(await ok(desktop, ["sync"])).toMatchObject({ added: ["Example"] });
  });
});

/** A picture (BMP) of the QR code on a screen: two modules a character. */
function photograph(screen: string): Buffer {
  const lines = screen.split("\n").filter((line) => /[▀▄█]/.test(line));
  const width = Math.max(...lines.map((line) => line.length)) + 4;
  const rows = lines.flatMap((line) =>
    ["▀█", "▄█"].map((dark) =>
      Array.from({ length: width }, (_, x) => dark.includes(line[x] || " ")),
    ),
  );
  const size = 4;
  const stride = Math.ceil((width * size * 3) / 4) * 4;
  const pixels = Buffer.alloc(stride * rows.length * size, 0xff);
  for (const [y, row] of rows.entries())
    for (const [x, isDark] of row.entries())
      for (let line = 0; isDark && line < size; line++) {
        // the lines of the picture begin at its bottom
        const start = ((rows.length - 1 - y) * size + line) * stride + x * size * 3;
        pixels.fill(0, start, start + size * 3);
      }
  const header = Buffer.alloc(54);
  header.write("BM");
  header.writeUInt32LE(54 + pixels.length, 2);
  header.writeUInt32LE(54, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width * size, 18);
  header.writeInt32LE(rows.length * size, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  header.writeUInt32LE(pixels.length, 34);
  return Buffer.concat([header, pixels]);
}
