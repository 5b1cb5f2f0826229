import { FobError } from "#base/fob-error.ts";
import { plural, type Text, t, translated } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import { withKnownScheme } from "#commands/tiqr-scheme.ts";
import { judgeEnd } from "#enrollment/cut-list.ts";
import type { EnrollmentDraft, OnlineEnrollment } from "#enrollment/draft.ts";
import { Effort } from "#enrollment/effort.ts";
import { besideInEnte } from "#enrollment/files/ente.ts";
import { type Line, MAX_ENTRIES, readLines } from "#enrollment/lines.ts";
import { isOneString, readPastedLines } from "#enrollment/pasted-lines.ts";
import { identify, recognizeEach, recognizeOnline } from "#enrollment/recognize.ts";
import { withoutRepeatedStrings, withoutRepetitions } from "#enrollment/repetitions.ts";
import { askSecretFor, type SecretContext } from "./ask-secret.ts";

const CLIPBOARD: Text = "the clipboard";
const SCREEN: Text = "the screen";

/** What reading enrollment strings needs. */
export type StringContext = SecretContext &
  Pick<
    Context,
    | "clipboard"
    | "complain"
    | "endAtSignals"
    | "look"
    | "prompt"
    | "readInput"
    | "readPicture"
    | "readQrCodes"
    | "settings"
    | "takeScreenshot"
    | "tell"
  >;

/** Where enrollment strings come from. */
export interface EnrollmentSources {
  readonly enrollments: readonly string[];
  readonly qr: readonly string[];
  readonly clipboard: boolean;
  readonly screen: boolean;
}

/** The content of the strings: tokens, and enrollments with a server. */
export interface Enrollments {
  readonly drafts: readonly EnrollmentDraft[];
  readonly online: readonly OnlineEnrollment[];
  /** Why some tokens of a code or container that holds many are not among them. */
  readonly refusals: readonly FobError[];
}

type Enrollment = EnrollmentDraft | OnlineEnrollment;

/**
 * Reads every enrollment string of the command line, of standard input, pictures, clipboard and
 * screen. Throws FobError `invalid` with the first invalid one and its position, before anything is
 * stored or sent. In a string with many tokens, an invalid token does not stop the others.
 */
export async function readEnrollments(
  sources: EnrollmentSources,
  context: StringContext,
): Promise<Enrollments> {
  const refusals: FobError[] = [];
  const read = await readSources(sources, { context, effort: new Effort(), refusals });
  return {
    refusals,
    drafts: withoutRepetitions(read.filter((one): one is EnrollmentDraft => !isOnline(one))),
    online: withoutRepeatedStrings(read.filter(isOnline)),
  };
}

/** What one command line reads with; its strings together may cost no more than one file. */
interface Reading {
  readonly context: StringContext;
  readonly effort: Effort;
  /** Takes up why tokens were refused, beside which others are good. */
  readonly refusals: FobError[];
}

async function readSources(
  sources: EnrollmentSources,
  reading: Reading,
): Promise<readonly Enrollment[]> {
  const { enrollments, qr, clipboard, screen } = sources;
  const { context } = reading;
  if (enrollments.length === 0 && qr.length === 0 && !clipboard && !screen)
    return askForEnrollments(reading);
  const found: Enrollment[] = [];
  const add = async (read: Promise<readonly Enrollment[]>) => {
    for (const one of await read) found.push(one);
    if (found.length > MAX_ENTRIES)
      throw new FobError("invalid", t`there are more than ${MAX_ENTRIES} tokens`);
  };
  for (const enrollment of enrollments) {
    if (enrollment === "-") await add(readInput(await context.readInput(), reading));
    else await add(recognizeArgument(enrollment, reading));
  }
  for (const path of qr) await add(recognizeAll(await context.readPicture(path), path, reading));
  if (clipboard) await add(readClipboard(reading));
  if (screen) {
    const texts = await readScreen(context);
    const enrollment = texts.filter((text) => identify(withKnownScheme(text, context)) !== null);
    // a screen shows many things; only when none of its codes is for us is that an error
    await add(
      recognizeAll(enrollment.length > 0 ? enrollment : texts, translated(SCREEN), reading),
    );
  }
  return found;
}

function isOnline(enrollment: Enrollment): enrollment is OnlineEnrollment {
  return "complete" in enrollment;
}

/** `prefix` is what stands before the reason of a token that is refused. */
function recognizeAny(
  text: string,
  place: string,
  { context, effort, refusals }: Reading,
  prefix: string | null = null,
): Promise<readonly Enrollment[]> {
  return context.endAtSignals(async () => {
    const known = withKnownScheme(text, context);
    const online = recognizeOnline(known);
    if (online) return [online];
    const found = await recognizeEach(known, askSecretFor(place, context), effort);
    for (const refusal of found.refusals)
      refusals.push(new FobError("invalid", prefix === null ? refusal : t`${prefix}: ${refusal}`));
    return withEnteDisplay(found.tokens, known, context);
  });
}

/** Tokens with what Ente keeps beside them. A note that is too long is told. */
function withEnteDisplay(
  tokens: readonly EnrollmentDraft[],
  text: string,
  { tell }: Pick<Context, "tell">,
): readonly EnrollmentDraft[] {
  const beside = besideInEnte(text);
  if (!beside) return tokens;
  if (beside.isNoteLeft) tell(t`${plural(1, "note")} is not taken over`);
  return tokens.map((token) => ({ ...token, ...beside.kept }));
}

/** How often a person may paste a string that is not right. */
const TRIES = 3;

/**
 * Asks for enrollment strings. What is wrong with them is told, and they are asked for again;
 * throws it in the end.
 */
async function askForEnrollments(reading: Reading): Promise<readonly Enrollment[]> {
  for (let tries = 1; ; tries++) {
    const text = await askForString(reading.context);
    try {
      return await recognizeLines(readPastedLines(text), t("the enrollment string"), reading);
    } catch (error) {
      if (tries === TRIES || !(error instanceof FobError) || error.code !== "invalid") throw error;
      reading.context.complain(error);
      reading.refusals.splice(0);
    }
  }
}

/** Asks for an enrollment string, which is not shown. */
export async function askForString({ prompt }: Pick<Context, "prompt">): Promise<string> {
  const text = await prompt.pasted(
    t("Enrollment string (it is not shown)"),
    t("an ENROLLMENT, - for standard input, or --qr FILE"),
  );
  return text.trim();
}

async function recognizeArgument(
  enrollment: string,
  reading: Reading,
): Promise<readonly Enrollment[]> {
  const found = await recognizeAny(enrollment, t("the enrollment string"), reading);
  reading.context.tell(
    t(
      "warning: a secret on the command line is seen by other processes and the shell's history; `fob enroll -` reads it from standard input",
    ),
  );
  return found;
}

/**
 * One string of several lines, or one string a line; empty lines and lines that begin with `#` do
 * not count.
 */
async function readInput(text: string, reading: Reading): Promise<readonly Enrollment[]> {
  if (isOneString(text)) return recognizeAny(text, t("standard input"), reading);
  const strings = readLines(text);
  if (strings.length === 0)
    throw new FobError("invalid", t("standard input holds no enrollment string"));
  const found = await recognizeLines(strings, t("standard input"), reading);
  const drafts = found.filter((one): one is EnrollmentDraft => !isOnline(one));
  return [...judgeEnd(text, drafts), ...found.filter(isOnline)];
}

/** `source` names the text where it has one line; a line is named otherwise. */
async function recognizeLines(
  strings: readonly Line[],
  source: string,
  reading: Reading,
): Promise<readonly Enrollment[]> {
  const found: Enrollment[] = [];
  for (const line of strings) {
    await reading.context.look();
    const place = strings.length === 1 ? null : t`line ${line.number}`;
    for (const one of await recognizeAt(line.text, place, reading, source)) found.push(one);
    // one line may be a code that holds many
    if (found.length > MAX_ENTRIES) break;
  }
  return found;
}

/**
 * The texts of the codes on every display. Throws the first display's error when none shows a code.
 */
async function readScreen(
  context: Pick<Context, "takeScreenshot" | "readQrCodes">,
): Promise<string[]> {
  const texts: string[] = [];
  const refusals: FobError[] = [];
  for (const picture of await context.takeScreenshot()) {
    try {
      texts.push(...(await context.readQrCodes(picture, translated(SCREEN))));
    } catch (error) {
      if (!(error instanceof FobError)) throw error;
      refusals.push(error);
    }
  }
  if (texts.length === 0 && refusals[0]) throw refusals[0];
  return [...new Set(texts)];
}

/**
 * A text that is an enrollment string counts before a picture: programs put a picture of the text
 * beside it.
 */
async function readClipboard(reading: Reading): Promise<readonly Enrollment[]> {
  const { clipboard, readQrCodes } = reading.context;
  const { text, picture } = await clipboard.paste();
  if (!picture || identify(withKnownScheme(text, reading.context)))
    return recognizeAt(text, translated(CLIPBOARD), reading);
  return recognizeAll(
    await readQrCodes(picture, translated(CLIPBOARD)),
    translated(CLIPBOARD),
    reading,
  );
}

/** The codes of a picture, in turn: each may ask for a secret of its own. */
async function recognizeAll(
  texts: readonly string[],
  place: string,
  reading: Reading,
): Promise<readonly Enrollment[]> {
  const found: Enrollment[] = [];
  for (const text of texts) found.push(...(await recognizeAt(text, place, reading)));
  return found;
}

async function recognizeAt(
  text: string,
  place: string | null,
  reading: Reading,
  source = place ?? "",
): Promise<readonly Enrollment[]> {
  try {
    return await recognizeAny(text, place ?? source, reading, place);
  } catch (error) {
    if (place === null || !(error instanceof FobError)) throw error;
    const { code, message, hint } = error;
    throw new FobError(code, t`${place}: ${message}`, {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
