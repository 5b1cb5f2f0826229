import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { type Element, parseXml } from "#enrollment/pskc/xml.ts";

/** The namespace of the protocol's own messages (RFC 6063 section 8.2). */
export const DSKPP = "urn:ietf:params:xml:ns:keyprov:dskpp";

/** The namespace of key containers (RFC 6030). */
export const PSKC = "urn:ietf:params:xml:ns:keyprov:pskc";

/** The namespace of keys and certificates (XML Signature). */
export const XML_SIGNATURE = "http://www.w3.org/2000/09/xmldsig#";

const XML_SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance";

/**
 * What a message is made of. Derived keys and PKCS #5 have two namespaces each, and parts of them
 * none, in the examples of the standards.
 */
const KNOWN: ReadonlySet<string> = new Set([
  "",
  DSKPP,
  PSKC,
  XML_SIGNATURE,
  "http://www.w3.org/2001/04/xmlenc#",
  "http://www.w3.org/2009/xmlenc11#",
  "http://www.w3.org/2009/xmlsec-derivedkey#",
  "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5#",
  "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#",
]);

/** Namespaces by their prefixes; the default one has the empty prefix. */
type Scope = Readonly<Record<string, string>>;

/** A message: the name of its root in the protocol's namespace, and its content. */
export interface XmlMessage {
  readonly name: string;
  readonly root: Element;
}

/**
 * Reads a message by namespaces, whatever their prefixes: known elements get their local names, all
 * others `{namespace}name`, so that they cannot be mistaken for known ones. Rejects with FobError
 * `invalid` for what is no message of the protocol.
 */
export async function parseMessage(bytes: Buffer): Promise<XmlMessage> {
  const document = await parseXml(decode(bytes), {
    what: t("the server's reply"),
    keepsPrefixes: true,
  });
  const roots = Object.entries(document).filter(([key]) => !key.startsWith("#"));
  const [[key, node] = ["", ""]] = roots;
  const element = typeof node === "string" ? { "#text": node } : (node as Element);
  if (roots.length !== 1 || Array.isArray(node)) throw noMessage();
  const scope = scopeOf(element, {});
  const [namespace, name] = expand(key, scope);
  if (namespace !== DSKPP) throw noMessage();
  return { name, root: resolveElement(element, scope) };
}

function noMessage(): FobError {
  return new FobError("invalid", t`the server's reply is not a message of DSKPP (RFC 6063)`);
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // any error of the decoder means that the bytes are not text
    throw noMessage();
  }
}

function resolveElement(element: Element, scope: Scope): Element {
  const resolved = new Map<string, (Element | string)[]>();
  const add = (key: string, nodes: readonly (Element | string)[]) => {
    const known = resolved.get(key) ?? [];
    for (const node of nodes) known.push(node);
    resolved.set(key, known);
  };
  for (const [key, value] of Object.entries(element)) {
    const nodes = [value ?? []].flat() as readonly (Element | string)[];
    if (key === "#text") add(key, nodes);
    else if (key.startsWith("@")) add(attributeKey(key.slice(1), scope), nodes);
    else for (const node of nodes) add(...resolveChild(key, node, scope));
  }
  resolved.delete("");
  return Object.fromEntries(
    [...resolved].map(([key, nodes]) => [key, nodes.length === 1 ? nodes[0] : nodes]),
  );
}

function resolveChild(
  key: string,
  node: Element | string,
  outer: Scope,
): [string, readonly (Element | string)[]] {
  const scope = typeof node === "string" ? outer : scopeOf(node, outer);
  const [namespace, name] = expand(key, scope);
  const resolved = typeof node === "string" ? node : resolveElement(node, scope);
  return [KNOWN.has(namespace) ? name : `{${namespace}}${name}`, [resolved]];
}

/**
 * Attributes without a prefix belong to their element; of the others, `xsi:type` alone means
 * something. The empty key is none.
 */
function attributeKey(name: string, scope: Scope): string {
  if (/^xmlns(?::|$)/.test(name)) return "";
  if (!name.includes(":")) return `@${name}`;
  if (name.startsWith("xml:")) return "";
  const [namespace, local] = expand(name, scope);
  if (namespace !== XML_SCHEMA_INSTANCE) return `@{${namespace}}${local}`;
  return local === "type" ? "@type" : "";
}

function scopeOf(element: Element, outer: Scope): Scope {
  const declared = Object.entries(element).flatMap(([key, value]): [string, string][] => {
    const [, prefix = ""] = /^@xmlns(?::(.+))?$/.exec(key) ?? [];
    return key.startsWith("@xmlns") && typeof value === "string" ? [[prefix, value.trim()]] : [];
  });
  return declared.length === 0 ? outer : { ...outer, ...Object.fromEntries(declared) };
}

function expand(name: string, scope: Scope): [namespace: string, local: string] {
  const [prefix, local] = name.includes(":") ? name.split(":", 2) : ["", name];
  const namespace = Object.hasOwn(scope, prefix ?? "") ? scope[prefix ?? ""] : undefined;
  if (namespace !== undefined) return [namespace, local ?? ""];
  if (prefix === "") return ["", local ?? ""];
  throw new FobError("invalid", t`the server's reply uses a prefix that it does not declare`);
}
