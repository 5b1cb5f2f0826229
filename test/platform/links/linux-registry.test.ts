import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { linuxRegistry } from "#platform/links/linux-registry.ts";
import { filesBelow } from "../../e2e/fob.ts";
import { describeWith } from "../../requires.ts";

const SCHEMES = ["otpauth", "pia"];
const OTHER = "org.keepassxc.KeePassXC.desktop";

/** A home of its own with the registry of fob in it, and with no program of the desktop. */
function makeHome({ PATH = "" } = {}) {
  const home = mkdtempSync(join(tmpdir(), "fob-registry-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  };
  const registry = linuxRegistry({
    env: { HOME: home, PATH },
    program: ["/usr/bin/fob"],
    pinentry: "pinentry",
  });
  return {
    home,
    registry,
    put,
    read: (path: string) => readFileSync(join(home, path), "utf8"),
    files: () =>
      filesBelow(home)
        .map((path) => path.slice(home.length + 1))
        .toSorted(),
    install: async () => (await registry.planInstallation(SCHEMES)).carryOut(),
    remove: async () => (await registry.planRemoval())?.carryOut(),
  };
}

const LIST = ".config/mimeapps.list";
const PREFERRED = `[Default Applications]\ntext/plain=editor.desktop\nx-scheme-handler/otpauth=${OTHER};more.desktop\n`;

describe.runIf(process.platform === "linux")("the links of a Linux desktop", () => {
  test("go to fob, and back to whoever had them", async () => {
    const { registry, put, read, files, install, remove } = makeHome();
    put(LIST, PREFERRED);
    await install();
    expect(await registry.owners(SCHEMES)).toEqual([
      { scheme: "otpauth", handler: "fob.desktop", isFob: true, before: OTHER },
      { scheme: "pia", handler: "fob.desktop", isFob: true, before: null },
    ]);
    await remove();
    expect(read(LIST)).toBe(PREFERRED);
    expect(files()).toEqual([LIST]);
    expect(await registry.planRemoval()).toBeNull();
  });

  test("leave nothing behind where there was nothing", async () => {
    const { files, install, remove } = makeHome();
    await install();
    expect(files()).toHaveLength(4);
    await remove();
    expect(files()).toEqual([]);
  });

  test("are remembered from before the first installation, however often it is repeated", async () => {
    const { put, read, install, remove } = makeHome();
    put(LIST, PREFERRED);
    await install();
    await install();
    await remove();
    expect(read(LIST)).toBe(PREFERRED);
  });

  test("stay with another program that was chosen meanwhile", async () => {
    const { put, read, install, remove } = makeHome();
    await install();
    put(LIST, read(LIST).replace("pia=fob.desktop", "pia=newer.desktop"));
    await remove();
    expect(read(LIST)).toBe("[Default Applications]\nx-scheme-handler/pia=newer.desktop\n");
  });

  test("are in the file that a link leads to, which stays a link", async () => {
    const { home, put, read, install, remove } = makeHome();
    put("dotfiles/mimeapps.list", PREFERRED);
    mkdirSync(join(home, ".config"));
    symlinkSync("../dotfiles/mimeapps.list", join(home, LIST));
    await install();
    expect(lstatSync(join(home, LIST)).isSymbolicLink()).toBe(true);
    expect(read("dotfiles/mimeapps.list")).toContain("otpauth=fob.desktop");
    await remove();
    expect(read("dotfiles/mimeapps.list")).toBe(PREFERRED);
  });

  test("are shown before: nothing is written by a plan alone", async () => {
    const { registry, put, files } = makeHome();
    put(LIST, PREFERRED);
    const { steps } = await registry.planInstallation(SCHEMES);
    expect(files()).toEqual([LIST]);
    expect(steps.map(({ action, content }) => [action, content !== null])).toEqual(
      Array(4).fill(["write", true]),
    );
    expect(steps.map(({ content }) => content).join("\n")).toContain(
      "\nExec=/usr/bin/fob link open --window -- %u\n",
    );
  });

  test("can be put back after an installation that ended at any step", async () => {
    const { home, registry, put, read, files, remove } = makeHome();
    put(LIST, PREFERRED);
    const { steps } = await registry.planInstallation(SCHEMES);
    expect(steps.at(-1)?.target).toBe(join(home, LIST));
    for (const { target } of steps.slice(0, -1)) {
      const plan = await registry.planInstallation(SCHEMES);
      // where a file should come to lie, something is in the way
      mkdirSync(join(target, "x"), { recursive: true });
      await expect(plan.carryOut()).rejects.toThrow();
      rmSync(target, { recursive: true });
      await remove();
      expect(read(LIST)).toBe(PREFERRED);
      expect(files()).toEqual([LIST]);
    }
  });

  test("are not put back from a memory that is damaged: it is named", async () => {
    const { put, registry, install } = makeHome();
    await install();
    put(".local/state/fob/links.json", '{"version":2}');
    await expect(registry.planRemoval()).rejects.toThrow(/links\.json is damaged, or of a newer/);
  });
});

describeWith({ "xdg-mime": "xdg-utils" }, "xdg-mime", () => {
  test("says the same of the links as fob", async () => {
    const { home, registry, put, install } = makeHome({ PATH: process.env["PATH"] ?? "" });
    const entry = `.local/share/applications/${OTHER}`;
    put(entry, "[Desktop Entry]\nType=Application\nName=x\nExec=true %u\n");
    put(LIST, PREFERRED);
    const before = [
      { scheme: "otpauth", handler: OTHER, isFob: false, before: null },
      { scheme: "pia", handler: null, isFob: false, before: null },
    ];
    expect(await registry.owners(SCHEMES)).toEqual(before);
    await install();
    expect(await registry.owners(SCHEMES)).toMatchObject([{ isFob: true }, { isFob: true }]);
    await (await registry.planRemoval())?.carryOut();
    expect(await registry.owners(SCHEMES)).toEqual(before);
    expect(existsSync(join(home, entry))).toBe(true);
  });
});
