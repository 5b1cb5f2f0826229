import { FobError } from "#base/fob-error.ts";
import { declared, t } from "#base/language.ts";
import { defineCommand, flag, optionalValue, required, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { checkQr, type Drawn, drawQr, type QrContext } from "#commands/asked-qr.ts";
import { parseWhole } from "#commands/values.ts";
import type { Lab } from "#lab/lab.ts";
import { LOGIN_WORDING, type PushWording } from "#lab/push/wording.ts";
import { authenticationUrl } from "#lab/tiqr/addresses.ts";
import type { Asked, Transaction, TransactionState } from "#lab/transaction.ts";
import { existingUser, type LabContext, openLab } from "./lab-opening.ts";

const USUAL_WAIT_S = 120;
const LOOK_MS = 200;
const MAX_TEXT = 500;

type PushContext = LabContext & QrContext & Pick<Context, "sleep">;

interface Pushed extends Drawn {
  readonly transaction: Transaction;
  /** Its state, where the command waited for it. */
  readonly state: TransactionState | null;
}

/** `fob lab push`: asks a user's devices whether it is they who log in. */
export const labPush = defineCommand({
  name: "lab push",
  summary: "send a push request to a user's devices",
  description:
    "Asks every push token of the user that a device has enrolled, or every TiQR token if there is no push token: that one's challenge is printed, " +
    "for its app to be scanned. A server need not be running for this; the devices ask one. With --wait the exit code tells how it ended: 0 for " +
    "an approval, 7 for anything else.",
  arguments: { user: required("USER", "whose devices") },
  options: {
    title: value("TEXT", "what the device shows as title (fob lab)"),
    question: value("TEXT", "what it asks"),
    numberMatching: flag("the device must pick the number that is printed"),
    codeToPhone: flag("the device shows a code after the approval, for the login page"),
    wait: optionalValue("SECONDS", declared`wait for the answer (${USUAL_WAIT_S})`),
    qr: optionalValue(
      "FILE",
      "draw a TiQR challenge in the terminal, or into a new .png or .svg file",
      "file",
    ),
  },
  examples: [
    {
      command: "fob lab push ann --question 'Log in at the VPN?' --wait",
      explanation: "asks, and says what ann answered",
    },
    {
      command: "fob lab push ann --number-matching",
      explanation: "prints the number that is right",
    },
  ],
  async run({ user, wait, qr, ...options }, context: PushContext): Promise<Pushed> {
    checkQr(qr, context);
    const wording = wordingOf(options);
    const waitMs =
      wait === undefined
        ? 0
        : parseWhole("--wait", wait === true ? `${USUAL_WAIT_S}` : wait, 1, 3_600) * 1000;
    const lab = await openLab(context);
    const transaction = await ask(lab, existingUser(lab, user).name, wording);
    const url = transaction.asked.map(urlOf).find((one) => one !== null) ?? null;
    if (url === null && qr !== undefined)
      throw new FobError("usage", t("--qr is for TiQR: a push request has no QR code"));
    const drawn = url === null ? { drawing: null, file: null } : await drawQr(url, qr, context);
    return {
      ...drawn,
      transaction,
      state: waitMs > 0 ? await waitFor(lab, transaction, waitMs, context) : null,
    };
  },
  text: ({ transaction, state, drawing }) => {
    const lines = [...transaction.asked.map(describe), t`transaction ${transaction.id}`];
    return [...lines, state, drawing].filter((line) => line !== null).join("\n");
  },
  json: ({ transaction, state, file }) => ({
    transaction: transaction.id,
    asked: transaction.asked.map(view),
    state,
    file,
  }),
  exitCode: ({ state }) => (state === null || state === "accepted" ? 0 : 7),
});

function wordingOf(options: {
  readonly title: string | undefined;
  readonly question: string | undefined;
  readonly numberMatching: boolean;
  readonly codeToPhone: boolean;
}): PushWording {
  const {
    title = LOGIN_WORDING.title,
    question = LOGIN_WORDING.question,
    numberMatching,
    codeToPhone,
  } = options;
  if (title.length > MAX_TEXT || question.length > MAX_TEXT) {
    throw new FobError("usage", t`--title and --question have at most ${MAX_TEXT} characters`);
  }
  if (numberMatching && codeToPhone)
    throw new FobError("usage", t("--number-matching and --code-to-phone exclude each other"));
  return {
    title,
    question,
    mode: numberMatching ? "number-matching" : codeToPhone ? "code-to-phone" : "plain",
  };
}

async function ask(lab: Lab, user: string, wording: PushWording): Promise<Transaction> {
  const { openTransaction } = await import("#lab/transaction.ts");
  const tokens = lab.store.tokensOf(user);
  for (const kind of ["push", "tiqr"] as const) {
    const transaction = openTransaction(
      lab,
      tokens.filter((token) => token.kind === kind),
      wording,
    );
    if (transaction) return transaction;
  }
  throw new FobError("not-found", t`${user} has no device that could be asked`, {
    hint: t`fob lab issue push --user ${user}, and enroll it`,
  });
}

async function waitFor(
  lab: Lab,
  { id }: Transaction,
  waitMs: number,
  context: Pick<Context, "clock" | "sleep">,
): Promise<TransactionState> {
  const { findTransaction, transactionState } = await import("#lab/transaction.ts");
  const end = context.clock().getTime() + waitMs;
  for (;;) {
    const now = context.clock().getTime();
    const transaction = findTransaction(lab, id);
    const state = transaction ? transactionState(transaction, now) : "over";
    if (state !== "open" || now >= end) return state;
    await context.sleep(LOOK_MS);
  }
}

function describe(asked: Asked): string {
  const { token } = asked;
  if (asked.kind !== "push") return t`challenge for ${token.serial}: ${urlOf(asked)}`;
  const { presence } = asked.challenge;
  return t`asked ${token.serial}${presence ? t`: the right number is ${presence.right}` : ""}`;
}

function view(asked: Asked) {
  const { kind, token, challenge } = asked;
  const about = { kind, serial: token.serial, expiresAt: new Date(challenge.expiresAt) };
  if (asked.kind !== "push")
    return { ...about, url: urlOf(asked), challenge: asked.challenge.question };
  const { nonce, presence } = asked.challenge;
  return { ...about, nonce, options: presence?.options ?? null, number: presence?.right ?? null };
}

function urlOf({ kind, token, challenge }: Asked): string | null {
  return kind === "tiqr" ? authenticationUrl(token.user, challenge) : null;
}
