import type { Request } from "#agent/protocol/protocol.ts";
import {
  encodeDenials,
  encodeGarbage,
  encodeOutcome,
  encodeRefusals,
  type PushMemoryJson,
  type PushPollJson,
  type PushRequestJson,
} from "#agent/protocol/push-protocol.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { PolledRequests, PushInbox } from "#push/inbox/inbox.ts";
import { memoryJson, requestJson } from "#push/push-json.ts";
import type { PushRequest } from "#push/push-request.ts";
import type { PushToken } from "#push/push-token.ts";
import type { PushAnswer } from "#token/push-answer.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { pinsOfRequest } from "./request-pins.ts";

type PushRequestLine = Extract<Request, { do: `push-${string}` }>;

/**
 * Answers a request about login requests; `find` gives the id of the token that a NAME names. The
 * `person` is asked for a PIN that an approval lacks; polling, which programs repeat, asks nobody.
 */
export async function answerPushRequest(
  request: PushRequestLine,
  inbox: PushInbox,
  find: (name: string) => Promise<string>,
  person: PinPrompt | null,
): Promise<unknown> {
  switch (request.do) {
    case "push-list": {
      if (request.name === null) return encodePoll(await pollAll(inbox));
      const id = await find(request.name);
      const prompt = pinsOfRequest(request.biometricKey, { current: request.pin });
      if (request.pin !== null || request.biometricKey !== null) await inbox.open(id, prompt);
      return encodePoll(await inbox.poll(id));
    }
    case "push-answer": {
      const prompt = pinsOfRequest(request.biometricKey, { current: request.pin }, person);
      return encodeOutcome(await inbox.answer(request.id, readAnswer(request), prompt));
    }
    case "push-deny":
      return encodeDenials(await inbox.denyAll(request.ids, request.report));
    case "push-history":
      return (await inbox.history(await find(request.name))).map(
        (memory): PushMemoryJson => memoryJson(memory),
      );
  }
}

/** Polls every token that needs no PIN. A token that fails gives a refusal; the others count. */
async function pollAll(inbox: PushInbox): Promise<PolledRequests> {
  const open = (await inbox.tokens()).filter(({ isGuarded }) => !isGuarded);
  const polls = await Promise.all(open.map(({ token }) => pollOne(inbox, token)));
  return {
    requests: polls.flatMap(({ requests }) => requests),
    refusals: polls.flatMap(({ refusals, garbage }) => [
      ...refusals,
      ...(garbage === null ? [] : [garbage]),
    ]),
    garbage: null,
    clockOffsetSeconds: null,
  };
}

async function pollOne(inbox: PushInbox, { id, name }: PushToken): Promise<PolledRequests> {
  try {
    return await inbox.poll(id);
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    const refusals = [t`${name}: ${error.message}`];
    return { requests: [], refusals, garbage: null, clockOffsetSeconds: null };
  }
}

function encodePoll(polled: PolledRequests): PushPollJson {
  const { requests, refusals, garbage, clockOffsetSeconds } = polled;
  return {
    requests: requests.map(encodeRequest),
    ...encodeRefusals(refusals),
    ...encodeGarbage(garbage),
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
