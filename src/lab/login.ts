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
 * The result of a login. The reason of a refusal is for the log and the administrator, not for the
 * person who logs in.
 */
export type Verdict =
  | { readonly kind: "accepted"; readonly user: string; readonly serial: string }
  | { readonly kind: "asked"; readonly user: string; readonly transaction: Transaction }
  | { readonly kind: "refused"; readonly reason: string };

/** The typed text, and the waiting login that it belongs to, if any. */
export interface Credentials {
  readonly user: string;
  /** PIN or password and passcode in one text. The PIN alone challenges the tokens. */
  readonly typed: string;
  readonly transaction: string | null;
}

/**
 * Decides a login. An accepted passcode or answer is used up durably before this returns. Every
 * wrong guess counts, and ten in a row lock the user.
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
 * A login with a passcode that another login has just used: refused, but not counted as a guess.
 */
const USED = "used";

/**
 * The token that accepts a passcode in the text, which is then used up; null when there is none.
 */
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

/** Continues a waiting login: with the answer of a device, or with the typed text. */
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

/** Accepts a login by one answer, and closes the challenges of the other tokens. */
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
 * Whether a device has accepted the challenge and nothing more must be typed. Marks the challenge
 * as used.
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
 * Whether a text is the response to a challenge, or the code that a device shows. Marks the
 * challenge as used. PIN or password were checked when the login began.
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

/** The token if the text is the code that its device got after the approval. */
function acceptDisplayCode(
  { token, challenge }: Extract<Asked, { kind: "push" }>,
  typed: string,
): LabToken | null {
  if (challenge.answer !== "accepted" || challenge.displayCode === null) return null;
  return sameSecret(Buffer.from(challenge.displayCode), Buffer.from(typed)) ? token : null;
}

/** The token after a right response. TiQR challenges are answered by the app only, never typed. */
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

/** The token's own PIN takes precedence over the user's password. */
function pinOf(token: LabToken, user: LabUser) {
  return token.pin ?? user.password;
}

function refused(reason: string): Verdict {
  return { kind: "refused", reason };
}
