import { FobError } from "../../fob-error.ts";
import { t } from "../../language.ts";

/** An element: its attributes begin with `@`, its text is `#text`, an element that occurs once is no array. */
export interface Element {
  readonly [name: string]: Node | readonly Node[] | undefined;
}

type Node = Element | string;

/** No container nests deeper than this; the parser would walk any depth. */
const MAX_DEPTH = 32;

/** Attributes are a few in a container, and each costs a parser many times its bytes. */
const LONG_TAG = /<[^<>]{8192}/;

/** How a document is read: what messages call it, and whether names keep their prefixes. */
export interface XmlReading {
  readonly what: string;
  readonly keepsPrefixes: boolean;
}

/**
 * An XML document as objects, all text as text. Rejects with FobError `invalid` for a document that is broken, nests too deeply, or declares a document
 * type: nothing that XML could fetch or expand is ever looked at.
 */
export async function parseXml(text: string, { what, keepsPrefixes }: XmlReading): Promise<Element> {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) {
    throw new FobError("invalid", t`${what} declares a document type, which is refused`);
  }
  if (nestsTooDeeply(text)) throw new FobError("invalid", t`${what} nests too deeply`);
  if (LONG_TAG.test(text)) throw new FobError("invalid", t`${what} has a tag that is too long`);
  const { XMLParser, XMLValidator } = await import("fast-xml-parser");
  const validity = XMLValidator.validate(text);
  if (validity !== true) throw new FobError("invalid", t`${what} is broken XML (line ${validity.err.line})`);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    removeNSPrefix: !keepsPrefixes,
    parseTagValue: false,
    parseAttributeValue: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
  });
  try {
    return parser.parse(text);
  } catch (cause) {
    throw new FobError("invalid", t`${what} is broken XML`, { cause });
  }
}

/** The first element of a name inside an element, or null. */
export function child(element: Element | null, name: string): Element | null {
  return children(element, name)[0] ?? null;
}

/** All elements of a name inside an element. */
export function children(element: Element | null, name: string): Element[] {
  const found = element?.[name];
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

/** The bytes of Base64 text with whatever line breaks. Throws FobError `invalid` naming what should have been Base64. */
export function base64(value: string | null, what: string): Buffer {
  const packed = value?.replace(/\s/g, "") ?? "";
  if (packed !== "" && packed.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(packed))
    return Buffer.from(packed, "base64");
  throw new FobError("invalid", t`${what} is missing or not Base64`);
}

function nestsTooDeeply(text: string): boolean {
  let depth = 0;
  for (const [tag] of text.matchAll(/<(?:[A-Za-z_][^<>]*|\/[^<>]*)>/g)) {
    if (tag.startsWith("</")) depth--;
    else if (!tag.endsWith("/>")) depth++;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}
