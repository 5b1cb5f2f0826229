import { ownValue } from "#base/own-value.ts";
import { type Endpoint, formOf, type HttpReply, jsonReply } from "#lab/http/exchange.ts";
import { LOGIN_WORDING } from "#lab/push/wording.ts";
import { authenticationUrl } from "#lab/tiqr/addresses.ts";
import { type Lab, noteRefused } from "./lab.ts";
import { userName } from "./lab-user.ts";
import { decideLogin, type Verdict } from "./login.ts";
import { privacyIdeaError, privacyIdeaReply } from "./privacyidea-reply.ts";
import {
  type Asked,
  findTransaction,
  openTransaction,
  type Transaction,
  transactionState,
} from "./transaction.ts";

const POLL = "/validate/polltransaction";

/**
 * privacyIDEA's `/validate/...`, which login pages and VPN gateways use. Actions that count
 * attempts or challenge devices require POST, because an image on any web page can make a browser
 * send a GET.
 */
export function validationEndpoint(lab: Lab): Endpoint {
  const actions: Readonly<
    Record<string, (form: URLSearchParams) => HttpReply | Promise<HttpReply>>
  > = {
    "/validate/check": (form) => check(lab, form),
    "/validate/triggerchallenge": (form) => trigger(lab, form),
    [POLL]: (form) => pollTransaction(lab, form.get("transaction_id")),
  };
  return (request) => {
    const [, id] = /^\/validate\/polltransaction\/(\d{1,40})$/.exec(request.path) ?? [];
    if (id !== undefined) return pollTransaction(lab, id);
    const action = ownValue(actions, request.path);
    if (!action) return null;
    const isAllowed = request.method === "POST" || request.path === POLL;
    return isAllowed
      ? action(formOf(request))
      : jsonReply(privacyIdeaError("only POST is understood here"), 405);
  };
}

async function check(lab: Lab, form: URLSearchParams): Promise<HttpReply> {
  const [user, typed] = [form.get("user"), form.get("pass")];
  if (user === null || typed === null)
    return jsonReply(privacyIdeaError("user and pass are needed"), 400);
  const transaction = form.get("transaction_id") ?? form.get("state");
  return jsonReply(replyTo(lab, await decideLogin(lab, { user, typed, transaction })));
}

function replyTo(lab: Lab, verdict: Verdict): object {
  switch (verdict.kind) {
    case "accepted":
      return privacyIdeaReply(
        lab,
        { value: true, authentication: "ACCEPT" },
        { serial: verdict.serial, message: "matching 1 tokens" },
      );
    case "asked":
      return privacyIdeaReply(
        lab,
        { value: false, authentication: "CHALLENGE" },
        describeTransaction(verdict.transaction),
      );
    case "refused":
      return privacyIdeaReply(
        lab,
        { value: false, authentication: "REJECT" },
        { message: "wrong otp value" },
      );
  }
}

/**
 * Challenges a user's tokens without a PIN, as an administrator's gateway may. The value is the
 * number of challenged tokens.
 */
function trigger(lab: Lab, form: URLSearchParams): HttpReply {
  const user = lab.store.user(userName(form.get("user") ?? "") ?? "");
  if (!user) return jsonReply(privacyIdeaError("there is no such user"), 400);
  const transaction = openTransaction(lab, lab.store.tokensOf(user.name), LOGIN_WORDING);
  if (!transaction) {
    noteRefused(lab, "challenge", { user: user.name, detail: "no token of the user can be asked" });
    return jsonReply(privacyIdeaReply(lab, { value: 0 }, null));
  }
  const result = { value: transaction.asked.length, authentication: "CHALLENGE" } as const;
  return jsonReply(privacyIdeaReply(lab, result, describeTransaction(transaction)));
}

function pollTransaction(lab: Lab, id: string | null): HttpReply {
  if (id === null) return jsonReply(privacyIdeaError("transaction_id is needed"), 400);
  const transaction = findTransaction(lab, id);
  const state = transaction ? transactionState(transaction, lab.clock().getTime()) : "over";
  const status = { open: "pending", accepted: "accept", declined: "declined", over: "pending" }[
    state
  ];
  return jsonReply(
    privacyIdeaReply(lab, { value: state === "accepted" }, { challenge_status: status }),
  );
}

function describeTransaction({ id, asked }: Transaction): object {
  const challenges = asked.map((one) => describeAsked(id, one));
  const [first] = challenges;
  return {
    ...first,
    messages: challenges.map(({ message }) => message),
    multi_challenge: challenges,
  };
}

function describeAsked(transaction_id: string, { kind, token, challenge }: Asked) {
  const about = { serial: token.serial, type: kind, transaction_id };
  if (kind === "push") {
    const message = challenge.presence
      ? `Please confirm with the number ${challenge.presence.right} on your device.`
      : "Please confirm the authentication on your device.";
    return {
      ...about,
      message,
      client_mode: challenge.displayCode === null ? "poll" : "interactive",
      attributes: null,
    };
  }
  if (kind === "ocra") {
    const attributes = { challenge: challenge.question };
    return {
      ...about,
      message: `Please answer the challenge ${challenge.question}.`,
      client_mode: "interactive",
      attributes,
    };
  }
  const attributes = { value: authenticationUrl(token.user, challenge), poll: true };
  return { ...about, message: "Please scan the QR code.", client_mode: "poll", attributes };
}
