import { t } from "#base/language.ts";
import { osascript } from "#platform/program/tool.ts";
import type { Notifier } from "#push/notifier.ts";
import { scriptedNotifier } from "./scripted-notifier.ts";

/** Notifications and alerts of macOS, through the system's own script runner. */
export function macNotifier(): Notifier {
  return scriptedNotifier({
    name: "the notifications of macOS",
    tell: osascript(`${PREPARE}
      app.displayNotification(notice.body, { withTitle: notice.title });
      "told"`),
    ask: osascript(`${PREPARE}
      ${ASK}`),
    hint: t("System Settings, Notifications; `fob push listen` needs none"),
  });
}

/** What is shown comes as data, never as a part of the script. */
const PREPARE = `
  ObjC.import("Foundation");
  const input = $.NSFileHandle.fileHandleWithStandardInput.readDataToEndOfFile;
  const notice = JSON.parse($.NSString.alloc.initWithDataEncoding(input, $.NSUTF8StringEncoding).js);
  const app = Application.currentApplication();
  app.includeStandardAdditions = true;`;

/**
 * Return and Escape press the button that decides nothing. An alert that is cancelled throws, error
 * -128.
 */
const ASK = `
  const later = "Not now";
  let word = "neither";
  try {
    const { buttonReturned, gaveUp } = app.displayAlert(notice.title, {
      message: notice.body,
      buttons: [later, ...notice.labels],
      defaultButton: later,
      cancelButton: later,
      givingUpAfter: notice.seconds,
    });
    if (!gaveUp) word = ["first", "second"][notice.labels.indexOf(buttonReturned)] ?? word;
  } catch (error) {
    if (error.errorNumber !== -128) throw error;
  }
  word`;
