import { t } from "#base/language.ts";
import { osascript } from "#platform/program/tool.ts";
import type { Notifier } from "#push/notifier.ts";
import { scriptedNotifier } from "./scripted-notifier.ts";

/** The notifications and alerts of macOS, through osascript. */
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

/** The texts are passed as data, never as part of the script. */
const PREPARE = `
  ObjC.import("Foundation");
  const input = $.NSFileHandle.fileHandleWithStandardInput.readDataToEndOfFile;
  const notice = JSON.parse($.NSString.alloc.initWithDataEncoding(input, $.NSUTF8StringEncoding).js);
  const app = Application.currentApplication();
  app.includeStandardAdditions = true;`;

/** Return and Escape press the button that does not answer. A cancelled alert throws error -128. */
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
