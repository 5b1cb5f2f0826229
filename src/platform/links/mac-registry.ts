import { join } from "node:path";
import { quoteForShell } from "#base/shell-word.ts";
import type { LinkOwner } from "#cli/links.ts";
import { userHome } from "#platform/paths.ts";
import { planOf, runTool, type Step, writing } from "#platform/program/system-steps.ts";
import { osascript, type Tool } from "#platform/program/tool.ts";
import { type Registry, type Surroundings, UNDO } from "./registry.ts";
import { type Before, formatRemembered, readRemembered, rememberedPath } from "./remembered.ts";

const BUNDLE_ID = "org.fob.links";

const LSREGISTER =
  "/System/Library/Frameworks/CoreServices.framework/Frameworks/LaunchServices.framework/Support/lsregister";

/**
 * The launch services of macOS: an applet, which osacompile makes of a script, gets the links, and
 * starts fob in Terminal.
 */
export function macRegistry({ env, program }: Surroundings): Registry {
  const remembered = rememberedPath(env, "darwin");
  const folder = join(userHome(env["HOME"]), "Applications");
  const applet = join(folder, "fob links.app");
  const source = join(folder, "fob links.applescript");
  return {
    owners: (schemes) => findOwners(schemes, readRemembered(remembered), env),
    async planInstallation(schemes) {
      const known = readRemembered(remembered);
      const owners = await findOwners(schemes, known, env);
      const own = owners.map(
        ({ scheme, handler, isFob }) => [scheme, isFob ? null : handler] as const,
      );
      const before = new Map([...own, ...(known ?? [])]);
      return planOf(
        [
          writing(remembered, formatRemembered(before)),
          writing(source, appletScript(program)),
          { action: "run", tool: ["osacompile", "-o", applet, source] },
          { action: "remove", path: source },
          ...bundleSteps(applet, schemes),
          ...schemes.map((scheme) => setting(scheme, BUNDLE_ID)),
        ],
        env,
        UNDO,
      );
    },
    async planRemoval() {
      const before = readRemembered(remembered);
      if (!before) return null;
      const owners = await findOwners([...before.keys()], before, env);
      const own = owners.filter(({ isFob }) => isFob);
      const restoring = own.flatMap(({ scheme, before: former }) =>
        former === null ? [] : [setting(scheme, former)],
      );
      return planOf(
        [
          ...restoring,
          { action: "run", tool: [LSREGISTER, "-u", applet], isOptional: true },
          { action: "remove", path: applet },
          { action: "remove", path: remembered },
        ],
        env,
        UNDO,
      );
    },
  };
}

/**
 * The script of the applet. It hands the link over in a file of the user's own temporary folder:
 * a command line could be read by others.
 */
export function appletScript(program: readonly string[]): string {
  const words = [...program, "link", "open", "--window", "--take"].map(quoteForShell).join(" ");
  return [
    "on open location theLink",
    '\tset theFile to do shell script "mktemp -t fob-link"',
    "\tset theHandle to open for access POSIX file theFile with write permission",
    "\twrite theLink to theHandle as «class utf8»",
    "\tclose access theHandle",
    '\ttell application "Terminal"',
    "\t\tactivate",
    `\t\tdo script ${appleString(`exec ${words} `)} & quoted form of theFile`,
    "\tend tell",
    "end open location",
    "",
  ].join("\n");
}

/** What makes a bundle of the applet that the system knows by the schemes. */
export function bundleSteps(applet: string, schemes: readonly string[]): Step[] {
  const plist = join(applet, "Contents", "Info.plist");
  const types = JSON.stringify([{ CFBundleURLName: BUNDLE_ID, CFBundleURLSchemes: schemes }]);
  const run = (...tool: [string, ...string[]]): Step => ({ action: "run", tool });
  return [
    run("plutil", "-replace", "CFBundleIdentifier", "-string", BUNDLE_ID, plist),
    run("plutil", "-replace", "CFBundleURLTypes", "-json", types, plist),
    run("plutil", "-replace", "LSUIElement", "-bool", "YES", plist),
    // the changes have broken the signature, without which Apple's processors run nothing
    run("codesign", "--force", "--sign", "-", applet),
    run(LSREGISTER, "-f", applet),
  ];
}

/** Makes a bundle the program for the links of a scheme. */
function setting(scheme: string, bundle: string): Step {
  const call = `$.LSSetDefaultHandlerForURLScheme($(${JSON.stringify(scheme)}), $(${JSON.stringify(bundle)}))`;
  return { action: "run", tool: osascript(`ObjC.import("CoreServices"); ${call}`) };
}

/** Asks for the bundle that opens the links of a scheme; empty for none. */
function asking(scheme: string): Tool {
  const url = `$.NSURL.URLWithString(${JSON.stringify(`${scheme}://x`)})`;
  return osascript(
    `ObjC.import("AppKit"); const app = $.NSWorkspace.sharedWorkspace.URLForApplicationToOpenURL(${url}); ` +
      "app.isNil() ? '' : ObjC.unwrap($.NSBundle.bundleWithURL(app).bundleIdentifier) ?? ''",
  );
}

async function findOwners(
  schemes: readonly string[],
  before: Before | null,
  env: NodeJS.ProcessEnv,
): Promise<readonly LinkOwner[]> {
  return Promise.all(
    schemes.map(async (scheme) => {
      const { exitCode, output } = await runTool(asking(scheme), env);
      const handler = exitCode === 0 ? output.trim() || null : null;
      return {
        scheme,
        handler,
        isFob: handler === BUNDLE_ID,
        before: before?.get(scheme) ?? null,
      };
    }),
  );
}

function appleString(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}
