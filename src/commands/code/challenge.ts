import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import { asked, defineCommand, flag, optional, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { existingTokens, findOne } from "#commands/lookup.ts";
import { tiqrInput } from "#commands/push/tiqr-answer.ts";
import { withKnownScheme } from "#commands/tiqr-scheme.ts";
import { parseTime, tellZone } from "#commands/values.ts";
import { type OcraSuite, parseOcraSuite } from "#otp/ocra-suite.ts";
import { isTiqrToken, parseTiqrChallenge, type TiqrToken } from "#push/tiqr/tiqr.ts";
import type { OcraCredential } from "#token/credential.ts";
import type { TiqrCredential } from "#token/push-credential.ts";
import type { Token } from "#token/token.ts";
import { askingBefore } from "#vault/pins/pin-prompt.ts";
import type { ChallengeInput } from "#vault/tokens/responses.ts";
import { copyPasscode, refuseOnceAlone } from "./copy-passcode.ts";
import { type NameContext, nameOrPick } from "./pick-token.ts";

interface Answer {
  readonly name: string;
  readonly response: string;
  /** Null for a list. */
  readonly suite: string | null;
  readonly counter: bigint | null;
  readonly isCopied: boolean;
}

/** Where a challenge comes from. */
type ReadContext = Pick<Context, "prompt" | "readInput" | "readPicture">;

type InputContext = ReadContext & Pick<Context, "clock" | "settings" | "tell">;

type ChallengeContext = InputContext & Pick<Context, "clipboard" | "findTokens" | "pinPrompt">;

/** `fob challenge`: answers a challenge (OCRA, RFC 6287). */
export const challenge = defineCommand({
  name: "challenge",
  summary: "answer a challenge (OCRA), or the number of an entry of a list",
  description:
    "CHALLENGE is what the login page shows; - reads it from standard input. For a mutual suite CHALLENGE is the one that you " +
    "gave the server, --server-challenge the server's, and --verify the server's response, which is checked before yours is made. " +
    "A TiQR token takes the tiqrauth:// text of a login page, prints the response and sends nothing: `fob push approve` sends it.",
  arguments: {
    name: asked("NAME", "name or id of a token", "token"),
    challenge: optional("CHALLENGE", "the challenge; - reads standard input"),
  },
  options: {
    qr: value("FILE", "read the challenge from a picture of a QR code", "file"),
    serverChallenge: value("TEXT", "the server's challenge, for mutual challenge-response"),
    verify: value("RESPONSE", "the server's response: it must be right before an answer is made"),
    session: value("TEXT", "session information, where the suite has S: UTF-8 text, or hex:..."),
    at: value("TIME", "answer as of another time, where the suite has T"),
    copy: flag("put the response on the clipboard instead of printing it"),
    once: flag("with --copy: for one paste, where the system can count them (X11, Wayland)"),
  },
  examples: [
    { command: "fob challenge bank 48201795", explanation: "prints the response: 65347737" },
    {
      command: "fob challenge bank --qr login.png",
      explanation: "reads the challenge from a picture",
    },
  ],
  ask: async (input, context: NameContext) => ({
    ...input,
    name: await nameOrPick(input.name, context, {
      fits: answersChallenges,
      none: t("no token answers challenges"),
    }),
  }),
  async run(input, context: ChallengeContext): Promise<Answer> {
    refuseOnceAlone(input);
    const clearAfter = input.copy ? context.settings.choose("clipboard.clear-after") : 0;
    const tokens = await existingTokens("challenge", context);
    const { token } = await tokens.look((await findOne(tokens, input.name)).id);
    const suite =
      token.credential.kind === "list" ? null : parseOcraSuite(respondingCredential(token).suite);
    const asked = isTiqrToken(token)
      ? await readTiqrInput(input, token, context)
      : suite
        ? await readInput(input, suite, context)
        : await readEntryNumber(input, token, context);
    const { response, counter } = await tokens.respond(
      token.id,
      asked,
      askingBefore(0, context.pinPrompt),
    );
    if (input.copy) context.tell(await copyPasscode(response, clearAfter, context, input.once));
    return {
      name: token.name,
      response,
      suite: suite?.text ?? null,
      counter,
      isCopied: input.copy,
    };
  },
  isData: true,
  text: ({ response, isCopied }) => (isCopied ? "" : response),
  json: ({ name, response, suite, counter }) => ({ name, response, suite, counter }),
});

interface GivenInput {
  readonly challenge: string | undefined;
  readonly qr: string | undefined;
  readonly serverChallenge: string | undefined;
  readonly verify: string | undefined;
  readonly session: string | undefined;
  readonly at: string | undefined;
}

async function readInput(
  input: GivenInput,
  suite: OcraSuite,
  context: InputContext,
): Promise<Omit<ChallengeInput, "pin">> {
  const { serverChallenge = null, verify = null, session, at } = input;
  if (verify !== null && serverChallenge === null) {
    throw new FobError("usage", t("--verify needs --server-challenge: the server sends both"));
  }
  tellZone("--at", at, context);
  const time = at === undefined ? context.clock() : parseTime(at, context.clock());
  return {
    challenge: await readChallenge(input, context),
    serverChallenge,
    serverResponse: verify,
    session: readSession(session, suite),
    unixSeconds: time.getTime() / 1000,
  };
}

/** A TiQR challenge holds all of its input itself. */
async function readTiqrInput(
  input: GivenInput,
  token: TiqrToken,
  context: InputContext,
): Promise<Omit<ChallengeInput, "pin">> {
  const { serverChallenge, verify, session, at } = input;
  if ([serverChallenge, verify, session].some((given) => given !== undefined)) {
    throw new FobError(
      "usage",
      t`${token.name} answers TiQR challenges, which take no other options`,
    );
  }
  tellZone("--at", at, context);
  const now = context.clock();
  const challenge = parseTiqrChallenge(
    withKnownScheme(await readChallenge(input, context), context),
  );
  return tiqrInput(challenge, token, at === undefined ? now : parseTime(at, now));
}

/** The number of an entry of a list, which is all that there is to ask. */
async function readEntryNumber(
  input: GivenInput,
  { name }: Token,
  context: InputContext,
): Promise<Omit<ChallengeInput, "pin">> {
  const { serverChallenge, verify, session, at } = input;
  if ([serverChallenge, verify, session, at].some((given) => given !== undefined))
    throw new FobError("usage", t`${name} is a list: its challenges are numbers, without options`);
  return {
    challenge: await readChallenge(input, context),
    serverChallenge: null,
    serverResponse: null,
    session: null,
    unixSeconds: context.clock().getTime() / 1000,
  };
}

async function readChallenge(
  { challenge: given, qr }: GivenInput,
  context: ReadContext,
): Promise<string> {
  if (given !== undefined && qr !== undefined)
    throw new FobError("usage", t("CHALLENGE and --qr exclude each other"));
  if (qr !== undefined) return ((await context.readPicture(qr))[0] ?? "").trim();
  if (given === "-") return (await context.readInput()).trim();
  return (
    given?.trim() ??
    context.prompt.text(t("Challenge"), t("a CHALLENGE, - for standard input, or --qr FILE"))
  );
}

function readSession(text: string | undefined, { session }: OcraSuite): Buffer | null {
  if (text === undefined) return null;
  if (session === null)
    throw new FobError("usage", t("--session is given, and the suite has no session information"));
  const hex = /^hex:((?:[0-9a-f]{2})*)$/i.exec(text)?.[1];
  return hex === undefined ? Buffer.from(text, "utf8") : Buffer.from(hex, "hex");
}

function answersChallenges(token: Token): boolean {
  return ["ocra", "list"].includes(token.credential.kind) || isTiqrToken(token);
}

function respondingCredential(token: Token): OcraCredential | TiqrCredential {
  const { name, credential } = token;
  if (credential.kind === "ocra") return credential;
  if (isTiqrToken(token)) return token.credential;
  throw new FobError("usage", t`${name} answers no challenges`, {
    hint: t`fob code ${shellWord(name)} prints its passcode`,
  });
}
