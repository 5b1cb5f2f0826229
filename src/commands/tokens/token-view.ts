import { plural, t } from "#base/language.ts";
import { formatMoment, sayMoment } from "#cli/output/moments.ts";
import type { Style } from "#cli/output/style.ts";
import type { Fields } from "#cli/output/table.ts";
import type { EnrollmentDraft } from "#enrollment/draft.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import { PIN_METHODS } from "#otp/pin-passcode.ts";
import { answerMethodOf } from "#push/answer-method.ts";
import { newlyEnrolled } from "#token/codec.ts";
import type { Credential } from "#token/credential.ts";
import { printable } from "#token/printable.ts";
import type { PushCredential } from "#token/push-credential.ts";
import type { Holder, PinOrder, PinType, Token } from "#token/token.ts";
import { entriesLeft } from "#vault/tokens/list-entries.ts";

/**
 * A token as `list` and `show` print it: all of it, but what it computes with in its own words.
 * Counters are bigint, times Date; the printer knows how to write both.
 */
export interface TokenView extends Omit<Token, "credential" | "pinOrder"> {
  readonly kind: Credential["kind"];
  /** Null for a list, whose entries are computed from nothing. */
  readonly algorithm: string | null;
  /** Null where there are no passcodes, but signatures. */
  readonly digits: number | null;
  readonly alphabet: string | null;
  readonly period?: number | undefined;
  readonly counter?: bigint | undefined;
  readonly suite?: string | undefined;
  /** How many entries a list has, and how many of them are left. */
  readonly length?: number | undefined;
  readonly left?: number | undefined;
  /** How login requests are asked for and answered. */
  readonly protocol?: PushCredential["protocol"] | undefined;
  /** Which server they come from. */
  readonly server?: string | undefined;
  /** Where the PIN of a server goes; absent without such a PIN. */
  readonly pinOrder?: PinOrder | undefined;
  /** Whether its secret was wiped after too many wrong PINs. */
  readonly wiped: boolean;
  readonly lastUsedAt: Date | null;
}

/** The public view of a token: everything about it, never its secret. */
export function viewToken(token: Token, lastUsedAt: Date | null, wiped = false): TokenView {
  const { id, name, issuer, account, serial, pin, accessDomain, confirm, favorite } = token;
  const { format, heldBy, enrolledAt, tags } = token;
  const made = viewCredential(token);
  // named one by one, because a spread takes several times as long, ten thousand times
  return {
    id,
    name,
    issuer,
    account,
    kind: made.kind,
    algorithm: made.algorithm,
    digits: made.digits,
    alphabet: made.alphabet,
    period: made.period,
    counter: made.counter,
    suite: made.suite,
    length: made.length,
    left: wiped && made.left !== undefined ? 0 : made.left,
    protocol: made.protocol,
    server: made.server,
    serial,
    pin,
    pinOrder: pin === "server" ? token.pinOrder : undefined,
    wiped,
    accessDomain,
    confirm,
    favorite,
    heldBy,
    tags,
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
  | "length"
  | "left"
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
    case "yandex": {
      const { kind } = credential;
      const { algorithm, digits, alphabet, period } = PIN_METHODS[kind];
      return { kind, algorithm, digits, alphabet, period };
    }
    case "ocra": {
      const { kind, suite, counter } = credential;
      return { kind, ...viewSuite(suite), ...(counter === null ? {} : { counter }) };
    }
    case "list": {
      const { kind, length } = credential;
      const left = entriesLeft(credential);
      return { kind, algorithm: null, digits: null, alphabet: null, length, left };
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

/** A draft as the token with this name would be shown. */
export function viewDraft(
  name: string,
  {
    issuer,
    account,
    serial,
    format,
    credential,
    tags = [],
    favorite = false,
  }: EnrollmentDraft<Credential>,
): DraftView {
  const token: Token = {
    ...newlyEnrolled(new Date(0)),
    id: "",
    name,
    issuer,
    account,
    serial,
    format,
    credential,
    pin: "none",
    tags,
    favorite,
  };
  const {
    id: _id,
    enrolledAt: _enrolledAt,
    lastUsedAt: _lastUsedAt,
    wiped: _wiped,
    ...view
  } = viewToken(token, null);
  return view;
}

const KINDS: Readonly<Record<Credential["kind"], () => string>> = {
  totp: () => t("time-based"),
  hotp: () => t("event-based"),
  ocra: () => t("challenge-response"),
  motp: () => t("time-based with PIN"),
  yandex: () => t("Yandex, time-based with PIN"),
  push: () => t("push approval"),
  list: () => t("list of one-time passwords"),
};

/** The kind of a token, as text. */
export function kindInWords(kind: Credential["kind"]): string {
  return KINDS[kind]();
}

const PINS: Readonly<Record<PinType, () => string>> = {
  none: () => t("none"),
  user: () => t("user"),
  server: () => t("server"),
};

const ORDERS: Readonly<Record<PinOrder, () => string>> = {
  before: () => t("before the passcode"),
  after: () => t("after the passcode"),
};

/** The PIN of a token, as text: the user's, the server's, or none. */
export function pinInWords(pin: PinType): string {
  return PINS[pin]();
}

/** The chip that holds a token's secret, as text. */
export function holderInWords(holder: Holder): string {
  return HOLDERS[holder]();
}

const HOLDERS: Readonly<Record<Holder, () => string>> = {
  tpm: () => t("the TPM of this machine"),
};

type Field = (view: TokenView, style: Style) => Fields[number] | null;

/** How `show` prints each part of a token, in its order; null for what stands with another part. */
const FIELDS: Readonly<Record<keyof TokenView, Field>> = {
  name: ({ name }) => [t("name"), name],
  issuer: ({ issuer }) => [t("issuer"), issuer],
  account: ({ account }) => [t("account"), account],
  kind: ({ kind }) => [t("kind"), kindInWords(kind)],
  suite: ({ suite }) => [t("suite"), suite],
  algorithm: ({ algorithm }) => [t("algorithm"), algorithm],
  digits: ({ digits, alphabet }) => {
    const unusual = alphabet === "decimal" ? "" : ` (${alphabet})`;
    return [t("digits"), digits === null ? null : `${digits}${unusual}`];
  },
  alphabet: () => null,
  server: ({ server }) => [t("server"), server],
  protocol: ({ protocol }) => [t("protocol"), protocol],
  period: ({ period }) => [t("period"), period === undefined ? null : `${period} s`],
  counter: ({ counter }) => [t("counter"), counter?.toString()],
  length: () => null,
  left: ({ length, left }) => [
    t("entries"),
    length === undefined ? null : t`${left} of ${length} left`,
  ],
  serial: ({ serial }) => [t("serial"), serial],
  pin: ({ pin, pinOrder }) => [
    t("PIN"),
    pinOrder ? `${pinInWords(pin)}, ${ORDERS[pinOrder]()}` : pinInWords(pin),
  ],
  pinOrder: () => null,
  wiped: ({ wiped }) => [
    t("secret"),
    wiped ? t("wiped after too many wrong PINs: a new enrollment is the way out") : null,
  ],
  heldBy: ({ heldBy }) => [t("held by"), heldBy === null ? null : holderInWords(heldBy)],
  accessDomain: ({ accessDomain }) => [t("access domain"), accessDomain],
  confirm: ({ confirm }) => [t("asks before use"), confirm === "never" ? null : confirm],
  favorite: ({ favorite }) => [t("favorite"), favorite ? t("yes") : t("no")],
  tags: ({ tags }) => [t("tags"), tags.length === 0 ? null : tags.join(", ")],
  format: ({ format }) => [t("format"), format],
  enrolledAt: ({ enrolledAt }, style) => [t("enrolled"), formatMoment(enrolledAt, style)],
  lastUsedAt: ({ lastUsedAt }, style) => [
    t("last used"),
    lastUsedAt ? sayMoment(lastUsedAt, style) : t("never"),
  ],
  id: ({ id }) => [t("id"), id],
};

/** A token as `show` prints it, safe for a terminal. */
export function fieldsOf(view: TokenView, style: Style): Fields {
  const fields = Object.values(FIELDS).flatMap((field) => {
    const shown = field(view, style);
    return shown === null ? [] : [shown];
  });
  return fields.map(([name, value]) => [name, value ? printable(value) : null]);
}

/** How a token makes its passcodes, as text: `time-based, 6 digits every 30 s, SHA1`. */
export function describeView(view: DraftView): string {
  if (view.protocol !== undefined)
    return t`${kindInWords(view.kind)}, ${view.protocol} at ${view.server}`;
  if (view.length !== undefined)
    return `${kindInWords(view.kind)}, ${plural(view.length, "entry", "entries")}`;
  if (view.suite !== undefined) return `${kindInWords(view.kind)}, ${view.suite}`;
  const alphabet = view.alphabet === "decimal" ? t("digits") : t`${view.alphabet} characters`;
  const code = `${view.digits} ${alphabet}`;
  const paced =
    view.period === undefined
      ? t`${code} from counter ${view.counter}`
      : t`${code} every ${view.period} s`;
  return `${kindInWords(view.kind)}, ${paced}, ${view.algorithm}`;
}
