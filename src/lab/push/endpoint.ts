import { type Endpoint, formOf, type HttpReply, jsonReply } from "#lab/http/exchange.ts";
import type { Lab } from "#lab/lab.ts";
import { privacyIdeaError, privacyIdeaReply } from "#lab/privacyidea-reply.ts";
import { takeAnswer } from "./answer.ts";
import { enrollDevice } from "./enrollment.ts";
import { poll } from "./polling.ts";
import { publicServerKey } from "./signature.ts";

/** privacyIDEA's `/ttype/push`, where devices enroll, poll and answer. */
export function pushEndpoint(lab: Lab): Endpoint {
  return (request) => {
    if (request.path !== "/ttype/push") return null;
    if (request.method === "GET") return answerPoll(lab, request.query);
    if (request.method !== "POST")
      return jsonReply(privacyIdeaError("POST and GET are understood here"), 405);
    const form = formOf(request);
    return form.has("enrollment_credential")
      ? answerEnrollment(lab, form)
      : answerAnswer(lab, form);
  };
}

function answerEnrollment(lab: Lab, form: URLSearchParams): HttpReply {
  const [serial, credential, publicKey] = ["serial", "enrollment_credential", "pubkey"].map(
    (name) => form.get(name),
  );
  if (!serial || !credential || !publicKey || !form.has("fbtoken"))
    return missing("serial, pubkey and fbtoken");
  const refusal = enrollDevice(lab, { serial, credential, publicKey });
  if (refusal !== null) return jsonReply(privacyIdeaError(refusal), 400);
  const detail = { public_key: publicServerKey(lab.store), rollout_state: "enrolled", serial };
  return jsonReply(privacyIdeaReply(lab, { value: true }, detail));
}

function answerPoll(lab: Lab, query: URLSearchParams): HttpReply {
  const [serial, timestamp, signature] = ["serial", "timestamp", "signature"].map((name) =>
    query.get(name),
  );
  if (!serial || !timestamp || !signature) return missing("serial, timestamp and signature");
  const value = poll(lab, { serial, timestamp, signature });
  if (!Array.isArray(value)) return jsonReply(privacyIdeaError(value.reason), 400);
  return jsonReply(privacyIdeaReply(lab, { value }, null));
}

function answerAnswer(lab: Lab, form: URLSearchParams): HttpReply {
  const [serial, nonce = null, signature] = ["serial", "nonce", "signature"].map((name) =>
    form.get(name),
  );
  if (!serial || !signature) return missing("serial and signature");
  if (lab.isOld && nonce === null) return missing("serial, nonce and signature");
  const outcome = takeAnswer(lab, {
    serial,
    signature,
    nonce,
    isDeclined: ["1", "True", "true"].includes(form.get("decline") ?? ""),
    reason: form.get("decline_reason"),
    presence: form.get("presence_answer"),
  });
  if (!outcome.counted) return jsonReply(privacyIdeaReply(lab, { value: false }, null));
  const code = outcome.displayCode;
  const detail =
    code === null ? null : { display_code: code, message: "Type this code at the login page." };
  return jsonReply(privacyIdeaReply(lab, { value: true }, detail));
}

function missing(names: string): HttpReply {
  return jsonReply(privacyIdeaError(`${names} are needed`), 400);
}
