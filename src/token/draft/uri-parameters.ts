import { editDistance } from "#base/edit-distance.ts";
import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { LAST_COUNTER } from "#otp/hotp.ts";
import type { DraftField, Finding } from "./parsed-token.ts";

/** More parameters than any issuer writes; each one takes many times its bytes in memory. */
const MAX_PARAMETERS = 100;

/** How many unknown parameters are named in findings. */
const MAX_NAMED = 8;

/** Values in messages are cut to this length, in characters. */
const SHOWN_LENGTH = 40;

/**
 * The parameters of a URI. It records the origin of each value that is read, and knows the
 * parameters that were never read.
 */
export class Parameters {
  readonly fields: DraftField[] = [];
  readonly findings: Finding[] = [];
  readonly #values = new Map<string, string>();
  /** The undecoded values, for the one parameter in which plus signs are spaces. */
  readonly #encoded = new Map<string, string>();
  readonly #asked = new Set<string>();
  /** Kinds of faults that have a finding, so that a hundred faults of one kind give one finding. */
  readonly #found = new Set<string>();

  /** Throws FobError `invalid` for a parameter that is given twice with different values. */
  constructor(query: string) {
    const parts = query.split("&").filter(Boolean);
    if (parts.length > MAX_PARAMETERS)
      throw new FobError("invalid", t`the string has more than ${MAX_PARAMETERS} parameters`);
    for (const part of parts) {
      const [name = "", ...rest] = part.split("=");
      this.#add(this.decode(name).toLowerCase(), rest.join("="));
    }
  }

  /** The value under the first of these names that has one, or null. */
  read(...names: string[]): string | null {
    for (const name of names) this.#asked.add(name);
    const given = names
      .map((name) => this.#values.get(name))
      .find((value) => value !== undefined && value !== "");
    return given ?? null;
  }

  /** {@link read} for a form-encoded value: a plus that is not percent-encoded is a space. */
  readForm(name: string): string | null {
    const value = this.read(name);
    return value === null
      ? null
      : this.decode((this.#encoded.get(name) ?? "").replaceAll("+", " "));
  }

  /** Reads and parses a parameter and records it; `otherwise` is the default. */
  take<T>(names: readonly string[], parse: (text: string, name: string) => T, otherwise: T): T {
    const text = this.read(...names);
    const [name = ""] = names;
    const value = text === null ? otherwise : parse(text, name);
    this.note(name, String(value), text === null ? "default" : "given");
    return value;
  }

  /** Records a field. */
  note(name: string, value: string, origin: DraftField["origin"]): void {
    this.fields.push({ name, value, origin });
  }

  /** Whether a parameter is given, with or without a value. */
  has(name: string): boolean {
    this.#asked.add(name);
    return this.#values.has(name);
  }

  /** Changes a field that was noted already. */
  correct(name: string, value: string, origin: DraftField["origin"]): void {
    const at = this.fields.findIndex((field) => field.name === name);
    if (at >= 0) this.fields.splice(at, 1, { name, value, origin });
  }

  find(severity: Finding["severity"], code: string, message: string): void {
    this.findings.push({ severity, code, message });
  }

  /** Notes a `#` in the whole URI, where other apps may end. */
  findNumberSign(uri: string): void {
    if (uri.includes("#"))
      this.find(
        "info",
        "number-sign",
        t(
          "a # is not percent-encoded: it is taken as text, and other apps may cut the string there",
        ),
      );
  }

  /** The error about a parameter that is missing, which names one that may be it, misspelt. */
  missing(name: string): FobError {
    const misspelt = [...this.#values.keys()].find(
      (given) => !this.#asked.has(given) && isMisspelt(given, name),
    );
    return new FobError(
      "invalid",
      misspelt === undefined
        ? t`${name} is missing`
        : t`${name} is missing: is it misspelt as ${show(misspelt)}?`,
    );
  }

  /** Adds findings for the parameters that were never read. */
  findUnknown(): void {
    const unknown = [...this.#values.keys()].filter((name) => !this.#asked.has(name));
    for (const name of unknown.slice(0, MAX_NAMED))
      this.find(
        "info",
        "unknown-parameter",
        t`parameter ${show(name)} is not known and has no effect`,
      );
    const more = unknown.length - MAX_NAMED;
    if (more > 0)
      this.find(
        "info",
        "unknown-parameter",
        t`${plural(more, "parameter")} more are not known and have no effect`,
      );
  }

  /**
   * Percent-decodes a text. A text with a broken escape stays as it is, because some issuers do not
   * encode.
   */
  decode(text: string): string {
    try {
      return decodeURIComponent(text);
    } catch {
      if (this.#isNews("broken encoding"))
        this.find(
          "warning",
          "broken-encoding",
          t("a % is not followed by the code of a character, and is taken as it stands"),
        );
      return text;
    }
  }

  #isNews(what: string): boolean {
    if (this.#found.has(what) || this.#found.size >= MAX_NAMED) return false;
    this.#found.add(what);
    return true;
  }

  #add(name: string, encoded: string): void {
    const value = this.decode(encoded);
    this.#encoded.set(name, encoded);
    const before = this.#values.get(name);
    if (before !== undefined && before !== value)
      throw new FobError("invalid", t`${show(name)} is given twice, with different values`);
    if (before !== undefined && this.#isNews(`given twice: ${name}`))
      this.find("info", "given-twice", t`${show(name)} is given twice, with the same value`);
    this.#values.set(name, value);
  }
}

/** Whether a name is another one with a letter or two that are wrong. */
function isMisspelt(given: string, name: string): boolean {
  const most = name.length < 5 ? 1 : 2;
  return Math.abs(given.length - name.length) <= most && editDistance(given, name) <= most;
}

/** Formats a foreign value for a message: quoted, and cut where it is long. */
export function show(value: string): string {
  return JSON.stringify(value.length > SHOWN_LENGTH ? `${value.slice(0, SHOWN_LENGTH)}…` : value);
}

/**
 * Parses a whole number from `min` to `max` in decimal digits. Throws FobError `invalid` naming the
 * parameter and its limits.
 */
export function wholeNumber(min: number, max: number) {
  return (text: string, name: string): number => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new FobError("invalid", t`${name} is ${show(text)}: ${min} to ${max} are possible`);
  };
}

/** Parses a counter of 8 bytes in decimal digits. Throws FobError `invalid`. */
export function counterNumber(text: string, name: string): bigint {
  const counter = /^\d{1,20}$/.test(text) ? BigInt(text) : -1n;
  if (counter >= 0n && counter <= LAST_COUNTER) return counter;
  throw new FobError("invalid", t`${name} is ${show(text)}: 0 to ${LAST_COUNTER} are possible`);
}
