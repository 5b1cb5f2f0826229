import { type AttemptEnd, attempt, attemptsLeft } from "#lab/attempts.ts";
import { type Lab, noteDone, noteRefused } from "#lab/lab.ts";
import { isOpen, type LabToken, markChallenge, type TiqrToken } from "#lab/lab-token.ts";
import { userName } from "#lab/lab-user.ts";
import { acceptResponse } from "#lab/response-check.ts";
import { findAsked, findTransaction } from "#lab/transaction.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";

/** A device's answer to a `tiqrauth://` challenge. */
export interface TiqrAnswer {
  readonly sessionKey: string;
  readonly userId: string;
  readonly response: string;
}

/** The outcome of an answer; `left` is the number of attempts before the user is locked. */
export type TiqrOutcome =
  | { readonly kind: "accepted" | "invalid-challenge" | "invalid-user" | "blocked" }
  | { readonly kind: "invalid-response"; readonly left: number };

/**
 * Handles an answer, once. A wrong one counts like a wrong passcode, and leaves the challenge open.
 */
export async function takeTiqrAnswer(lab: Lab, answer: TiqrAnswer): Promise<TiqrOutcome> {
  const token = challengedToken(lab, answer.sessionKey);
  const outcome =
    token === null ? ({ kind: "invalid-challenge" } as const) : await judge(lab, token, answer);
  const remark = { user: token?.user ?? null, serial: token?.serial ?? null };
  if (outcome.kind === "accepted") noteDone(lab, "tiqr-answer", remark);
  else noteRefused(lab, "tiqr-answer", { ...remark, detail: outcome.kind });
  return outcome;
}

/** The TiQR token with an open challenge in this session, or null. */
function challengedToken(lab: Lab, sessionKey: string): TiqrToken | null {
  for (const { kind, token, challenge } of findTransaction(lab, sessionKey)?.asked ?? []) {
    if (kind === "tiqr" && isOpen(challenge, lab.clock().getTime())) return token;
  }
  return null;
}

async function judge(
  lab: Lab,
  { user: name, serial }: TiqrToken,
  { userId, sessionKey, response }: TiqrAnswer,
): Promise<TiqrOutcome> {
  if (userName(userId) !== name) return { kind: "invalid-user" };
  const user = lab.store.user(name);
  if (!user) return { kind: "invalid-user" };
  const judgement = await attempt(lab, user, (): readonly [AttemptEnd, Judgement] => {
    const found =
      lab.store.decide(serial, (token) => accept(lab, token, sessionKey, response)) ?? "not open";
    return [found === "not open" ? "withdrawn" : found, found];
  });
  if (judgement === null) return { kind: "blocked" };
  if (judgement === "right") return { kind: "accepted" };
  if (judgement === "not open") return { kind: "invalid-challenge" };
  const now = lab.store.user(name);
  return { kind: "invalid-response", left: now ? attemptsLeft(now) : 0 };
}

type Judgement = "right" | "wrong" | "not open";

function accept(
  lab: Lab,
  token: LabToken,
  sessionKey: string,
  response: string,
): readonly [LabToken | null, Judgement] {
  const asked = findAsked(token, sessionKey);
  if (asked?.kind !== "tiqr" || asked.token.device.state !== "enrolled") return [null, "not open"];
  if (!isOpen(asked.challenge, lab.clock().getTime())) return [null, "not open"];
  const { suite, device } = asked.token;
  const session = parseOcraSuite(suite).session === null ? null : sessionInformation(sessionKey);
  const respondent = { suite, secret: device.secret, counter: null, responsePin: null, session };
  const isRight =
    acceptResponse(respondent, asked.challenge.question, response, lab.clock()) !== false;
  return isRight ? [markChallenge(token, sessionKey, "accepted"), "right"] : [null, "wrong"];
}

/**
 * The session information for suites with S: the session key as hexadecimal digits, as in the TiQR
 * project. Ours has an even number of digits.
 */
function sessionInformation(sessionKey: string): Buffer {
  return Buffer.from(sessionKey, "hex");
}
