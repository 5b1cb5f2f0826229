import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { decodeReferences } from "#enrollment/pskc/xml.ts";

/** Groups within groups, and the seven levels of the rest. */
const MAX_DEPTH = 64;

/** More elements than a database of 64 MiB has, in which each has a few bytes at least. */
const MAX_ELEMENTS = 4_000_000;

/** Elements have one attribute or two, in characters. */
const MAX_TAG = 8_192;

/** The characters of markup, as bytes of UTF-8. */
const LESS_THAN = 0x3c;
const EXCLAMATION = 0x21;
const QUESTION = 0x3f;
const SLASH = 0x2f;

/** What a scan tells, in the order of the document. */
export interface XmlListener {
  /** An element begins; it is the last one of `path`. */
  open(path: readonly string[]): void;
  /** An element ends that stands at `path`. `text` decodes its own text when called. */
  close(path: readonly string[], attributes: string, text: () => string): void;
}

/**
 * Walks through an XML document in UTF-8 without keeping anything of it: a database may hold
 * attachments and histories of many megabytes, of which objects would take gigabytes. Throws
 * FobError `invalid` for a document that is broken, nests too deeply, or declares a document type.
 */
export function scanXml(document: Buffer, listener: XmlListener): void {
  const walk = new Walk(document, listener);
  for (let at = document.indexOf("<"); at >= 0; at = document.indexOf("<", at + 1)) {
    at = walk.pass(at);
  }
  walk.end();
}

/** Where a scan is, and what is open there. */
class Walk {
  readonly #document: Buffer;
  readonly #listener: XmlListener;
  readonly #path: string[] = [];
  readonly #attributes: string[] = [];
  #elements = 0;
  #textFrom = 0;

  constructor(document: Buffer, listener: XmlListener) {
    this.#document = document;
    this.#listener = listener;
  }

  /** Takes the markup that begins here. Returns where it ends. */
  pass(start: number): number {
    const end = endOfMarkup(this.#document, start);
    const kind = this.#document[start + 1];
    // a comment or an instruction; no program puts one into a text
    if (kind === EXCLAMATION || kind === QUESTION) return end;
    if (kind === SLASH) this.#close(start, end);
    else this.#open(start, end);
    this.#textFrom = end + 1;
    return end;
  }

  end(): void {
    if (this.#path.length > 0 || this.#elements === 0) throw brokenXml();
  }

  #open(start: number, end: number): void {
    const isEmpty = this.#document[end - 1] === SLASH;
    const tag = this.#document.toString("latin1", start + 1, isEmpty ? end - 1 : end);
    const name = /^[\w.:-]+/.exec(tag)?.[0];
    if (name === undefined || ++this.#elements > MAX_ELEMENTS) throw brokenXml();
    if (this.#path.push(name) > MAX_DEPTH)
      throw new FobError("invalid", t("the file nests deeper than any app's"));
    this.#attributes.push(tag.slice(name.length));
    this.#listener.open(this.#path);
    if (isEmpty) this.#leave(() => "");
  }

  #close(start: number, end: number): void {
    const name = this.#document.toString("latin1", start + 2, end).trimEnd();
    if (name !== this.#path.at(-1)) throw brokenXml();
    const from = this.#textFrom;
    this.#leave(() => textBetween(this.#document, from, start));
  }

  #leave(text: () => string): void {
    this.#listener.close(this.#path, this.#attributes.pop() ?? "", text);
    this.#path.pop();
  }
}

/** Where the markup ends that begins here. */
function endOfMarkup(document: Buffer, start: number): number {
  const isComment = document.toString("latin1", start, start + 4) === "<!--";
  if (document[start + 1] === EXCLAMATION && !isComment) {
    throw new FobError("invalid", t`${t("the file")} declares a document type, which is refused`);
  }
  const end = isComment ? document.indexOf("-->", start + 4) : document.indexOf(">", start);
  if (end < 0 || (!isComment && end - start > MAX_TAG)) throw brokenXml();
  return isComment ? end + 2 : end;
}

/** The text of an element that has no other ones inside; of others nobody asks for it. */
function textBetween(document: Buffer, from: number, to: number): string {
  const isLeaf = document.subarray(from, to).indexOf(LESS_THAN) < 0;
  return isLeaf ? decodeReferences(document.toString("utf8", from, to), t("the file")) : "";
}

function brokenXml(): FobError {
  return new FobError("invalid", t("the file begins like XML, and is damaged"));
}
