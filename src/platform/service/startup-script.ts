/**
 * A script that starts the agent at log-in, in a window that is small and closes. cmd reads it as
 * UTF-8, with its own percent signs doubled; a path of Windows holds no quotation marks.
 */
export function startupScript(program: readonly string[]): string {
  const words = program.map((word) => `"${word.replaceAll("%", "%%")}"`).join(" ");
  return [
    "@echo off",
    "rem Written by `fob agent install`; `fob agent remove` takes it away.",
    "chcp 65001 >nul",
    `start "fob agent" /min ${words}`,
    "",
  ].join("\r\n");
}
