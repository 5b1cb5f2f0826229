/** Whether a window or a terminal can show a question of a pinentry. */
export function canShowPinentry(
  platform: NodeJS.Platform,
  { DISPLAY, WAYLAND_DISPLAY, GPG_TTY }: NodeJS.ProcessEnv,
): boolean {
  return platform !== "linux" || Boolean(DISPLAY || WAYLAND_DISPLAY || GPG_TTY);
}
