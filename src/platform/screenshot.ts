import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { osascript, outputOf, powershell, type Tool, wordOf } from "#platform/program/tool.ts";
import { absolute } from "./paths.ts";

/** Enough for the picture of a large screen in Base64. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The maximum number of displays of a Mac. */
const MAX_DISPLAYS = 8;

/**
 * Takes a screenshot: one picture file, or one for each display. Throws FobError `unavailable` with
 * a hint about what to install or allow.
 */
export async function takeScreenshot(
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
): Promise<Buffer[]> {
  if (platform === "darwin") await checkPermission(env);
  const pictures =
    platform === "win32" ? await takeOnWindows() : await takeWithFiles(platform, env);
  if (pictures.length > 0) return pictures;
  throw new FobError("unavailable", t("no screenshot can be taken"), {
    hint: hintOf(platform, env),
  });
}

/**
 * Checks the permission to record the screen: without it macOS returns a picture of the background
 * only, and no error. A macOS without this function needs no permission.
 */
async function checkPermission(env: NodeJS.ProcessEnv): Promise<void> {
  if ((await wordOf(osascript(MAY_CAPTURE), AbortSignal.timeout(MAX_ASKING))) !== "refused") return;
  const message = t("macOS does not let this terminal read the screen");
  throw new FobError("unavailable", message, { hint: hintOf("darwin", env) });
}

/** How long macOS may take to answer, in milliseconds. */
const MAX_ASKING = 10_000;

const MAY_CAPTURE = `
  ObjC.bindFunction("CGPreflightScreenCaptureAccess", ["bool", []]);
  $.CGPreflightScreenCaptureAccess() ? "allowed" : "refused"`;

/** In the session's folder, else in the temporary one. */
async function makeFolder(session: string | null): Promise<string> {
  const make = (around: string) => mkdtemp(join(around, "fob-screen-"));
  // the session's may be gone, or another user's
  return session === null ? make(tmpdir()) : make(session).catch(() => make(tmpdir()));
}

/**
 * Takes screenshots into files, because not every program can write to a pipe. The screen may show
 * a secret: the folder is readable only by its owner, and in memory if possible.
 */
async function takeWithFiles(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): Promise<Buffer[]> {
  const folder = await makeFolder(absolute(env["XDG_RUNTIME_DIR"]));
  try {
    const file = (display: number) => join(folder, `screen-${display}.png`);
    const files = Array.from({ length: platform === "darwin" ? MAX_DISPLAYS : 1 }, (_, i) =>
      file(i),
    );
    for (const tool of toolsOf(platform, env, files)) {
      await outputOf(tool, MAX_BYTES);
      const read = await Promise.all(files.map((path) => readFile(path).catch(() => null)));
      const pictures = read.flatMap((picture) => (picture && picture.length > 0 ? [picture] : []));
      if (pictures.length > 0) return pictures;
    }
    return [];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The programs that can take a screenshot, the most likely first. That of macOS writes a file for
 * each display.
 */
function toolsOf(
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
  files: readonly string[],
): readonly Tool[] {
  if (platform === "darwin") return [["screencapture", "-x", "-t", "png", ...files]];
  const [file = ""] = files;
  const gnome: Tool = ["gnome-screenshot", "--file", file];
  const wayland: readonly Tool[] = [["grim", file], gnome];
  const x11: readonly Tool[] = [
    ["scrot", "--silent", file],
    ["import", "-silent", "-window", "root", file],
    gnome,
  ];
  return [...(env["WAYLAND_DISPLAY"] ? wayland : []), ...(env["DISPLAY"] ? x11 : [])];
}

function hintOf(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string {
  if (platform === "darwin")
    return t(
      "allow this terminal in System Settings, Privacy & Security, Screen Recording, and start it again",
    );
  if (platform === "win32") return t("is there a desktop session?");
  if (env["WAYLAND_DISPLAY"])
    return t("install grim or gnome-screenshot, or use --qr with a picture of your own");
  if (env["DISPLAY"])
    return t("install scrot or ImageMagick, or use --qr with a picture of your own");
  return t("it needs a desktop session (DISPLAY or WAYLAND_DISPLAY)");
}

async function takeOnWindows(): Promise<Buffer[]> {
  const printed = await outputOf(powershell(WINDOWS), MAX_BYTES);
  return printed ? [Buffer.from(printed.toString("latin1"), "base64")] : [];
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
