import { plural, t } from "#base/language.ts";
import type { Style } from "#cli/output/style.ts";
import { groupPasscode } from "#cli/screen/passcode-groups.ts";
import { printable } from "#token/printable.ts";
import type { Token } from "#token/token.ts";
import type { Passcode } from "#vault/tokens/passcodes.ts";
import { type FieldValue, parseTemplate } from "./code-template.ts";

/** A passcode and the token that it is of. */
export interface TokenPasscode {
  readonly token: Token;
  readonly passcode: Passcode;
  /** When it was made. */
  readonly madeAt: Date;
}

interface Field {
  /** The key in `--json`, and the name in `--format`. */
  readonly name: string;
  /** False for fields that `fob list --json` has. */
  readonly isInJson: boolean;
  /** Undefined where a passcode of this kind has none. */
  of(made: TokenPasscode): FieldValue | undefined;
}

/**
 * Everything that `fob code` can print of a passcode, in this order: `--json`, `--format` and the
 * plain lines take it from here.
 */
const FIELDS: readonly Field[] = [
  { name: "name", isInJson: true, of: ({ token }) => token.name },
  { name: "code", isInJson: true, of: ({ passcode }) => passcode.code },
  { name: "issuer", isInJson: false, of: ({ token }) => token.issuer },
  { name: "account", isInJson: false, of: ({ token }) => token.account },
  { name: "kind", isInJson: true, of: ({ passcode }) => passcode.kind },
  { name: "validFrom", isInJson: true, of: ({ passcode }) => timed(passcode)?.validFrom },
  { name: "validUntil", isInJson: true, of: ({ passcode }) => timed(passcode)?.validUntil },
  { name: "secondsLeft", isInJson: true, of: secondsLeft },
  { name: "counter", isInJson: true, of: ({ passcode }) => counted(passcode)?.counter },
];

/** Passcodes to print. */
export interface MadeCodes {
  readonly codes: readonly TokenPasscode[];
  /** Whether one token was asked for: it is printed without its name. */
  readonly isSingle: boolean;
  readonly format: Format | null;
}

/** What of a {@link Style} matters to passcodes. */
type CodeStyle = Pick<Style, "columns" | "isSpoken">;

/** The passcodes as text, without a newline at the end; empty for none. */
export function formatCodes({ codes, isSingle, format }: MadeCodes, style: CodeStyle): string {
  if (format) return codes.map(format).join("\n");
  const [only] = codes;
  return isSingle && only ? only.passcode.code : formatPasscodes(codes, style);
}

/** The passcodes as `--json` prints them: an array, unless one token was asked for. */
export function passcodesJson({ codes, isSingle }: Omit<MadeCodes, "format">): unknown {
  const [only] = codes;
  return isSingle && only ? passcodeJson(only) : codes.map(passcodeJson);
}

/** The passcode as `--json` prints it. */
export function passcodeJson(made: TokenPasscode): Readonly<Record<string, FieldValue>> {
  return Object.fromEntries(
    FIELDS.flatMap(({ name, isInJson, of }) => {
      const value = of(made);
      return isInJson && value !== undefined ? [[name, value]] : [];
    }),
  );
}

/** How `--format` prints a passcode. */
export type Format = (made: TokenPasscode) => string;

/** The format that a template of {@link FIELDS} describes. Throws FobError `usage`. */
export function parseFormat(text: string): Format {
  return parseTemplate(text, FIELDS);
}

const NAMED_LINE = parseFormat("{code}\\t{name}");
const SPOKEN_LINE = parseFormat("{name}: {code}");

/** The passcodes of several tokens, one a line; the codes are aligned on a terminal. */
function formatPasscodes(made: readonly TokenPasscode[], style: CodeStyle): string {
  if (style.isSpoken) return made.map(SPOKEN_LINE).join("\n");
  if (style.columns === null) return made.map(NAMED_LINE).join("\n");
  const width = Math.max(...made.map(({ passcode }) => passcode.code.length));
  return made
    .map(({ token, passcode }) => `${passcode.code.padStart(width)}  ${printable(token.name)}`)
    .join("\n");
}

/** A line of `--watch` without a screen; without the name where there is one token. */
export function formatWatchedLine(made: TokenPasscode, isOnlyOne: boolean, style: Style): string {
  const { token, passcode } = made;
  if (style.isSpoken)
    return t`${printable(token.name)}: ${groupPasscode(passcode.code)}, ${plural(secondsLeft(made) ?? 0, "second")} left`;
  return isOnlyOne ? passcode.code : NAMED_LINE(made);
}

/** Whole seconds from when it was made until it ends; 0 for one of another time. */
function secondsLeft({ passcode, madeAt }: TokenPasscode): number | undefined {
  const until = timed(passcode)?.validUntil;
  return until && Math.max(0, Math.floor((until.getTime() - madeAt.getTime()) / 1000));
}

function timed(passcode: Passcode) {
  return "counter" in passcode ? undefined : passcode;
}

function counted(passcode: Passcode) {
  return "counter" in passcode ? passcode : undefined;
}
