import { type Texts, t, translated } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import type { EnrollmentDraft } from "#enrollment/draft.ts";
import { MOTP_DIGITS, MOTP_PERIOD } from "#otp/motp.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import { answerMethodOf } from "#push/protocols.ts";
import type { Credential } from "#token/credential.ts";
import type { Token } from "#token/token.ts";

/**
 * A token as `list` and `show` print it. Counters are bigint, times Date; the printer knows how to
 * write both.
 */
export interface TokenView {
  readonly id: string;
  readonly name: string;
  readonly issuer: string | null;
  readonly account: string | null;
  readonly kind: string;
  readonly algorithm: string;
  /** Null where there are no passcodes, but signatures. */
  readonly digits: number | null;
  readonly alphabet: string | null;
  readonly period?: number | undefined;
  readonly counter?: bigint | undefined;
  readonly suite?: string | undefined;
  /** How login requests are asked for and answered. */
  readonly protocol?: string | undefined;
  /** Which server they come from. */
  readonly server?: string | undefined;
  readonly serial: string | null;
  readonly pin: string;
  /** Whether its secret was wiped after too many wrong PINs. */
  readonly wiped: boolean;
  readonly accessDomain: string;
  readonly favorite: boolean;
  readonly format: string;
  readonly enrolledAt: Date;
  readonly lastUsedAt: Date | null;
}

/** The public view of a token: everything about it, never its secret. */
export function viewToken(token: Token, lastUsedAt: Date | null, wiped = false): TokenView {
  const { id, name, issuer, account, serial, pin, accessDomain, favorite, format, enrolledAt } =
    token;
  const { kind, algorithm, digits, alphabet, period, counter, suite, protocol, server } =
    viewCredential(token);
  // named one by one, because a spread takes several times as long, ten thousand times
  return {
    id,
    name,
    issuer,
    account,
    kind,
    algorithm,
    digits,
    alphabet,
    period,
    counter,
    suite,
    protocol,
    server,
    serial,
    pin,
    wiped,
    accessDomain,
    favorite,
    format,
    enrolledAt,
    lastUsedAt,
  };
}

type CredentialView = Pick<
  TokenView,
  | "kind"
  | "algorithm"
  | "digits"
  | "alphabet"
  | "period"
  | "counter"
  | "suite"
  | "protocol"
  | "server"
>;

function viewCredential({ credential }: Token): CredentialView {
  switch (credential.kind) {
    case "totp":
    case "hotp": {
      const { kind, algorithm, digits, alphabet } = credential;
      const moving =
        kind === "totp" ? { period: credential.period } : { counter: credential.counter };
      return { kind, algorithm, digits, alphabet, ...moving };
    }
    case "motp":
      return {
        kind: "motp",
        algorithm: "MD5",
        digits: MOTP_DIGITS,
        alphabet: "hexadecimal",
        period: MOTP_PERIOD,
      };
    case "ocra": {
      const { kind, suite, counter } = credential;
      return { kind, ...viewSuite(suite), ...(counter === null ? {} : { counter }) };
    }
    case "push": {
      const { kind, protocol, url } = credential;
      return { kind, ...answerMethodOf(credential), protocol, server: new URL(url).host };
    }
  }
}

function viewSuite(suite: string) {
  const { algorithm, digits } = parseOcraSuite(suite);
  return { algorithm, digits, alphabet: digits === 0 ? "hexadecimal" : "decimal", suite };
}

/** The view of a token that is not stored: without an id, and without history. */
export type DraftView = Omit<TokenView, "id" | "wiped" | "enrolledAt" | "lastUsedAt">;

/** How a draft would look as a token called `name`. */
export function viewDraft(
  name: string,
  { issuer, account, serial, format, credential }: EnrollmentDraft<Credential>,
): DraftView {
  const rest = {
    id: "",
    pin: "none",
    accessDomain: "00",
    favorite: false,
    enrolledAt: new Date(0),
  } as const;
  const token: Token = { name, issuer, account, serial, format, credential, ...rest };
  const {
    id: _id,
    enrolledAt: _enrolledAt,
    lastUsedAt: _lastUsedAt,
    wiped: _wiped,
    ...view
  } = viewToken(token, null);
  return view;
}

const KINDS: Texts = {
  totp: "time-based",
  hotp: "event-based",
  ocra: "challenge-response",
  motp: "time-based with PIN",
  push: "push approval",
};

/** What kind of token it is, in words. */
export function kindInWords(kind: string): string {
  return translated(ownValue(KINDS, kind) ?? kind);
}

const PINS: Texts = { none: "none", user: "user", server: "server" };

/** Whose PIN it is, in words: the user's, the server's, or nobody's. */
export function pinInWords(pin: string): string {
  return translated(ownValue(PINS, pin) ?? pin);
}

/** How a token makes its passcodes, in words: `time-based, 6 digits every 30 s, SHA1`. */
export function describeView(view: DraftView): string {
  if (view.protocol !== undefined)
    return t`${kindInWords(view.kind)}, ${view.protocol} at ${view.server}`;
  if (view.suite !== undefined) return `${kindInWords(view.kind)}, ${view.suite}`;
  const alphabet = view.alphabet === "decimal" ? t("digits") : t`${view.alphabet} characters`;
  const code = `${view.digits} ${alphabet}`;
  const paced =
    view.period === undefined
      ? t`${code} from counter ${view.counter}`
      : t`${code} every ${view.period} s`;
  return `${kindInWords(view.kind)}, ${paced}, ${view.algorithm}`;
}
