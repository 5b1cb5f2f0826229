import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { FobError } from "#base/fob-error.ts";
import type { HttpRequest } from "#base/http-client.ts";
import { t } from "#base/language.ts";
import { clockOffset, describeOffset } from "#push/clock-offset.ts";
import type {
  PolledChallenges,
  ProtocolDefinition,
  PushChallenge,
  PushServices,
  ServerConnection,
} from "#push/provider.ts";
import type { PushOutcome } from "#push/push-request.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import type { PrivacyIdeaCredential } from "#token/push-credential.ts";
import { type PrivacyIdeaData, readChallenges } from "./privacyidea-challenge.ts";
import { privacyIdeaEnrollment } from "./privacyidea-enrollment.ts";
import { readReply, words } from "./privacyidea-reply.ts";
import { signParts } from "./privacyidea-signature.ts";

/** Room for a thousand requests with everything that belongs to them, in bytes. */
const MAX_LIST = 4 * 1024 * 1024;
const MAX_REPLY = 64 * 1024;

/** How long a server may take, in milliseconds. */
const MAX_WAITING = 10_000;

/**
 * The server takes signatures of a minute's difference; from here on, in seconds, the
 * clock is the likely reason of a refusal.
 */
const TOLERATED_OFFSET = 55;

/**
 * For how long the same signed question is asked, in milliseconds. An RSA signature costs an idle
 * listener more than everything else that it does, and a question may be a minute old; a clock that
 * is off by more than this, in seconds, leaves too little of that minute.
 */
const QUESTION_AGE = 10_000;
const MAX_OFFSET_OF_OLD = 30;

/** privacyIDEA's push tokens, which sign with RSA and are polled. */
export const privacyIdea = {
  enrollment: privacyIdeaEnrollment,
  provider: {
    open({ name, serial, credential }, secret) {
      if (serial === null) throw new FobError("invalid", t`${name} has lost its serial`);
      return new PrivacyIdeaConnection({
        ...readKeys(name, credential, secret),
        serial,
        url: new URL(credential.url),
        isInsecure: credential.isInsecure,
      });
    },
  },
  answerMethod: () => ({ algorithm: "RSA-SHA256", digits: null, alphabet: null }),
} satisfies ProtocolDefinition<"privacyidea">;

interface Settings {
  readonly privateKey: KeyObject;
  readonly serverKey: KeyObject;
  readonly serial: string;
  readonly url: URL;
  readonly isInsecure: boolean;
}

/** A signed question for the open requests. */
interface Question {
  readonly url: URL;
  /** In milliseconds. */
  readonly signedAt: number;
}

class PrivacyIdeaConnection implements ServerConnection {
  readonly #settings: Settings;
  /** The last question that was answered well; null for one that must not be asked again. */
  #question: Question | null = null;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async poll({ http, now }: PushServices, signal?: AbortSignal): Promise<PolledChallenges> {
    const { serial, serverKey, url } = this.#settings;
    const question = this.#takeQuestion(now());
    const reply = await http({
      ...this.#request("GET", MAX_LIST),
      url: question.url,
      ...(signal ? { signal } : {}),
    });
    const clockOffsetSeconds = clockOffset(reply, now());
    try {
      const { value } = readReply(reply, url.host);
      if (Math.abs(clockOffsetSeconds ?? 0) <= MAX_OFFSET_OF_OLD) this.#question = question;
      return { ...readChallenges(value, { serial, serverKey }), clockOffsetSeconds };
    } catch (error) {
      throw blameClock(error, clockOffsetSeconds);
    }
  }

  async answer(
    challenge: PushChallenge,
    answer: PushAnswer,
    { http }: PushServices,
  ): Promise<PushOutcome> {
    const { serial, url } = this.#settings;
    const { nonce } = challenge;
    const data = challenge.data as PrivacyIdeaData;
    const { takesReasons } = data;
    const { fields, parts } =
      answer.kind === "approve"
        ? approval(answer.choice, data)
        : denial(answer.isReport, takesReasons);
    const signature = this.#sign(nonce, serial, ...parts);
    // older servers find the request by its nonce, and refuse an answer without
    const body = form({ serial, nonce, ...fields, signature });
    const reply = await http({
      ...this.#request("POST", MAX_REPLY),
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: Buffer.from(body.toString()),
    });
    const { value, detail } = readReply(reply, url.host);
    const displayCode = words(detail["display_code"]) ?? words(data.displayCode);
    const isUnheard = answer.kind === "deny" && answer.isReport && !takesReasons;
    const message = isUnheard
      ? t("this server takes no reports: tell its administrator")
      : words(detail["message"]);
    return {
      isAccepted: value === true,
      ...(displayCode === null || answer.kind === "deny" ? {} : { displayCode }),
      ...(message === null ? {} : { message }),
    };
  }

  #takeQuestion(now: Date): Question {
    const asked = this.#question;
    this.#question = null;
    const age = asked ? now.getTime() - asked.signedAt : 0;
    if (asked && age >= 0 && age < QUESTION_AGE) return asked;
    const { serial, url } = this.#settings;
    const timestamp = now.toISOString();
    const query = new URL(url);
    query.search = form({ serial, timestamp, signature: this.#sign(serial, timestamp) }).toString();
    return { url: query, signedAt: now.getTime() };
  }

  #sign(...parts: readonly string[]): string {
    return signParts(parts, this.#settings.privateKey);
  }

  #request(method: HttpRequest["method"], maxBytes: number) {
    const { url, isInsecure } = this.#settings;
    return { method, url, maxBytes, timeout: MAX_WAITING, isInsecure } as const;
  }
}

function approval(choice: string | null, { presenceAnswers }: PrivacyIdeaData) {
  if (choice === null) return { fields: {}, parts: [] };
  const answer = presenceAnswers.get(choice) ?? choice;
  return { fields: { presence_answer: answer }, parts: [answer] };
}

function denial(isReport: boolean, takesReasons: boolean) {
  const reason = isReport ? "unknown_trigger" : "cancelled";
  if (!takesReasons) return { fields: { decline: "1" }, parts: ["decline"] };
  return { fields: { decline: "1", decline_reason: reason }, parts: ["decline", reason] };
}

function form(fields: Readonly<Record<string, string>>): URLSearchParams {
  return new URLSearchParams(fields);
}

function readKeys(name: string, { serverKey }: PrivacyIdeaCredential, secret: Buffer) {
  try {
    return {
      privateKey: createPrivateKey({ key: secret, format: "der", type: "pkcs8" }),
      serverKey: createPublicKey({
        key: Buffer.from(serverKey, "base64"),
        format: "der",
        type: "spki",
      }),
    };
  } catch (error) {
    throw new FobError("invalid", t`the keys of ${name} are damaged`, { cause: error });
  }
}

/** A server does not say that it refuses a signature for its time. */
function blameClock(error: unknown, offset: number | null): unknown {
  if (!(error instanceof FobError) || error.code !== "rejected") return error;
  if (offset === null || Math.abs(offset) < TOLERATED_OFFSET) return error;
  return new FobError("rejected", error.message, {
    hint: t`${describeOffset(offset)}: set it right`,
    cause: error,
  });
}
