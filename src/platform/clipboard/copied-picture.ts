import { outputOf, powershell } from "#platform/program/tool.ts";

const MAX_BYTES = 64 * 1024 * 1024;

const PNG_SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");

/**
 * The picture on the clipboard as a picture file; null when there is none, or no program that can
 * read it.
 */
export async function readCopiedPicture(): Promise<Buffer | null> {
  const { platform, env } = process;
  if (platform === "darwin") return readOnMac();
  if (platform === "win32") return decode(await outputOf(powershell(WINDOWS), MAX_BYTES), "base64");
  if (env["WAYLAND_DISPLAY"]) return outputOf(["wl-paste", "--type", "image/png"], MAX_BYTES);
  if (!env["DISPLAY"]) return null;
  const copied = await outputOf(
    ["xclip", "-selection", "clipboard", "-t", "image/png", "-o"],
    MAX_BYTES,
  );
  // some programs return their text for any requested type
  return copied?.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE) ? copied : null;
}

/** AppleScript prints the picture as `«data PNGf89504E47...»`. */
async function readOnMac(): Promise<Buffer | null> {
  const printed = await outputOf(
    ["osascript", "-e", "the clipboard as «class PNGf»"],
    2 * MAX_BYTES,
  );
  const [, hex] = /«data PNGf([0-9A-F]+)»/.exec(printed?.toString("utf8") ?? "") ?? [];
  return hex === undefined ? null : Buffer.from(hex, "hex");
}

function decode(output: Buffer | null, encoding: BufferEncoding): Buffer | null {
  return output && Buffer.from(output.toString("latin1"), encoding);
}

const WINDOWS = `
Add-Type -AssemblyName System.Windows.Forms, System.Drawing
$picture = [System.Windows.Forms.Clipboard]::GetImage()
if ($picture) {
  $file = New-Object System.IO.MemoryStream
  $picture.Save($file, [System.Drawing.Imaging.ImageFormat]::Png)
  [Console]::Out.Write([Convert]::ToBase64String($file.ToArray()))
}
`;
