import type { Notifier } from "#push/notifier.ts";
import { desktopNotifier } from "./desktop-notifier.ts";
import { macNotifier } from "./mac-notifier.ts";
import { windowsNotifier } from "./windows-notifier.ts";

/** The notifier of this platform. */
export function systemNotifier(platform: NodeJS.Platform): Notifier {
  if (platform === "darwin") return macNotifier();
  return platform === "win32" ? windowsNotifier() : desktopNotifier();
}
