import { describe, expect, test } from "vitest";
import { answerInWords, answerWord, type PushAnswer, sameAnswer } from "#token/push-answer.ts";

const ANSWERS: readonly (readonly [PushAnswer, string])[] = [
  [{ kind: "approve", choice: null }, "approved"],
  [{ kind: "approve", choice: "1" }, "approved"],
  [{ kind: "approve", choice: "2" }, "approved"],
  [{ kind: "deny", isReport: false }, "denied"],
  [{ kind: "deny", isReport: true }, "reported"],
];

describe("an answer to a login request", () => {
  test.each(ANSWERS)("%j is %s in a word", (answer, word) => {
    expect([answerWord(answer), answerInWords(answer)]).toEqual([word, word]);
  });

  test("says the same as another one only when nothing of it differs", () => {
    for (const [i, [one]] of ANSWERS.entries()) {
      for (const [j, [other]] of ANSWERS.entries())
        expect(sameAnswer(one, { ...other })).toBe(i === j);
    }
  });
});
