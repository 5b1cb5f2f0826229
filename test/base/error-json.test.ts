import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { decodeError, encodeError } from "#base/error-json.ts";
import { FobError } from "#base/fob-error.ts";
import { original, speak, t } from "#base/language.ts";

const MESSAGES = {
  texts: { "{1} has {2}": { text: "{2} hat {1}" }, "ask {1}": { text: "frag {1}" } },
  plurals: {},
};

afterEach(() => speak(null, () => undefined));

function speakGerman(): void {
  const folder = mkdtempSync(join(tmpdir(), "fob-messages-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "de.json"), JSON.stringify(MESSAGES));
  speak(join(folder, "de.json"), () => undefined);
}

/** An error whose values look like the texts around them. */
const made = () =>
  new FobError("denied", t`${"a has b"} has ${"ask c"}`, {
    hint: t`ask ${"x has y"}`,
    isDone: true,
  });

/** What another process receives. */
const onItsWay = (error: FobError) => JSON.parse(JSON.stringify(encodeError(error)));

test("an error in English carries English alone", () => {
  expect(onItsWay(made())).toEqual({
    code: "denied",
    message: "a has b has ask c",
    hint: "ask x has y",
    isDone: true,
  });
});

test("an exit code of another program's conventions arrives, and the usual one is not written", () => {
  const other = onItsWay(new FobError("not-found", "no such program", { exitCode: 127 }));
  expect(decodeError(other)).toMatchObject({ code: "not-found", exitCode: 127 });
  expect(onItsWay(new FobError("not-found", "no such token"))).not.toHaveProperty("exitCode");
});

test("an error in another language arrives in it, and in English for scripts", () => {
  speakGerman();
  const json = onItsWay(made());
  speak(null, () => undefined);
  expect(json.message).toBe("a has b has ask c");
  const error = decodeError(json);
  expect(error).toMatchObject({
    code: "denied",
    message: "ask c hat a has b",
    hint: "frag x has y",
    isDone: true,
  });
  expect([original(error?.message), original(error?.hint)]).toEqual([json.message, json.hint]);
});

test("an error that came in English is not guessed into the reader's language", () => {
  const json = onItsWay(made());
  speakGerman();
  expect(decodeError(json)?.message).toBe("a has b has ask c");
});

test.each([null, 1, "text", [], {}, { code: "odd", message: "x" }, { code: "denied" }])(
  "%j is no error",
  (json) => {
    expect(decodeError(json)).toBeNull();
  },
);
