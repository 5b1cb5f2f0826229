import { StringDecoder } from "node:string_decoder";
import { ownValue } from "#base/own-value.ts";

/**
 * A pressed key: a named key, or text. Pasted text is one key: control characters at its end are
 * removed, others become spaces.
 */
export type Key = { readonly name: "text"; readonly text: string } | { readonly name: KeyName };

/** The names of keys; `ctrl-` and a letter for a letter with Ctrl. */
export type KeyName =
  | "up"
  | "down"
  | "left"
  | "right"
  | "home"
  | "end"
  | "page-up"
  | "page-down"
  | "delete"
  | "enter"
  | "tab"
  | "back-tab"
  | "backspace"
  | "escape"
  | `ctrl-${string}`;

const ESCAPE = "\u001b";

/** The sequences of keys after `ESC [` or `ESC O`, without the parameters of modifiers. */
const SEQUENCES: Readonly<Record<string, KeyName>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  H: "home",
  F: "end",
  Z: "back-tab",
  "1~": "home",
  "3~": "delete",
  "4~": "end",
  "5~": "page-up",
  "6~": "page-down",
  "7~": "home",
  "8~": "end",
};

const PASTE_START = "200~";
const PASTE_END = `${ESCAPE}[201~`;

/** A complete sequence after Escape: its parameters and its final character. */
const SEQUENCE = /^(?:\[([0-9:;<=>?]*)[ -/]*([@-~])|O([ -~]))/;

/** The start of a sequence that is not complete. */
const UNFINISHED = /^(?:\[[0-9:;<=>?]*[ -/]*|O)?$/;

/** Longer than any sequence: a longer text is not a sequence. */
const MAX_SEQUENCE = 64;

/**
 * Parses the input of a terminal into keys. The bytes may be split at any position. With
 * `keepsLines`, pasted text keeps its line breaks, also those at its end.
 */
export class KeyParser {
  readonly #keepsLines: boolean;
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";
  #isPasting = false;

  constructor({ keepsLines }: { readonly keepsLines: boolean } = { keepsLines: false }) {
    this.#keepsLines = keepsLines;
  }

  /**
   * Whether the last bytes may be the start of a sequence. If no more bytes arrive soon, {@link
   * flush} treats them as the Escape key.
   */
  get isWaiting(): boolean {
    return this.#rest !== "" && !this.#isPasting;
  }

  /** The keys that these bytes complete. */
  feed(bytes: Uint8Array): Key[] {
    this.#rest += this.#decoder.write(Buffer.from(bytes));
    const keys: Key[] = [];
    while (this.#rest !== "") {
      const taken = this.#isPasting ? this.#takePasted() : this.#takeKey();
      if (!taken) break;
      keys.push(...taken);
    }
    return keys;
  }

  /** The keys of an incomplete sequence: the Escape key. */
  flush(): Key[] {
    if (!this.isWaiting) return [];
    this.#rest = "";
    return [{ name: "escape" }];
  }

  /** Null when more bytes are needed. */
  #takeKey(): Key[] | null {
    return this.#rest.startsWith(ESCAPE)
      ? this.#takeSequence(this.#rest.slice(1))
      : this.#takeTyped();
  }

  #takeSequence(text: string): Key[] | null {
    if (UNFINISHED.test(text) && text.length < MAX_SEQUENCE) return null;
    if (text.startsWith(ESCAPE)) {
      this.#rest = text;
      return [{ name: "escape" }];
    }
    const [sequence, parameters = "", final = "", single = ""] = SEQUENCE.exec(text) ?? [];
    // Alt with a key arrives as Escape and the key, and is ignored
    this.#rest = text.slice(sequence?.length ?? 1);
    this.#isPasting = `${parameters}${final}` === PASTE_START;
    const name = ownValue(
      SEQUENCES,
      final === "~" ? `${parameters.split(";")[0]}~` : final || single,
    );
    return name ? [{ name }] : [];
  }

  #takeTyped(): Key[] {
    const [text = ""] = /^\P{Cc}+/u.exec(this.#rest) ?? [];
    const length = text.length || 1;
    const code = this.#rest.charCodeAt(0);
    this.#rest = this.#rest.slice(length);
    if (text !== "") return [{ name: "text", text }];
    return code < 0x20 || code === 0x7f
      ? [{ name: CONTROLS[code] ?? `ctrl-${String.fromCharCode(code + 0x60)}` }]
      : [];
  }

  #takePasted(): Key[] | null {
    const end = this.#rest.indexOf(PASTE_END);
    // the end mark may be split, and line breaks directly before it are removed
    const arrived = end >= 0 ? end : Math.max(0, this.#rest.length - PASTE_END.length + 1);
    const keepsAll = this.#keepsLines || end >= 0;
    const length = keepsAll ? arrived : beforeControls(this.#rest, arrived);
    if (length === 0 && end < 0) return null;
    const text = this.#pastedText(this.#rest.slice(0, length));
    this.#rest = this.#rest.slice(end >= 0 ? end + PASTE_END.length : length);
    this.#isPasting = end < 0;
    return text === "" ? [] : [{ name: "text", text }];
  }
  #pastedText(text: string): string {
    if (this.#keepsLines)
      return text
        .replace(/\r\n?/g, "\n")
        .replace(/\p{Cc}/gu, (control) => (control === "\n" ? control : " "));
    return text.slice(0, beforeControls(text, text.length)).replace(/\p{Cc}/gu, " ");
  }
}

/** The length of `text` up to `end` without trailing control characters. */
function beforeControls(text: string, end: number): number {
  let length = end;
  while (length > 0 && /\p{Cc}/u.test(text.charAt(length - 1))) length--;
  return length;
}

const CONTROLS: Readonly<Record<number, KeyName>> = {
  8: "backspace",
  9: "tab",
  10: "enter",
  13: "enter",
  127: "backspace",
};
