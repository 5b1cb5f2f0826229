import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** The name of the desktop entry and of its icon. */
export const ENTRY_NAME = "fob.desktop";
export const ICON_NAME = "fob";

/** The type that stands for the links of a scheme in lists of MIME types. */
export function schemeType(scheme: string): string {
  return `x-scheme-handler/${scheme}`;
}

/**
 * The desktop entry of fob (Desktop Entry Specification). `program` is the command line that
 * starts fob. It asks for no terminal: the desktop would put the link, which holds a secret, on
 * the command line of that terminal as well.
 */
export function desktopEntry(program: readonly string[], schemes: readonly string[]): string {
  const command = [...program, "link", "open", "--window", "--"].map(execArgument);
  return [
    "[Desktop Entry]",
    "Type=Application",
    "Version=1.0",
    "Name=fob",
    "GenericName=Authenticator",
    "Comment=Asks about enrollment and login links before anything is done",
    `Exec=${[...command, "%u"].join(" ")}`,
    `Icon=${ICON_NAME}`,
    "Terminal=false",
    "NoDisplay=true",
    "StartupNotify=false",
    "Categories=Utility;",
    `MimeType=${schemes.map((scheme) => `${schemeType(scheme)};`).join("")}`,
    "",
  ].join("\n");
}

/** The characters of an argument that needs no quotation marks. */
const PLAIN = /^[\p{L}\p{N}._@+:=/-]+$/u;

/**
 * An argument of the key Exec: quoted where it must be, because xdg-open 1.1 splits the line at
 * spaces whatever is quoted. The value is a string, whose own backslashes are escaped once more.
 * Throws FobError `usage` for a path that no desktop entry can hold.
 */
function execArgument(argument: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no line of a desktop entry has them
  if (/[\u0000-\u001f\u007f]/.test(argument))
    throw new FobError("usage", t`${argument} cannot be the path of a program in a desktop entry`);
  const escaped = argument.replaceAll("%", "%%");
  if (PLAIN.test(argument)) return argument;
  return `"${escaped.replace(/["`$\\]/g, "\\$&").replaceAll("\\", "\\\\")}"`;
}
