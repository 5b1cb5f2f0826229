import { spawn } from "node:child_process";
import { osascript, powershell, type Tool, wordOf } from "#platform/program/tool.ts";

/** How long a script may take, in milliseconds. */
const MAX_COPYING = 10_000;

/**
 * Copies a passcode with what this system has: a program that marks it, else any other, except for
 * one paste. False where there is none; the clipboard is unchanged then. What such a program has of
 * this process, it may keep as long as it serves pastes.
 */
export async function copyByProgram(
  text: string,
  isForOnePaste: boolean,
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  if (isForOnePaste) return copyForOnePaste(text, env);
  if (await copyMarked(text, env)) return true;
  try {
    const { default: clipboard } = await import("clipboardy");
    await clipboard.write(text);
    return true;
  } catch {
    // the package's error contains the copied text, so it is not kept
    return false;
  }
}

/**
 * Copies a passcode with the marks that clipboard managers obey, so that none keeps it. False where
 * no program here can do that; the clipboard is unchanged then.
 */
export async function copyMarked(
  text: string,
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): Promise<boolean> {
  if (platform === "darwin") return copyByScript(osascript(MAC), text);
  if (platform === "win32") return copyByScript(powershell(WINDOWS), text);
  return Boolean(env["WAYLAND_DISPLAY"]) && serve(["wl-copy", "--sensitive", ...PLAIN], text, env);
}

/** Copies a passcode for one paste, with the marks where wl-copy has them. False as above. */
export async function copyForOnePaste(
  text: string,
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): Promise<boolean> {
  if (platform !== "linux" || !env["WAYLAND_DISPLAY"]) return false;
  const once = ["--paste-once", ...PLAIN];
  return (
    (await serve(["wl-copy", "--sensitive", ...once], text, env)) ||
    serve(["wl-copy", ...once], text, env)
  );
}

const PLAIN = ["--type", "text/plain"];

async function copyByScript(tool: Tool, text: string): Promise<boolean> {
  return (await wordOf(tool, AbortSignal.timeout(MAX_COPYING), text)) === "done";
}

/**
 * The program goes on in the background; an older one fails for an option that it does not know.
 */
function serve([command, ...args]: Tool, text: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, cwd: "/", stdio: ["pipe", "ignore", "ignore"] });
    child.once("error", () => resolve(false));
    child.once("close", (status) => resolve(status === 0));
    child.stdin.once("error", () => undefined).end(text);
  });
}

/** The concealed type is that of nspasteboard.org, which clipboard managers of macOS obey. */
const MAC = `
ObjC.import("AppKit");
const input = $.NSFileHandle.fileHandleWithStandardInput.readDataToEndOfFile;
const text = $.NSString.alloc.initWithDataEncoding(input, $.NSUTF8StringEncoding);
const board = $.NSPasteboard.generalPasteboard;
board.clearContents;
const copied = board.setStringForType(text, $.NSPasteboardTypeString);
board.setStringForType($(""), "org.nspasteboard.ConcealedType");
copied ? "done" : "refused"`;

/** The formats with which Windows keeps a text out of its history, its cloud and its monitors. */
const WINDOWS = `
$ErrorActionPreference = 'Stop'
[Console]::InputEncoding = [System.Text.Encoding]::UTF8
$text = [Console]::In.ReadToEnd()
Add-Type -AssemblyName System.Windows.Forms
$data = New-Object System.Windows.Forms.DataObject
$data.SetText($text, [System.Windows.Forms.TextDataFormat]::UnicodeText)
foreach ($format in 'ExcludeClipboardContentFromMonitorProcessing', 'CanIncludeInClipboardHistory', 'CanUploadToCloudClipboard') {
  $data.SetData($format, $false, (New-Object System.IO.MemoryStream (, [byte[]] (0, 0, 0, 0))))
}
[System.Windows.Forms.Clipboard]::SetDataObject($data, $true)
'done'`;
