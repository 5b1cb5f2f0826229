import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { scanXml } from "./scan-xml.ts";
import type { OpenValue } from "./value-stream.ts";

/** The name of the root element. */
const ROOT = "KeePassFile";

/** How far behind the beginning the root may be. */
const MAX_PROLOGUE = 1_024;

/** Longer than any field that names an entry or makes a token, in characters. */
const MAX_FIELD = 64 * 1024;

/** An entry of a database: its fields, and what stands around it. */
export interface KeePassEntry {
  readonly fields: ReadonlyMap<string, string>;
  readonly group: string | null;
  readonly tags: string;
  readonly isInTrash: boolean;
}

/** Whether a file is the XML export of KeePass 2 or KeePassXC. */
export function isKeePassXml(bytes: Buffer): boolean {
  const start = bytes.toString("latin1", 0, MAX_PROLOGUE);
  return /^(?:\xef\xbb\xbf)?\s*</.test(start) && new RegExp(`<${ROOT}[\\s>]`).test(start);
}

/**
 * Gives each entry of a document to `take`, those of histories left out. `openValue` opens what a
 * database encrypts once more; null for an export, where nothing is. Throws FobError `invalid`.
 */
export function readKeePassXml(
  document: Buffer,
  openValue: OpenValue | null,
  take: (entry: KeePassEntry) => void,
): void {
  scanXml(document, new EntryListener(openValue, take));
}

interface Group {
  name: string | null;
  isTrash: boolean;
}

class EntryListener {
  readonly #openValue: OpenValue | null;
  readonly #take: (entry: KeePassEntry) => void;
  readonly #groups: Group[] = [];
  #trash: string | null = null;
  #hasTrash = true;
  #fields = new Map<string, string>();
  #tags = "";
  #key = "";
  #value = "";

  constructor(openValue: OpenValue | null, take: (entry: KeePassEntry) => void) {
    this.#openValue = openValue;
    this.#take = take;
  }

  open(path: readonly string[]): void {
    if (path[0] !== ROOT)
      throw new FobError("invalid", t("the file begins like XML, and is damaged"));
    if (path.at(-1) === "Group") this.#groups.push({ name: null, isTrash: false });
    if (path.at(-1) === "Entry" && !isPast(path)) {
      this.#fields = new Map();
      this.#tags = "";
    }
  }

  close(path: readonly string[], attributes: string, text: () => string): void {
    const isEncrypted = this.#openValue !== null && /\sProtected="true"/i.test(attributes);
    // what is passed over is a part of the stream as well
    const opened = isEncrypted ? this.#openValue?.(Buffer.from(text(), "base64")) : null;
    const content = opened ? () => opened.toString("utf8") : text;
    const [within, name] = path.slice(-2);
    if (within === "Meta") this.#closeMeta(name, content);
    else if (isPast(path)) return;
    else if (within === "String") this.#closeField(name, content);
    else if (name === "String") this.#fields.set(this.#key, this.#value);
    else if (within === "Group") this.#closeInGroup(name, content);
    else if (within === "Entry" && name === "Tags") this.#tags = content();
    if (name === "Entry") this.#closeEntry();
    if (name === "Group") this.#groups.pop();
  }

  #closeMeta(name: string | undefined, content: () => string): void {
    if (name === "RecycleBinUUID") this.#trash = content();
    if (name === "RecycleBinEnabled") this.#hasTrash = content().toLowerCase() !== "false";
  }

  #closeField(name: string | undefined, content: () => string): void {
    const text = content();
    if (name === "Key") this.#key = text;
    if (name === "Value") this.#value = text.length > MAX_FIELD ? "" : text;
  }

  #closeInGroup(name: string | undefined, content: () => string): void {
    const group = this.#groups.at(-1);
    if (!group) return;
    if (name === "Name") group.name = content();
    if (name === "UUID") group.isTrash = this.#hasTrash && content() === this.#trash;
  }

  #closeEntry(): void {
    // the outermost group is the database itself
    const group = this.#groups.slice(1).at(-1)?.name ?? null;
    const isInTrash = this.#groups.some(({ isTrash }) => isTrash);
    this.#take({ fields: this.#fields, tags: this.#tags, group, isInTrash });
  }
}

/** Whether an element belongs to an earlier state of an entry. */
function isPast(path: readonly string[]): boolean {
  return path.includes("History");
}
