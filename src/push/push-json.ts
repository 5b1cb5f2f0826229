import { answerWord, type PushAnswer } from "#token/push-answer.ts";
import type { PushMemory, PushRequest } from "./push-request.ts";

/** A request for scripts; times as ISO 8601. */
export function requestJson({
  id,
  token,
  title,
  question,
  server,
  receivedAt,
  expiresAt,
  options,
}: PushRequest) {
  return { id, token, title, question, server, ...times({ receivedAt, expiresAt }), options };
}

/** A remembered request for scripts: `answer` is `approved`, `denied`, `reported` or null. */
export function memoryJson({
  id,
  token,
  title,
  question,
  server,
  receivedAt,
  answer,
  isAccepted,
}: PushMemory) {
  const said = answer && answerWord(answer);
  return {
    id,
    token,
    title,
    question,
    server,
    ...times({ receivedAt }),
    answer: said,
    choice: choiceOf(answer),
    accepted: isAccepted,
  };
}

function choiceOf(answer: PushAnswer | null): string | null {
  return answer?.kind === "approve" ? answer.choice : null;
}

function times<K extends string>(dates: Readonly<Record<K, Date>>): Record<K, string> {
  const texts = Object.entries<Date>(dates).map(([name, date]) => [name, date.toISOString()]);
  return Object.fromEntries(texts) as Record<K, string>;
}
