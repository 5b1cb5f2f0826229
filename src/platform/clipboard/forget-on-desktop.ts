import { powershell, wordOf } from "#platform/program/tool.ts";

/** How long the script may take on Windows, in milliseconds. */
const MAX_CLEARING = 30_000;

/** Clears the desktop's clipboard if it still has this text. Rejects when it cannot be reached. */
export async function forgetOnDesktop(
  ours: string,
  platform: NodeJS.Platform = process.platform,
): Promise<void> {
  if (platform === "win32" && (await clearOnWindows(ours))) return;
  const { default: clipboard } = await import("clipboardy");
  if ((await clipboard.read()) === ours) await clipboard.write("");
}

/**
 * Clears the clipboard of Windows, because `SetText` of Windows Forms refuses an empty text. False
 * when the script cannot run.
 */
async function clearOnWindows(ours: string): Promise<boolean> {
  return (await wordOf(powershell(CLEAR), AbortSignal.timeout(MAX_CLEARING), ours)) === "done";
}

/** The text is passed on standard input, never as part of the script. */
const CLEAR = `
$ErrorActionPreference = 'Stop'
[Console]::InputEncoding = [System.Text.Encoding]::UTF8
$ours = [Console]::In.ReadToEnd()
Add-Type -AssemblyName System.Windows.Forms
if ([System.Windows.Forms.Clipboard]::GetText() -ceq $ours) { [System.Windows.Forms.Clipboard]::Clear() }
'done'`;
