import { type Endpoint, formOf, type HttpReply, jsonReply, textReply } from "#lab/http/exchange.ts";
import type { Lab } from "#lab/lab.ts";
import { type TiqrOutcome, takeTiqrAnswer } from "./authentication.ts";
import { enrollSecret, readMetadata } from "./enrollment.ts";

/**
 * privacyIDEA's `/ttype/tiqr`: metadata and enrollment by `action`, and the answers of TiQR apps.
 */
export function tiqrEndpoint(lab: Lab): Endpoint {
  return (request) => {
    if (request.path !== "/ttype/tiqr") return null;
    const { query, method } = request;
    const action = query.get("action") ?? "authentication";
    if (action === "metadata") return metadata(lab, keyOf(query));
    if (method !== "POST") return textReply("INVALID_REQUEST", 405);
    const form = formOf(request);
    const reply = (answer: Answer) =>
      form.get("version") === "2" && !lab.isOld ? inVersion2(answer) : textReply(answer.text);
    return action === "enrollment"
      ? reply(enroll(lab, keyOf(query), form))
      : authenticate(lab, form).then(reply);
  };
}

/** A reply in both protocol versions: text in the first, a number in the second. */
interface Answer {
  readonly text: string;
  readonly responseCode: number;
  readonly attemptsLeft?: number;
}

function inVersion2({ responseCode, attemptsLeft }: Answer): HttpReply {
  const reply = jsonReply({
    responseCode,
    ...(attemptsLeft === undefined ? {} : { attemptsLeft }),
  });
  return { ...reply, headers: { "X-TIQR-Protocol-Version": "2" } };
}

function keyOf(query: URLSearchParams) {
  return { serial: query.get("serial") ?? "", session: query.get("session") ?? "" };
}

function metadata(lab: Lab, key: ReturnType<typeof keyOf>): HttpReply {
  const found = readMetadata(lab, key);
  return found ? jsonReply(found) : textReply("there is nothing to enroll here\n", 404);
}

function enroll(lab: Lab, key: ReturnType<typeof keyOf>, form: URLSearchParams): Answer {
  const isRegistration = form.get("operation") === "register";
  const isDone = isRegistration && enrollSecret(lab, key, form.get("secret") ?? "");
  return isDone ? { text: "OK", responseCode: 1 } : { text: "FAIL", responseCode: 101 };
}

async function authenticate(lab: Lab, form: URLSearchParams): Promise<Answer> {
  const [sessionKey, userId, response] = ["sessionKey", "userId", "response"].map((name) =>
    form.get(name),
  );
  if (!sessionKey || !userId || !response || form.get("operation") !== "login")
    return INVALID_REQUEST;
  return describe(await takeTiqrAnswer(lab, { sessionKey, userId, response }));
}

const INVALID_REQUEST: Answer = { text: "INVALID_REQUEST", responseCode: 202 };

function describe(outcome: TiqrOutcome): Answer {
  switch (outcome.kind) {
    case "accepted":
      return { text: "OK", responseCode: 1 };
    case "invalid-response":
      return {
        text: `INVALID_RESPONSE:${outcome.left}`,
        responseCode: 201,
        attemptsLeft: outcome.left,
      };
    case "invalid-challenge":
      return { text: "INVALID_CHALLENGE", responseCode: 203 };
    case "blocked":
      return { text: "ACCOUNT_BLOCKED", responseCode: 204 };
    case "invalid-user":
      return { text: "INVALID_USERID", responseCode: 205 };
  }
}
