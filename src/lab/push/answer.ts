import { type Lab, noteDone, noteRefused } from "#lab/lab.ts";
import {
  isOpen,
  type LabToken,
  type PushChallenge,
  type PushToken,
  replaceChallenge,
} from "#lab/lab-token.ts";
import { deviceKey } from "./device-key.ts";
import { isSignedBy } from "./signature.ts";

/** The reasons for a decline: somebody else started the login, or the person cancelled it. */
const REASONS = ["unknown_trigger", "cancelled"] as const;

/** A device's answer. Texts are as sent, or null when absent. */
export interface PushAnswer {
  readonly serial: string;
  readonly nonce: string | null;
  readonly signature: string;
  readonly isDeclined: boolean;
  readonly reason: string | null;
  readonly presence: string | null;
}

/**
 * Whether an answer was accepted; in code-to-phone mode with the code that the device shows after
 * an approval.
 */
export type AnswerOutcome =
  | { readonly counted: true; readonly displayCode: string | null }
  | { readonly counted: false; readonly why: string };

/**
 * Handles a device's answer, once: it must be signed with the device's key, for a request that is
 * still open. After a wrong number the request stays open, as at privacyIDEA.
 */
export function takeAnswer(lab: Lab, answer: PushAnswer): AnswerOutcome {
  const outcome =
    lab.store.decide(answer.serial, (token) => decide(lab, token, answer)) ?? NO_TOKEN;
  const token = lab.store.token(answer.serial);
  const remark = { user: token?.user ?? null, serial: token && answer.serial };
  if (outcome.counted) {
    noteDone(lab, "push-answer", { ...remark, detail: describe(answer) });
  } else noteRefused(lab, "push-answer", { ...remark, detail: outcome.why });
  return outcome;
}

const NO_TOKEN: AnswerOutcome = {
  counted: false,
  why: "there is no push token of this serial number",
};

function describe({ isDeclined, reason }: PushAnswer): string {
  if (!isDeclined) return "approved";
  return reason === null ? "declined" : `declined (${reason})`;
}

function decide(
  lab: Lab,
  token: LabToken,
  answer: PushAnswer,
): readonly [LabToken | null, AnswerOutcome] {
  if (token.kind !== "push") return [null, NO_TOKEN];
  const knowsReasons = !lab.isOld && !token.isOld;
  const found = signedChallenge(token, knowsReasons ? answer : { ...answer, reason: null });
  if (typeof found === "string") return [null, { counted: false, why: found }];
  const why = refuse(found, answer, lab.clock().getTime());
  if (why !== null) return [null, { counted: false, why }];
  const next = (change: Partial<PushChallenge>) => ({
    ...token,
    challenges: replaceChallenge(token.challenges, found, { ...found, ...change }),
  });
  if (answer.isDeclined) {
    return [
      next({ answer: "declined", reason: answer.reason }),
      { counted: true, displayCode: null },
    ];
  }
  if (found.presence && found.presence.right !== answer.presence) {
    return [null, { counted: false, why: "the wrong number was picked" }];
  }
  return [next({ answer: "accepted" }), { counted: true, displayCode: found.displayCode }];
}

/**
 * The request that the answer names and its signature covers. An answer without a nonce is
 * accepted, as by newer servers: the signature identifies the request.
 */
function signedChallenge(
  { device, challenges, serial }: PushToken,
  answer: PushAnswer,
): PushChallenge | string {
  if (device.state !== "enrolled") return "the token is not enrolled";
  const named = challenges.filter(({ nonce }) => answer.nonce === null || nonce === answer.nonce);
  if (named.length === 0) return "there is no such request";
  const key = deviceKey(device);
  const declined = answer.isDeclined ? ["decline", answer.reason] : [];
  const rest = [serial, ...declined, answer.presence];
  const found = named.find(({ nonce }) => {
    const text = [nonce, ...rest].filter((part) => part !== null).join("|");
    return isSignedBy(key, text, answer.signature);
  });
  return found ?? "the signature is wrong";
}

function refuse(
  challenge: PushChallenge,
  { isDeclined, reason, presence }: PushAnswer,
  now: number,
): string | null {
  if (challenge.answer !== "open") return "the request was answered already";
  if (!isOpen(challenge, now)) return "the request has expired";
  if (reason !== null && !REASONS.some((known) => known === reason))
    return "the reason is not known";
  if (!isDeclined && challenge.presence && presence === null) return "the number is missing";
  // the signed text does not label its parts: otherwise a signed `decline` could be replayed as the
  // number of an approval
  if (presence !== null && !challenge.presence) return "no number was asked for";
  return null;
}
