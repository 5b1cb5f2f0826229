import type { Request } from "#agent/protocol/protocol.ts";
import {
  encodeDenials,
  type PushMemoryJson,
  type PushPollJson,
  type PushRequestJson,
} from "#agent/protocol/push-protocol.ts";
import { FobError } from "#base/fob-error.ts";
import { original, t } from "#base/language.ts";
import type { PolledRequests, PushInbox } from "#push/inbox/inbox.ts";
import { memoryJson, requestJson } from "#push/push-json.ts";
import type { PushRequest } from "#push/push-request.ts";
import type { PushToken } from "#push/push-token.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import { given } from "./request-pins.ts";

/** One client's inbox, and how a NAME becomes a token's id. */
interface PushSurroundings {
  readonly push: PushInbox;
  find(name: string): Promise<string>;
}

type PushRequestLine = Extract<Request, { do: `push-${string}` }>;

/** Answers a request about login requests. */
export async function answerPushRequest(
  request: PushRequestLine,
  { push, find }: PushSurroundings,
): Promise<unknown> {
  switch (request.do) {
    case "push-list": {
      if (request.name === null) return pollAll(push);
      const id = await find(request.name);
      const prompt = given(request.biometricKey, { current: request.pin });
      if (request.pin !== null || request.biometricKey !== null) await push.open(id, prompt);
      return encodePoll(await push.poll(id));
    }
    case "push-answer": {
      const prompt = given(request.biometricKey, { current: request.pin });
      const {
        isAccepted,
        displayCode = null,
        message = null,
      } = await push.answer(request.id, readAnswer(request), prompt);
      return { accepted: isAccepted, displayCode, message: original(message) };
    }
    case "push-deny":
      return encodeDenials(await push.denyAll(request.ids, request.report));
    case "push-history":
      return (await push.history(await find(request.name))).map(
        (memory): PushMemoryJson => memoryJson(memory),
      );
  }
}

/** Of every token that needs no PIN; one server's trouble is not the others'. */
async function pollAll(push: PushInbox): Promise<PushPollJson> {
  const open = (await push.tokens()).filter(({ isGuarded }) => !isGuarded);
  const polls = await Promise.all(open.map(({ token }) => pollOne(push, token)));
  return {
    requests: polls.flatMap(({ requests }) => requests),
    refusals: polls.flatMap(({ refusals }) => refusals),
    clockOffsetSeconds: null,
  };
}

async function pollOne(push: PushInbox, { id, name }: PushToken): Promise<PushPollJson> {
  try {
    return encodePoll(await push.poll(id));
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    return { requests: [], refusals: [t`${name}: ${error.message}`], clockOffsetSeconds: null };
  }
}

function encodePoll({ requests, refusals, clockOffsetSeconds }: PolledRequests): PushPollJson {
  return {
    requests: requests.map(encodeRequest),
    refusals: refusals.map(original),
    clockOffsetSeconds,
  };
}

function encodeRequest(request: PushRequest): PushRequestJson {
  return { ...requestJson(request), tokenId: request.tokenId, quick: request.isQuick };
}

function readAnswer({ answer, choice }: Extract<Request, { do: "push-answer" }>): PushAnswer {
  return answer === "approve"
    ? { kind: "approve", choice }
    : { kind: "deny", isReport: answer === "report" };
}
