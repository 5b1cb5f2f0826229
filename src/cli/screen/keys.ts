import { StringDecoder } from "node:string_decoder";
import { ownValue } from "#base/own-value.ts";

/**
 * A key that a person pressed: text (also pasted: without the line breaks and controls at its end,
 * spaces for the others), or a key by its name.
 */
export type Key = { readonly name: "text"; readonly text: string } | { readonly name: KeyName };

/** The keys with names; `ctrl-c` and its kind are a letter held with Ctrl. */
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

/**
 * What terminals send for a key after `ESC [` or `ESC O`; the parameters of modifiers are left out
 * before.
 */
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

/** A whole sequence after its Escape: its parameters, and what ends it. */
const SEQUENCE = /^(?:\[([0-9:;<=>?]*)[ -/]*([@-~])|O([ -~]))/;

/** The start of a sequence whose rest has not arrived yet. */
const UNFINISHED = /^(?:\[[0-9:;<=>?]*[ -/]*|O)?$/;

/** Longer than any sequence: what has not ended by then is none. */
const MAX_SEQUENCE = 64;

/** Turns what a terminal sends into keys. Bytes may arrive cut anywhere. */
export class KeyParser {
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";
  #isPasting = false;

  /**
   * Whether the last bytes could be the start of a sequence; if nothing follows soon, {@link flush}
   * takes them for the Escape key.
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

  /** The keys of what was waiting for more: Escape was pressed alone. */
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
    // Alt with a key comes as Escape and the key, and means nothing here
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
    // the end of a paste may be cut in two, and a line break may be the last thing before it
    const arrived = end >= 0 ? end : Math.max(0, this.#rest.length - PASTE_END.length + 1);
    const length = end >= 0 ? end : beforeControls(this.#rest, arrived);
    if (length === 0 && end < 0) return null;
    const text = this.#rest.slice(0, beforeControls(this.#rest, length)).replace(/\p{Cc}/gu, " ");
    this.#rest = this.#rest.slice(end >= 0 ? end + PASTE_END.length : length);
    this.#isPasting = end < 0;
    return text === "" ? [] : [{ name: "text", text }];
  }
}

/**
 * How much of a text is left before `end` without the line breaks and controls that it ends with.
 */
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
