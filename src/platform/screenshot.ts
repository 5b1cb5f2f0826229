import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import { outputOf, powershell, type Tool } from "./tool.ts";

/** A large screen's picture in Base64. */
const MAX_BYTES = 64 * 1024 * 1024;

/** A picture file of the whole screen. Throws FobError `unavailable` with a hint what to install. */
export async function takeScreenshot(): Promise<Buffer> {
  const picture = process.platform === "win32" ? await takeOnWindows() : await takeWithFile();
  if (picture) return picture;
  throw new FobError("unavailable", t("no screenshot can be taken"), { hint: hintOf(process.platform, process.env) });
}

/** Not every program can write to a pipe. The screen may show a secret: the folder is its owner's alone, in memory where there is such. */
async function takeWithFile(): Promise<Buffer | null> {
  const folder = await mkdtemp(join(process.env["XDG_RUNTIME_DIR"] || tmpdir(), "fob-screen-"));
  try {
    const file = join(folder, "screen.png");
    for (const tool of toolsOf(process.platform, process.env, file)) {
      await outputOf(tool, MAX_BYTES);
      const picture = await readFile(file).catch(() => null);
      if (picture && picture.length > 0) return picture;
    }
    return null;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The programs that can take one, the likeliest first. */
function toolsOf(platform: NodeJS.Platform, env: NodeJS.ProcessEnv, file: string): readonly Tool[] {
  if (platform === "darwin") return [["screencapture", "-x", "-t", "png", file]];
  const gnome: Tool = ["gnome-screenshot", "--file", file];
  const wayland: readonly Tool[] = [["grim", file], gnome];
  const x11: readonly Tool[] = [["scrot", "--silent", file], ["import", "-silent", "-window", "root", file], gnome];
  return [...(env["WAYLAND_DISPLAY"] ? wayland : []), ...(env["DISPLAY"] ? x11 : [])];
}

function hintOf(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string {
  if (platform === "darwin") return t("allow it in System Settings, Privacy & Security, Screen Recording");
  if (platform === "win32") return t("is there a desktop session?");
  if (env["WAYLAND_DISPLAY"]) return t("install grim or gnome-screenshot, or use --qr with a picture of your own");
  if (env["DISPLAY"]) return t("install scrot or ImageMagick, or use --qr with a picture of your own");
  return t("it needs a desktop session (DISPLAY or WAYLAND_DISPLAY)");
}

async function takeOnWindows(): Promise<Buffer | null> {
  const printed = await outputOf(powershell(WINDOWS), MAX_BYTES);
  return printed && Buffer.from(printed.toString("latin1"), "base64");
}

const WINDOWS = `
Add-Type -AssemblyName System.Windows.Forms, System.Drawing
$area = [System.Windows.Forms.SystemInformation]::VirtualScreen
$picture = New-Object System.Drawing.Bitmap $area.Width, $area.Height
[System.Drawing.Graphics]::FromImage($picture).CopyFromScreen($area.Left, $area.Top, 0, 0, $picture.Size)
$file = New-Object System.IO.MemoryStream
$picture.Save($file, [System.Drawing.Imaging.ImageFormat]::Png)
[Console]::Out.Write([Convert]::ToBase64String($file.ToArray()))
`;
