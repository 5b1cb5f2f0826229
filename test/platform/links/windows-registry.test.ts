import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { registration, windowsRegistry, withdrawal } from "#platform/links/windows-registry.ts";

/** The programs of these tests are scripts, and their files have modes. */
const posixTest = test.runIf(process.platform !== "win32");

const PROGRAM = ["C:\\Program Files\\fob\\fob.exe", "--home", "D:\\fob"];
const COMMAND = '"C:\\Program Files\\fob\\fob.exe" --home D:\\fob link open --window -- "%1"';
const CLASS = "HKEY_CURRENT_USER\\Software\\Classes\\otpauth";

/** What another program has registered, as `reg export` writes it. */
const OTHER = `[${CLASS}]
@="URL:Other"
"URL Protocol"=""

[${CLASS}\\shell\\open\\command]
@="\\"C:\\\\Other\\\\other.exe\\" \\"%1\\""`;

/**
 * The edge to `reg` of Windows: keys that it is told are exported and queried, and what it imports
 * is kept as a file.
 */
function makeMachine(exported: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "fob-registry-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const keys = join(folder, "keys.json");
  const script = `#!${process.execPath}
const { readFileSync, writeFileSync, copyFileSync } = require("node:fs");
const [verb, key, file] = process.argv.slice(2);
const keys = JSON.parse(readFileSync(${JSON.stringify(keys)}, "utf8"));
if (verb === "import") copyFileSync(key, ${JSON.stringify(join(folder, "imported.reg"))});
else if (keys[key] === undefined) process.exit(1);
else if (verb === "export") writeFileSync(file, "\\ufeff" + keys[key], "utf16le");
else console.log("\\r\\n" + key + "\\r\\n    (Default)    REG_SZ    " + keys[key] + "\\r\\n");
`;
  writeFileSync(join(folder, "reg.exe"), script, { mode: 0o755 });
  const put = (next: Readonly<Record<string, string>>) => writeFileSync(keys, JSON.stringify(next));
  put(exported);
  const env = { PATH: folder, LOCALAPPDATA: join(folder, "Local") };
  return {
    put,
    registry: windowsRegistry({ env, program: PROGRAM, pinentry: "pinentry" }),
    imported: () => readFileSync(join(folder, "imported.reg"), "utf16le"),
    own: () => readdirSync(join(folder, "Local", "fob")),
  };
}

posixTest(
  "the entries are those of a URL protocol, with the link between quotation marks behind --",
  () => {
    expect(registration(PROGRAM, ["otpauth"])).toBe(`Windows Registry Editor Version 5.00

[${CLASS}]
@="URL:otpauth"
"URL Protocol"=""

[${CLASS}\\shell\\open\\command]
@="\\"C:\\\\Program Files\\\\fob\\\\fob.exe\\" --home D:\\\\fob link open --window -- \\"%1\\""
`);
  },
);

posixTest("taking them back removes the key, and puts the former one in its place", () => {
  const before = new Map([
    ["otpauth", OTHER],
    ["pia", null],
  ]);
  expect(withdrawal(before, ["otpauth", "pia"])).toBe(`Windows Registry Editor Version 5.00

[-${CLASS}]

${OTHER}

[-HKEY_CURRENT_USER\\Software\\Classes\\pia]
`);
});

posixTest(
  "a registration imports what it has shown, remembers the former key, and is taken back",
  async () => {
    const query = `${CLASS}\\shell\\open\\command`;
    const { registry, put, imported, own } = makeMachine({
      [CLASS]: `Windows Registry Editor Version 5.00\r\n\r\n${OTHER.replaceAll("\n", "\r\n")}\r\n`,
      [query]: '"C:\\Other\\other.exe" "%1"',
    });
    const plan = await registry.planInstallation(["otpauth", "pia"]);
    await plan.carryOut();
    const shown = plan.steps.find(({ target }) => target.endsWith("links.reg"))?.content ?? "";
    expect(imported()).toBe(`\ufeff${shown.replaceAll("\n", "\r\n")}`);
    expect(own()).toEqual(["links.json"]);
    put({ [query]: COMMAND });
    expect(await registry.owners(["otpauth", "pia"])).toEqual([
      { scheme: "otpauth", handler: COMMAND, isFob: true, before: '"C:\\Other\\other.exe" "%1"' },
      { scheme: "pia", handler: null, isFob: false, before: null },
    ]);
    await (await registry.planRemoval())?.carryOut();
    // another program has the links of pia, which stay with it
    expect(imported().replaceAll("\r\n", "\n")).toBe(
      `\ufeffWindows Registry Editor Version 5.00\n\n[-${CLASS}]\n\n${OTHER}\n`,
    );
    expect(own()).toEqual([]);
    expect(await registry.planRemoval()).toBeNull();
  },
);

posixTest("where reg cannot be run, nothing is taken for registered", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fob-registry-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const env = { PATH: folder, LOCALAPPDATA: folder };
  const registry = windowsRegistry({ env, program: PROGRAM, pinentry: "pinentry" });
  await expect((await registry.planInstallation(["pia"])).carryOut()).rejects.toThrow(
    /reg\.exe import .* failed/,
  );
});
