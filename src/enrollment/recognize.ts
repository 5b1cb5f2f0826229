import { FobError } from "#base/fob-error.ts";
import { t, translated } from "#base/language.ts";
import { notKnown, refusalOfTiqrScheme, unknownSchemeOf } from "#push/tiqr/tiqr-schemes.ts";
import type { OtpCredential } from "#token/credential.ts";
import type { AskSecret, Finding, ParsedOnline, ParsedToken } from "#token/draft/parsed-token.ts";
import type { EnrollmentDraft, EnrollmentFormat, OnlineEnrollment } from "./draft.ts";
import { Effort } from "./effort.ts";
import { STRING_FORMATS, type StringFormat } from "./formats/string-formats.ts";
import { mend } from "./mending.ts";
import { refusalOfOtherApp } from "./other-apps.ts";

/** Longer than any enrollment string of one line that an issuer makes. */
const MAX_LENGTH = 64 * 1024;

/** A token of an enrollment string. */
export type RecognizedToken = EnrollmentDraft<OtpCredential, StringFormat>;

type Format = EnrollmentFormat & { readonly id: StringFormat };

const FORMATS: readonly Format[] = STRING_FORMATS;

/**
 * The tokens that an enrollment string describes. Rejects with FobError `invalid` saying what is
 * wrong with it, or that it is none, and `unavailable` when only a server can make the token.
 * Nothing is stored or sent; what is encrypted is opened with `askSecret`. Strings of one list
 * share their `effort`.
 */
export async function recognize(
  input: string,
  askSecret: AskSecret = refuseToAsk,
  effort = new Effort(),
): Promise<RecognizedToken[]> {
  const { format, text, findings } = recognition(input);
  if ("parseOnline" in format) throw needsServer(format.parseOnline(text));
  const tokens = await format.parse(text, askSecret, effort);
  return tokens.map((token) => complete(token, format, findings));
}

/** The good tokens of an enrollment string, and why the others were refused. */
export interface RecognizedTokens {
  readonly tokens: readonly RecognizedToken[];
  readonly refusals: readonly string[];
}

/**
 * {@link recognize} for strings with many tokens: an invalid token does not stop the others.
 * Rejects where none is valid.
 */
export async function recognizeEach(
  input: string,
  askSecret: AskSecret = refuseToAsk,
  effort = new Effort(),
): Promise<RecognizedTokens> {
  const { format, text, findings } = recognition(input);
  if (!("many" in format && format.many))
    return { tokens: await recognize(input, askSecret, effort), refusals: [] };
  const { drafts, refusals } = await format.many.parse(text, askSecret, effort);
  if (drafts.length === 0 && refusals[0] !== undefined) throw new FobError("invalid", refusals[0]);
  return { tokens: drafts.map((token) => complete(token, format, findings)), refusals };
}

/**
 * The content of an enrollment string that a server turns into a token; null for every other one.
 */
export function recognizeOnline(input: string): OnlineEnrollment<StringFormat> | null {
  const { format, text, findings } = recognition(input);
  if (!("parseOnline" in format)) return null;
  const online = format.parseOnline(text);
  return {
    ...online,
    findings: [...findings, ...online.findings],
    format: format.id,
    complete: async (services) => {
      const tokens = await online.complete(services);
      return tokens.map((token) => ({ ...token, format: format.id }));
    },
  };
}

/** A token with its format, and with what was mended before it was read. */
function complete<Token extends ParsedToken>(
  token: Token,
  { id }: Format,
  findings: readonly Finding[],
): Token & { readonly format: StringFormat } {
  return { ...token, format: id, findings: [...findings, ...token.findings] };
}

/** The format that a text has, right or wrong, or null when it has none. */
export function identify(input: string): Format | null {
  return formatOf(mend(input).text);
}

function formatOf(text: string): Format | null {
  const format = FORMATS.find(
    ({ matches, maxLength }) => text.length <= (maxLength ?? MAX_LENGTH) && matches(text),
  );
  return format ?? null;
}

function recognition(input: string) {
  const { text, findings } = mend(input);
  if (text === "") throw new FobError("invalid", t("the enrollment string is empty"));
  const format = formatOf(text);
  if (format) return { format, text, findings };
  if (text.length > MAX_LENGTH)
    throw new FobError("invalid", t`the enrollment string is longer than ${MAX_LENGTH} characters`);
  const otherApp = refusalOfOtherApp(text) ?? refusalOfTiqrScheme(text);
  if (otherApp) throw otherApp;
  const scheme = unknownSchemeOf(text);
  const what =
    scheme === null ? t("this is not an enrollment string that fob knows") : notKnown(scheme);
  throw new FobError("invalid", what, {
    hint: t`known are ${FORMATS.map(({ example }) => translated(example)).join(", ")}`,
  });
}

function needsServer({ server }: ParsedOnline): FobError {
  return new FobError("unavailable", t`only its server (${server}) makes this token`, {
    hint: t("`fob enroll` asks the server, and `fob inspect -` shows what the string says"),
  });
}

async function refuseToAsk(): Promise<never> {
  throw new FobError("invalid", t("this enrollment string is encrypted, and cannot be here"));
}
