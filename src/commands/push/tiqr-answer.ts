import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import type { Style } from "#cli/output/style.ts";
import { existingTokens, pickToken } from "#commands/lookup.ts";
import {
  isTiqrChallenge,
  isTiqrToken,
  parseTiqrChallenge,
  refuseOtherService,
  sendTiqrResponse,
  sessionInformation,
  type TiqrChallenge,
  type TiqrToken,
} from "#push/tiqr/tiqr.ts";
import { printable } from "#token/printable.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import type { ChallengeInput } from "#vault/tokens/responses.ts";

/** What approving a TiQR login needs of the context. */
export type TiqrContext = Pick<Context, "findTokens" | "prompt" | "pinPrompt" | "clock" | "http">;

/** Where a TiQR challenge is read from. */
export type TiqrSourceContext = Pick<Context, "readPicture" | "readInput">;

/** A login that was approved by answering its TiQR challenge. */
export interface TiqrLogin {
  /** The name of the token that answered. */
  readonly name: string;
  readonly service: string;
  readonly identity: string;
  /** The service's name for the place of login; null where it gives none. */
  readonly place: string | null;
}

/**
 * Approves the login of a TiQR challenge, after the user has confirmed it, or with `isConfirmed`.
 * Throws FobError `invalid` for what is no challenge, `not-found` when no token fits it, `locked`
 * without a terminal, `rejected` when the server refuses the answer.
 */
export async function approveTiqr(
  text: string,
  isConfirmed: boolean,
  context: TiqrContext,
): Promise<TiqrLogin> {
  const challenge = parseTiqrChallenge(text);
  const tokens = await existingTokens("push", context);
  const token = await chooseToken(challenge, tokens, context);
  const { service, identity } = token.credential;
  const { place } = challenge;
  if (!isConfirmed)
    await confirm(t`Log ${identity} in at ${place ?? service} (${service})?`, context);
  const asked = tiqrInput(challenge, token, context.clock());
  const { response } = await tokens.respond(token.id, asked, context.pinPrompt);
  await sendTiqrResponse(challenge, token, response, context);
  return { name: token.name, service, identity, place };
}

/**
 * The TiQR challenge that a command was given: as its ID, on standard input (`-`), or in a picture.
 * Null for the ID of a request, or none.
 */
export async function readTiqrChallenge(
  id: string | undefined,
  qr: string | undefined,
  context: TiqrSourceContext,
): Promise<string | null> {
  if (id !== undefined && qr !== undefined)
    throw new FobError("usage", t("an ID and --qr exclude each other"));
  if (qr !== undefined) return (await context.readPicture(qr)).find(isTiqrChallenge) ?? "";
  if (id === "-") return context.readInput();
  return id !== undefined && isTiqrChallenge(id) ? id : null;
}

/** A login in one line. */
export function formatTiqrLogin(
  { name, service, identity, place }: TiqrLogin,
  style: Style,
): string {
  const where = style.strong(printable(place ?? service));
  return t`approved the login of ${printable(identity)} at ${where} (${printable(name)})`;
}

/** A login for scripts. */
export function tiqrLoginJson({ name, service, identity, place }: TiqrLogin) {
  return {
    id: null,
    token: name,
    answer: "approved",
    accepted: true,
    displayCode: null,
    message: null,
    service,
    identity,
    place,
  };
}

/**
 * What a token answers when it is given a TiQR challenge. Throws FobError `rejected` when the
 * challenge is for another one, `invalid`.
 */
export function tiqrInput(
  challenge: TiqrChallenge,
  token: TiqrToken,
  now: Date,
): Omit<ChallengeInput, "pin"> {
  refuseOtherService(challenge, token);
  return {
    challenge: challenge.question,
    serverChallenge: null,
    serverResponse: null,
    session: sessionInformation(challenge, token.credential),
    unixSeconds: now.getTime() / 1000,
  };
}

/** The token for a challenge. Where the challenge names no account, the user may choose. */
async function chooseToken(
  challenge: TiqrChallenge,
  tokens: Authenticator,
  context: Pick<Context, "prompt">,
): Promise<TiqrToken> {
  const { service, identity } = challenge;
  const known = (await tokens.entries()).filter(isTiqrToken).filter(({ credential }) => {
    const isService = credential.service.toLowerCase() === service;
    return isService && (identity === null || credential.identity === identity);
  });
  const [first, ...others] = known;
  if (!first) {
    throw new FobError(
      "not-found",
      t`no token is for ${identity === null ? "" : t`${identity} at `}${service}`,
      {
        hint: t("is the login page the one that you meant to open? `fob list` shows your tokens"),
      },
    );
  }
  if (others.length === 0) return first;
  const chosen = await pickToken(context, known);
  return known.find(({ id }) => id === chosen.id) ?? first;
}

async function confirm(question: string, context: Pick<Context, "prompt">): Promise<void> {
  if (await context.prompt.confirm(question, "--yes")) return;
  throw new FobError("interrupted", t("nothing was approved"));
}
