import { t } from "#base/language.ts";
import type { Sensor } from "#cli/sensor.ts";
import { osascript } from "#platform/program/tool.ts";
import { scriptedSensor } from "./asking-program.ts";

/**
 * LAPolicyDeviceOwnerAuthenticationWithBiometrics: a fingerprint or face, never the login password.
 */
const POLICY = 1;

/**
 * LAErrorUserCancel, LAErrorUserFallback ("Use password..."), LAErrorSystemCancel,
 * LAErrorAppCancel.
 */
const CANCELLED = [-2, -3, -4, -9];

/** Touch ID, or another method of LocalAuthentication, through osascript. */
export function touchId(): Sensor {
  return scriptedSensor("Touch ID", {
    probe: osascript(
      `${PREPARE}; context.canEvaluatePolicyError(${POLICY}, null) ? "ready" : "unavailable"`,
    ),
    ask: (reason) => osascript(`${PREPARE}; ${askFor(reason)}`),
    hint: t("System Settings, Touch ID & Password; the PIN works without it"),
  });
}

const PREPARE = 'ObjC.import("LocalAuthentication"); const context = $.LAContext.alloc.init';

/** The reply arrives on another thread, so the script runs the run loop until then. */
function askFor(reason: string): string {
  return `
    let word = "unavailable";
    if (context.canEvaluatePolicyError(${POLICY}, null)) {
      let isDone = false;
      context.localizedFallbackTitle = "";
      context.evaluatePolicyLocalizedReasonReply(${POLICY}, ${JSON.stringify(reason)}, (isRight, error) => {
        const code = isRight ? 0 : error.code;
        word = isRight ? "recognized" : ${JSON.stringify(CANCELLED)}.includes(code) ? "cancelled" : "refused";
        isDone = true;
      });
      while (!isDone) $.NSRunLoop.currentRunLoop.runUntilDate($.NSDate.dateWithTimeIntervalSinceNow(0.05));
    }
    word`;
}
