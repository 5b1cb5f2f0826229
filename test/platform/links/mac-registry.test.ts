import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { appletScript, bundleSteps, macRegistry } from "#platform/links/mac-registry.ts";

/** The programs of these tests are scripts, and their files have modes. */
const posixTest = test.runIf(process.platform !== "win32");

const PROGRAM = ["/opt/node/bin/node", "/Users/ann/it's/fob.js"];

posixTest("the applet hands a link over in a file, and none in a command line", () => {
  const script = appletScript(PROGRAM);
  expect(script.split("\n")).toEqual([
    "on open location theLink",
    '\tset theFile to do shell script "mktemp -t fob-link"',
    "\tset theHandle to open for access POSIX file theFile with write permission",
    "\twrite theLink to theHandle as «class utf8»",
    "\tclose access theHandle",
    '\ttell application "Terminal"',
    "\t\tactivate",
    `\t\tdo script "exec '/opt/node/bin/node' '/Users/ann/it'\\\\''s/fob.js' 'link' 'open' '--window' '--take' " & quoted form of theFile`,
    "\tend tell",
    "end open location",
    "",
  ]);
  expect(script.match(/theLink/g)).toHaveLength(2);
});

posixTest("the bundle names its schemes, and is signed after its last change", () => {
  const steps = bundleSteps("/A/fob links.app", ["otpauth", "pia"]);
  const tools = steps.flatMap((step) => (step.action === "run" ? [step.tool] : []));
  expect(tools.map(([name]) => name.split("/").at(-1))).toEqual([
    ...["plutil", "plutil", "plutil", "codesign", "lsregister"],
  ]);
  const types = tools.find((tool) => tool.includes("CFBundleURLTypes"))?.at(4) ?? "";
  expect(JSON.parse(types)).toEqual([
    { CFBundleURLName: "org.fob.links", CFBundleURLSchemes: ["otpauth", "pia"] },
  ]);
});

/** The edge to macOS: its programs note how they are called; `owner` opens every link. */
function makeMachine(owner: string) {
  const folder = mkdtempSync(join(tmpdir(), "fob-registry-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [bin, log] = [join(folder, "bin"), join(folder, "log")];
  mkdirSync(bin);
  for (const name of ["osacompile", "plutil", "codesign", "osascript"]) {
    const say = name === "osascript" ? "cat owner" : ":";
    const text = `#!/bin/sh\necho ${name} >>'${log}'\ncd '${folder}' && ${say}\n`;
    writeFileSync(join(bin, name), text, { mode: 0o755 });
  }
  const own = (name: string) => writeFileSync(join(folder, "owner"), `${name}\n`);
  own(owner);
  const env = { PATH: `${bin}:/bin:/usr/bin`, HOME: folder };
  return {
    own,
    folder,
    registry: macRegistry({ env, program: PROGRAM, pinentry: "pinentry" }),
    called: () => readFileSync(log, "utf8").trim().split("\n"),
  };
}

posixTest(
  "a registration that the system does not finish is remembered, and can be taken back",
  async () => {
    const { registry, folder, called, own } = makeMachine("com.other.app");
    const plan = await registry.planInstallation(["otpauth"]);
    // there are no launch services here
    await expect(plan.carryOut()).rejects.toThrow(/lsregister -f .* failed/);
    expect(called()).toEqual([
      ...["osascript", "osacompile", "plutil", "plutil", "plutil", "codesign"],
    ]);
    expect(existsSync(join(folder, "Applications", "fob links.applescript"))).toBe(false);
    own("org.fob.links");
    expect(await registry.owners(["otpauth"])).toEqual([
      { scheme: "otpauth", handler: "org.fob.links", isFob: true, before: "com.other.app" },
    ]);
    const removal = await registry.planRemoval();
    expect(removal?.steps[0]?.target).toMatch(/LSSetDefaultHandlerForURLScheme.*com\.other\.app/);
    await removal?.carryOut();
    expect(await registry.planRemoval()).toBeNull();
  },
);
