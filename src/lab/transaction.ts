import { newPushChallenge } from "#lab/push/challenge.ts";
import type { PushWording } from "#lab/push/wording.ts";
import { type Lab, noteDone } from "./lab.ts";
import {
  isOpen,
  type LabToken,
  newTransaction,
  type OcraChallenge,
  type OcraToken,
  type PushChallenge,
  type PushToken,
  type TiqrToken,
  withChallenge,
} from "./lab-token.ts";
import { newOcraChallenge } from "./ocra-challenge.ts";

/** A challenged token, and its challenge. */
export type Asked =
  | { readonly kind: "push"; readonly token: PushToken; readonly challenge: PushChallenge }
  | { readonly kind: "ocra"; readonly token: OcraToken; readonly challenge: OcraChallenge }
  | { readonly kind: "tiqr"; readonly token: TiqrToken; readonly challenge: OcraChallenge };

/** A login that waits for the answer of one of its tokens. */
export interface Transaction {
  readonly id: string;
  readonly asked: readonly Asked[];
}

/**
 * The state of a transaction: `accepted` or `declined` once a token has answered so; `accepted`
 * takes precedence.
 */
export type TransactionState = "open" | "accepted" | "declined" | "over";

/**
 * Challenges all of the tokens of one user that can be challenged. Devices see it at their next
 * poll. Null when there is no such token.
 */
export function openTransaction(
  lab: Lab,
  tokens: readonly LabToken[],
  wording: PushWording,
): Transaction | null {
  const [first] = tokens;
  if (!first) return null;
  const id = newTransaction();
  lab.store.addTransaction(id, first.user, lab.clock());
  const asked = tokens.flatMap(
    ({ serial }) => lab.store.decide(serial, (token) => ask(lab, token, id, wording)) ?? [],
  );
  for (const { kind, token } of asked)
    noteDone(lab, "challenge", { user: token.user, serial: token.serial, detail: kind });
  return asked.length === 0 ? null : { id, asked };
}

/** The transaction with this id. Null when there is none, or it was long ago. */
export function findTransaction(lab: Lab, id: string): Transaction | null {
  const asked = lab.store.tokensAskedBy(id).flatMap((token) => findAsked(token, id) ?? []);
  return asked.length === 0 ? null : { id, asked };
}

/** The state of a transaction at `now`, in Unix milliseconds. */
export function transactionState({ asked }: Transaction, now: number): TransactionState {
  const answers = asked.map(({ challenge }) => challenge);
  if (answers.some(({ answer, expiresAt }) => answer === "accepted" && now < expiresAt))
    return "accepted";
  if (answers.some((challenge) => isOpen(challenge, now))) return "open";
  return answers.some(({ answer }) => answer === "declined") ? "declined" : "over";
}

/** A token's challenge of a transaction, or null. */
export function findAsked(token: LabToken, transaction: string): Asked | null {
  const belongs = (challenge: { readonly transaction: string }) =>
    challenge.transaction === transaction;
  if (token.kind === "push") {
    const challenge = token.challenges.find(belongs);
    return challenge ? { kind: "push", token, challenge } : null;
  }
  if (token.kind !== "ocra" && token.kind !== "tiqr") return null;
  const challenge = token.challenges.find(belongs);
  if (!challenge) return null;
  return token.kind === "ocra"
    ? { kind: "ocra", token, challenge }
    : { kind: "tiqr", token, challenge };
}

/** Whether a token can be challenged: it has an enrolled device, or is an OCRA token. */
export function canBeAsked(token: LabToken): token is PushToken | OcraToken | TiqrToken {
  if (token.kind === "push" || token.kind === "tiqr") return token.device.state === "enrolled";
  return token.kind === "ocra";
}

function ask(
  lab: Lab,
  token: LabToken,
  id: string,
  wording: PushWording,
): readonly [LabToken | null, Asked | null] {
  if (!canBeAsked(token)) return [null, null];
  if (token.kind === "push") {
    const challenge = newPushChallenge(lab, token, id, wording);
    const next = { ...token, challenges: withChallenge(token.challenges, challenge) };
    return [next, { kind: "push", token: next, challenge }];
  }
  const challenge = newOcraChallenge(token, id, lab.clock());
  const challenges = withChallenge(token.challenges, challenge);
  if (token.kind === "ocra")
    return [
      { ...token, challenges },
      { kind: "ocra", token, challenge },
    ];
  return [
    { ...token, challenges },
    { kind: "tiqr", token, challenge },
  ];
}
