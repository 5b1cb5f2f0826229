import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import type { Style } from "#cli/output/style.ts";
import { type PickContext, pickToken } from "#commands/code/pick-token.ts";
import { existingTokens } from "#commands/lookup.ts";
import { withKnownScheme } from "#commands/tiqr-scheme.ts";
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
import { findNamed } from "#token/find-token.ts";
import { matchName, matchWholeName } from "#token/names.ts";
import { printable } from "#token/printable.ts";
import type { Token } from "#token/token.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import type { ChallengeInput } from "#vault/tokens/responses.ts";

/** What approving a TiQR login needs of the context. */
export type TiqrContext = PickContext & Pick<Context, "findTokens" | "pinPrompt" | "http">;

/** A TiQR challenge, and the NAME of the token that is to answer it, if one is given. */
interface GivenChallenge {
  readonly text: string;
  readonly name: string | undefined;
}

/** Where a TiQR challenge is read from. */
export type TiqrSourceContext = Pick<Context, "readPicture" | "readInput" | "settings">;

/** A login that was approved by answering its TiQR challenge. */
export interface TiqrLogin {
  /** The name of the token that answered. */
  readonly name: string;
  readonly service: string;
  readonly identity: string;
  /** The service's name for the place of login; null where it gives none. */
  readonly place: string | null;
  /** What the server says of the login; null where it says nothing. */
  readonly message: string | null;
}

/**
 * Approves the login of a TiQR challenge, after the user has confirmed it, or with `isConfirmed`.
 * Throws FobError `invalid` for what is no challenge, `not-found` when no token fits it, `locked`
 * without a terminal, `rejected` when the server refuses the answer.
 */
export async function approveTiqr(
  { text, name }: GivenChallenge,
  isConfirmed: boolean,
  context: TiqrContext,
): Promise<TiqrLogin> {
  const challenge = parseTiqrChallenge(text);
  const tokens = await existingTokens("push", context);
  const token = await chooseToken(challenge, name, tokens, context);
  const { service, identity } = token.credential;
  const { place } = challenge;
  // nobody is asked about a login that cannot be
  tiqrInput(challenge, token, context.clock());
  if (!isConfirmed)
    await confirm(
      t`Log ${identity} in at ${place ?? service} (${service}), with an answer to ${new URL(token.credential.url).host}?`,
      context,
    );
  const asked = tiqrInput(challenge, token, context.clock());
  const { response } = await tokens.respond(token.id, asked, context.pinPrompt);
  const message = await sendTiqrResponse(challenge, token, response, context);
  return { name: token.name, service, identity, place, message };
}

/** What a command was given of a TiQR challenge. With a picture, the first argument is a NAME. */
export interface TiqrSource {
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly qr: string | undefined;
}

/**
 * The TiQR challenge that a command was given: as its ID, on standard input (`-`), or in a picture.
 * Null for the ID of a request, or none.
 */
export async function readTiqrChallenge(
  { id, name, qr }: TiqrSource,
  context: TiqrSourceContext,
): Promise<GivenChallenge | null> {
  if (qr !== undefined) {
    if (name !== undefined || (id !== undefined && hasScheme(id)))
      throw new FobError("usage", t("with --qr, no more than a NAME can be given"));
    const texts = (await context.readPicture(qr)).map((text) => withKnownScheme(text, context));
    return { text: texts.find(isTiqrChallenge) ?? texts[0] ?? "", name: id };
  }
  if (id === "-") return { text: withKnownScheme(await context.readInput(), context), name };
  if (id !== undefined && hasScheme(id)) return { text: withKnownScheme(id, context), name };
  if (name === undefined) return null;
  throw new FobError("usage", t("a NAME is given for TiQR logins alone, whose token it chooses"));
}

/** Whether a text is an address of some kind: neither the ID of a request nor a name is. */
function hasScheme(text: string): boolean {
  return /^\s*[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

/** A login in one line. */
export function formatTiqrLogin(
  { name, service, identity, place, message }: TiqrLogin,
  style: Style,
): string {
  const where = style.strong(printable(place ?? service));
  const approved = t`approved the login of ${printable(identity)} at ${where} (${printable(name)})`;
  return message === null ? approved : `${approved}\n${message}`;
}

/** A login for scripts. */
export function tiqrLoginJson({ name, service, identity, place, message }: TiqrLogin) {
  return {
    id: null,
    token: name,
    answer: "approved",
    accepted: true,
    displayCode: null,
    message,
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

/**
 * The token for a challenge: the one with this NAME, else the one that fits. Where the challenge
 * names no account, the user may choose.
 */
async function chooseToken(
  challenge: TiqrChallenge,
  name: string | undefined,
  tokens: Authenticator,
  context: PickContext,
): Promise<TiqrToken> {
  const { service, identity } = challenge;
  const entries = await tokens.entries();
  if (name !== undefined) return findTiqr(name, entries, tokens.grantLabel);
  const known = entries.filter(isTiqrToken).filter(({ credential }) => {
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
  const ids = new Set(known.map(({ id }) => id));
  const chosen = await pickToken(tokens, context, { fits: ({ id }) => ids.has(id) });
  return known.find(({ id }) => id === chosen.id) ?? first;
}

/** The TiQR token that NAME means. Throws FobError `usage` for a token of another kind. */
function findTiqr(name: string, entries: readonly Token[], grantLabel: string | null): TiqrToken {
  const all = entries.filter(isTiqrToken);
  const match = grantLabel === null ? matchName(name, all) : matchWholeName(name, all);
  if (match !== null && match.kind !== "none") return findNamed(name, all, grantLabel);
  const other = findNamed(name, entries, grantLabel);
  throw new FobError("usage", t`${other.name} answers no TiQR logins`, {
    hint: t("without NAME, the token of the login page's service answers"),
  });
}

async function confirm(question: string, context: Pick<Context, "prompt">): Promise<void> {
  if (await context.prompt.confirm(question, "--yes")) return;
  throw new FobError("interrupted", t("nothing was approved"));
}
