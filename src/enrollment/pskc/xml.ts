import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import { isBase64 } from "#enrollment/secret-text.ts";

/**
 * An element: its attributes begin with `@`, its text is `#text`, an element that occurs once is no
 * array.
 */
export interface Element {
  readonly [name: string]: Node | readonly Node[] | undefined;
}

type Node = Element | string;

/** Deeper documents are refused; the parser would accept any depth. */
const MAX_DEPTH = 32;

/**
 * Attributes are a few in a container, and each costs a parser many times its bytes. In characters.
 */
const MAX_TAG = 8_192;

/** The longest value is a secret of a kilobyte. The parser appends text one character at a time. */
const MAX_TEXT = 64 * 1024;

/**
 * Ten thousand encrypted keys. A tag, an attribute or a reference costs a parser up to 300 bytes,
 * however few it is written in.
 */
const MAX_MARKS = 600_000;

/** How a document is read: what messages call it, and whether names keep their prefixes. */
export interface XmlReading {
  readonly what: string;
  readonly keepsPrefixes: boolean;
}

/**
 * An XML document as objects, all text as text. Rejects with FobError `invalid` for a document that
 * is broken, nests too deeply, or declares a document type: nothing that XML could fetch or expand
 * is ever looked at.
 */
export async function parseXml(
  text: string,
  { what, keepsPrefixes }: XmlReading,
): Promise<Element> {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) {
    throw new FobError("invalid", t`${what} declares a document type, which is refused`);
  }
  refuseExcess(text, what);
  const { XMLParser, XMLValidator } = await import("fast-xml-parser");
  const validity = XMLValidator.validate(text);
  if (validity !== true)
    throw new FobError("invalid", t`${what} is broken XML (line ${validity.err.line})`);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    removeNSPrefix: !keepsPrefixes,
    parseTagValue: false,
    parseAttributeValue: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    entityDecoder: references(what),
  });
  try {
    return parser.parse(text);
  } catch (cause) {
    if (cause instanceof FobError) throw cause;
    throw new FobError("invalid", t`${what} is broken XML`, { cause });
  }
}

/** The first element of a name inside an element, or null. */
export function child(element: Element | null, name: string): Element | null {
  return children(element, name)[0] ?? null;
}

/** All elements of a name inside an element. */
export function children(element: Element | null, name: string): Element[] {
  const found = element ? ownValue(element, name) : undefined;
  const nodes = found === undefined ? [] : Array.isArray(found) ? found : [found];
  return nodes.map((node) => (typeof node === "string" ? { "#text": node } : (node as Element)));
}

/** The text of an element, without the space around it; null for none or an empty one. */
export function text(element: Element | null): string | null {
  const content = element?.["#text"];
  return typeof content === "string" && content.trim() !== "" ? content.trim() : null;
}

/** The text of the first element of a name inside an element. */
export function childText(element: Element | null, name: string): string | null {
  return text(child(element, name));
}

/** The value of an attribute, or null. */
export function attribute(element: Element | null, name: string): string | null {
  const value = element?.[`@${name}`];
  return typeof value === "string" ? value : null;
}

/**
 * The bytes of Base64 text with whatever line breaks. Throws FobError `invalid` naming what should
 * have been Base64.
 */
export function base64(value: string | null, what: string): Buffer {
  const packed = value?.replace(/\s/g, "") ?? "";
  if (packed !== "" && isBase64(packed)) return Buffer.from(packed, "base64");
  throw new FobError("invalid", t`${what} is missing or not Base64`);
}

/**
 * Throws FobError `invalid` for what would cost a parser too much: its depth, one long tag, or very
 * many of them.
 */
function refuseExcess(text: string, what: string): void {
  let depth = 0;
  let marks = countReferences(text);
  for (let at = text.indexOf("<"), next = 0; at >= 0; at = next) {
    const end = endOfTag(text, at);
    next = text.indexOf("<", at + 1);
    if (end - at > MAX_TAG) throw new FobError("invalid", t`${what} has a tag that is too long`);
    if ((next < 0 ? text.length : next) - end > MAX_TEXT)
      throw new FobError("invalid", t`${what} has a text that is too long`);
    depth += stepOf(text, at, end);
    if (depth > MAX_DEPTH) throw new FobError("invalid", t`${what} nests too deeply`);
    marks++;
  }
  if (marks > MAX_MARKS)
    throw new FobError("invalid", t`${what} holds more than ${MAX_MARKS} tags and attributes`);
}

/** The change of depth at the tag between these positions. */
function stepOf(text: string, start: number, end: number): number {
  if (text[start + 1] === "/") return -1;
  const isOpening =
    /[\p{L}_:]/u.test(text[start + 1] ?? "") && text[end] === ">" && text[end - 1] !== "/";
  return isOpening ? 1 : 0;
}

/** How many attributes and references there can be. */
function countReferences(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === EQUALS || code === AMPERSAND) count++;
  }
  return count;
}

const EQUALS = 0x3d;
const AMPERSAND = 0x26;

/**
 * The end of a tag: the start of the next one, or the end of the text; at most as far as a tag can
 * be long.
 */
function endOfTag(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === ">" || text[i] === "<" || i - start > MAX_TAG) return i;
  }
  return text.length;
}

/** The entities that XML has without a document type (section 4.6). */
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);

/**
 * How the parser reads references in text and attributes. Those to anything else are an error (XML
 * 1.0 section 4.1).
 */
function references(what: string) {
  const nothing = () => undefined;
  return {
    decode: (text: string) => decodeReferences(text, what),
    ...{
      setExternalEntities: nothing,
      addInputEntities: nothing,
      reset: nothing,
      setXmlVersion: nothing,
    },
  };
}

/**
 * A text with the characters that its references stand for. Throws FobError `invalid` for those to
 * anything else.
 */
export function decodeReferences(text: string, what: string): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf("&"); at >= 0; at = text.indexOf("&", from)) {
    const name = text.slice(at + 1, at + 12).split(";", 1)[0] ?? "";
    const meant =
      text[at + 1 + name.length] === ";" ? (ENTITIES.get(name) ?? characterOf(name)) : null;
    if (meant === null)
      throw new FobError("invalid", t`${what} holds an & that is no reference to a character`);
    parts.push(text.slice(from, at), meant);
    from = at + name.length + 2;
  }
  return parts.length === 0 ? text : parts.join("") + text.slice(from);
}

/** The character of `#65` or `#x41`, or null for none that XML allows (section 2.2). */
function characterOf(reference: string): string | null {
  const [, hex, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(reference) ?? [];
  const code = hex === undefined ? Number(decimal ?? Number.NaN) : Number.parseInt(hex, 16);
  const isCharacter =
    [0x9, 0xa, 0xd].includes(code) ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff);
  return isCharacter ? String.fromCodePoint(code) : null;
}
