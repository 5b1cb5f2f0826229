import { LOGIN_WORDING } from "#lab/push/wording.ts";
import { sameSecret } from "#token/secret.ts";
import { type AttemptEnd, attempt } from "./attempts.ts";
import { type Lab, noteDone, noteRefused } from "./lab.ts";
import { type LabToken, markChallenge } from "./lab-token.ts";
import { isLocked, type LabUser, userName } from "./lab-user.ts";
import { usePasscode, wasUsed } from "./passcode-check.ts";
import { isPinAlone, passcodesIn } from "./pin-and-passcode.ts";
import { acceptResponse } from "./response-check.ts";
import {
  type Asked,
  canBeAsked,
  findAsked,
  openTransaction,
  type Transaction,
} from "./transaction.ts";

/**
 * What a login came to. A refusal's reason is for the log and the administrator, not for whoever
 * guesses.
 */
export type Verdict =
  | { readonly kind: "accepted"; readonly user: string; readonly serial: string }
  | { readonly kind: "asked"; readonly user: string; readonly transaction: Transaction }
  | { readonly kind: "refused"; readonly reason: string };

/** What was typed, and the login that it belongs to, if one waits for an answer. */
export interface Credentials {
  readonly user: string;
  /** PIN or password and passcode, in one text; the PIN alone asks the tokens that can be asked. */
  readonly typed: string;
  readonly transaction: string | null;
}

/**
 * Decides a login. What it accepts is used up, durably, before this returns; every wrong guess
 * counts, and ten in a row lock.
 */
export async function decideLogin(
  lab: Lab,
  { user: name, typed, transaction }: Credentials,
): Promise<Verdict> {
  const user = lab.store.user(userName(name) ?? "");
  const verdict = await (user === null
    ? refused("there is no such user")
    : transaction === null
      ? tryPasscodes(lab, user, typed)
      : tryAnswer(lab, user, typed, transaction));
  note(lab, user, verdict);
  return verdict;
}

function note(lab: Lab, user: LabUser | null, verdict: Verdict): void {
  const remark = { user: user?.name ?? null };
  if (verdict.kind === "accepted") noteDone(lab, "login", { ...remark, serial: verdict.serial });
  if (verdict.kind === "refused") noteRefused(lab, "login", { ...remark, detail: verdict.reason });
}

async function tryPasscodes(lab: Lab, user: LabUser, typed: string): Promise<Verdict> {
  const verdict = await attempt(lab, user, async (): Promise<readonly [AttemptEnd, Verdict]> => {
    const tokens = lab.store.tokensOf(user.name);
    const found = await acceptPasscode(lab, user, tokens, typed);
    if (found === USED) return ["withdrawn", refused("the passcode was used already")];
    if (found !== null)
      return ["right", { kind: "accepted", user: user.name, serial: found.serial }];
    const askable: LabToken[] = [];
    for (const token of tokens.filter(canBeAsked))
      if (await isPinAlone(typed, pinOf(token, user))) askable.push(token);
    const transaction = openTransaction(lab, askable, LOGIN_WORDING);
    return transaction
      ? ["withdrawn", { kind: "asked", user: user.name, transaction }]
      : ["wrong", refused("no token accepts this")];
  });
  return verdict ?? refused("the user is locked");
}

/**
 * What a login with a passcode comes to that another one has used a moment before: it is refused,
 * and no guess.
 */
const USED = "used";

/** The token that accepts a passcode in the text, which is used up now; null when none does. */
async function acceptPasscode(
  lab: Lab,
  user: LabUser,
  tokens: readonly LabToken[],
  typed: string,
): Promise<{ readonly serial: string } | typeof USED | null> {
  let isUsed = false;
  for (const token of tokens) {
    if (token.kind !== "totp" && token.kind !== "hotp") continue;
    for (const passcode of await passcodesIn(typed, token.digits, pinOf(token, user))) {
      const isAccepted = lab.store.decide(token.serial, (current) => {
        const next =
          current.kind === token.kind ? usePasscode(current, passcode, lab.clock()) : null;
        return [next, next !== null];
      });
      if (isAccepted) return { serial: token.serial };
      isUsed ||= wasUsed(token, passcode, lab.clock());
    }
  }
  return isUsed ? USED : null;
}

/** A login that waits: what came from a device in the meantime, or what is typed now. */
async function tryAnswer(
  lab: Lab,
  user: LabUser,
  typed: string,
  transaction: string,
): Promise<Verdict> {
  const asked = lab.store
    .tokensOf(user.name)
    .flatMap((token) => findAsked(token, transaction) ?? []);
  if (asked.length === 0) return refused("there is no such challenge");
  if (isLocked(user)) return refused("the user is locked");
  const collected = asked.find(({ token }) => collect(lab, token.serial, transaction));
  if (collected) return accept(lab, asked, collected, transaction);
  if (typed === "") return refused("there is no answer yet");
  const verdict = await attempt(lab, user, (): readonly [AttemptEnd, Verdict] => {
    const answered = asked.find(({ token }) => acceptTyped(lab, token.serial, typed, transaction));
    return answered
      ? ["right", accept(lab, asked, answered, transaction)]
      : ["wrong", refused("the answer is wrong")];
  });
  return verdict ?? refused("the user is locked");
}

/**
 * Lets in by one answer. The other tokens that were asked for the same login need not answer any
 * more, and cannot.
 */
function accept(
  lab: Lab,
  asked: readonly Asked[],
  { token: by }: Asked,
  transaction: string,
): Verdict {
  for (const { token } of asked) {
    if (token.serial !== by.serial)
      lab.store.decide(token.serial, (now) => [markChallenge(now, transaction, "used"), null]);
  }
  return { kind: "accepted", user: by.user, serial: by.serial };
}

/**
 * Whether a device had accepted and nothing more needs to be typed; it has been used for a login
 * from now on.
 */
function collect(lab: Lab, serial: string, transaction: string): boolean {
  const decided = lab.store.decide(serial, (token): readonly [LabToken | null, boolean] => {
    const asked = findAsked(token, transaction);
    if (asked?.challenge.answer !== "accepted" || isOver(lab, asked.challenge))
      return [null, false];
    if (asked.kind === "push" && asked.challenge.displayCode !== null) return [null, false];
    return [markChallenge(token, transaction, "used"), true];
  });
  return decided ?? false;
}

/**
 * Whether a text is the response to a challenge, or the code that a device shows; it is used up
 * now. PIN or password came with the question.
 */
function acceptTyped(lab: Lab, serial: string, typed: string, transaction: string): boolean {
  const decided = lab.store.decide(serial, (token): readonly [LabToken | null, boolean] => {
    const asked = findAsked(token, transaction);
    if (!asked || isOver(lab, asked.challenge)) return [null, false];
    const next =
      asked.kind === "push"
        ? acceptDisplayCode(asked, typed)
        : acceptOcra(asked, typed, lab.clock());
    return [next && markChallenge(next, transaction, "used"), next !== null];
  });
  return decided ?? false;
}

/** The token when a text is the code that its device was told after the approval. */
function acceptDisplayCode(
  { token, challenge }: Extract<Asked, { kind: "push" }>,
  typed: string,
): LabToken | null {
  if (challenge.answer !== "accepted" || challenge.displayCode === null) return null;
  return sameSecret(Buffer.from(challenge.displayCode), Buffer.from(typed)) ? token : null;
}

/**
 * The token after a right response. What answers a TiQR challenge comes from the app, never from a
 * keyboard.
 */
function acceptOcra(
  { kind, token, challenge }: Exclude<Asked, { kind: "push" }>,
  typed: string,
  now: Date,
): LabToken | null {
  if (kind !== "ocra" || challenge.answer !== "open") return null;
  const counter = acceptResponse({ ...token, session: null }, challenge.question, typed, now);
  return counter === false ? null : { ...token, counter };
}

function isOver(lab: Lab, { expiresAt }: { readonly expiresAt: number }): boolean {
  return lab.clock().getTime() >= expiresAt;
}

/** A PIN of the token's own counts before the user's password. */
function pinOf(token: LabToken, user: LabUser) {
  return token.pin ?? user.password;
}

function refused(reason: string): Verdict {
  return { kind: "refused", reason };
}
