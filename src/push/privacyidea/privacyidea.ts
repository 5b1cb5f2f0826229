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
import { words } from "#push/server-words.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import type { PrivacyIdeaCredential } from "#token/push-credential.ts";
import { type PrivacyIdeaData, readChallenges } from "./privacyidea-challenge.ts";
import { privacyIdeaEnrollment } from "./privacyidea-enrollment.ts";
import { readReply } from "./privacyidea-reply.ts";
import { signParts } from "./privacyidea-signature.ts";

/** Enough for a thousand requests with all their fields, in bytes. */
const MAX_LIST = 4 * 1024 * 1024;
const MAX_REPLY = 64 * 1024;

/** The time limit for a server, in milliseconds. */
const MAX_WAITING = 10_000;

/**
 * The server accepts a difference of one minute. From this offset, in seconds, the clock is the
 * likely reason of a refusal.
 */
const TOLERATED_OFFSET = 55;

/**
 * How long a signed poll is reused, in milliseconds. An RSA signature costs an idle listener more
 * than everything else, and the server accepts polls for one minute. With a clock offset above
 * MAX_OFFSET_OF_OLD seconds too little of that minute is left, and polls are not reused.
 */
const QUESTION_AGE = 10_000;
const MAX_OFFSET_OF_OLD = 30;

/** Push tokens of privacyIDEA, with RSA signatures and polling. */
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
} satisfies ProtocolDefinition<"privacyidea">;

interface Settings {
  readonly privateKey: KeyObject;
  readonly serverKey: KeyObject;
  readonly serial: string;
  readonly url: URL;
  readonly isInsecure: boolean;
}

/** A signed poll for open requests. */
interface Question {
  readonly url: URL;
  /** In milliseconds. */
  readonly signedAt: number;
}

class PrivacyIdeaConnection implements ServerConnection {
  readonly #settings: Settings;
  /** The last successful poll; null when it must not be reused. */
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
      if (!Array.isArray(value))
        throw new FobError("unavailable", t`${url.host}: the server's list of requests is none`);
      if (Math.abs(clockOffsetSeconds ?? 0) <= MAX_OFFSET_OF_OLD) this.#question = question;
      return {
        ...readChallenges(value, { host: url.host, serial, serverKey }),
        clockOffsetSeconds,
      };
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
    // older servers require the nonce, by which they find the request
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

/**
 * Adds a hint about the clock: the server does not report that a signature is refused for its time.
 */
function blameClock(error: unknown, offset: number | null): unknown {
  if (!(error instanceof FobError) || error.code !== "rejected") return error;
  if (offset === null || Math.abs(offset) < TOLERATED_OFFSET) return error;
  return new FobError("rejected", error.message, {
    hint: t`${describeOffset(offset)}: set it right`,
    cause: error,
  });
}
