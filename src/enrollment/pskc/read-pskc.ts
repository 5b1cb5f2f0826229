import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { ParsedFile } from "#enrollment/draft.ts";
import { Effort } from "#enrollment/effort.ts";
import type { AskSecret, ParsedToken } from "#token/draft/parsed-token.ts";
import { show } from "#token/draft/uri-parameters.ts";
import { forget } from "#token/secret.ts";
import { containerIn } from "./container-names.ts";
import { type ContainerKeys, openContainer } from "./decryption.ts";
import { describePackage, type MakeSecret, readPackage, secretInside } from "./key-package.ts";
import { attribute, child, children, type Element, parseXml } from "./xml.ts";
import { rootOf } from "./xml-root.ts";

const NAMESPACE = "urn:ietf:params:xml:ns:keyprov:pskc";

/** More keys than an issuer puts into one container. */
const MAX_KEYS = 10_000;

/**
 * Reads a key container (PSKC, RFC 6030), plain or encrypted with a passphrase or a pre-shared key.
 * Rejects with FobError `invalid` for a broken one, `denied` when what was given does not open it.
 */
export async function readPskc(
  xml: string,
  askSecret: AskSecret,
  effort = new Effort(),
): Promise<ParsedFile> {
  const document = await parseXml(xml, { what: t("the key container"), keepsPrefixes: false });
  const container = containerIn(document);
  if (!container) throw new FobError("invalid", t("this XML is no key container"));
  refuseOtherNamespace(xml, container);
  return readContainer(container, askSecret, effort, secretInside);
}

/** {@link readPskc} for a container whose secrets come from `makeSecret`. */
export async function readContainer(
  container: Element,
  askSecret: AskSecret,
  effort: Effort,
  makeSecret: MakeSecret,
): Promise<ParsedFile> {
  const packages = children(container, "KeyPackage");
  if (packages.length > MAX_KEYS)
    throw new FobError("invalid", t`the container holds more than ${MAX_KEYS} keys`);
  if (packages.length === 0) throw new FobError("invalid", t("the container holds no key"));
  const keys = await openContainer(container, askSecret, effort);
  try {
    return readPackages(packages.filter(isToken), keys, makeSecret);
  } finally {
    forget(keys?.encryptionKey, keys?.mac?.key);
  }
}

/** Throws FobError `invalid` that names the namespace: another one has other names for keys. */
function refuseOtherNamespace(xml: string, container: Element): void {
  if (children(container, "KeyPackage").length > 0) return;
  const namespace = namespaceOf(rootOf(xml, MAX_START_TAG));
  if (namespace === undefined || namespace === NAMESPACE) return;
  throw new FobError(
    "invalid",
    t`the container holds no key in a form that is known: its namespace is ${show(namespace)}`,
  );
}

/** The longest start tag of a container that is looked through, in characters. */
const MAX_START_TAG = 4_000;

/** The namespace of a start tag's own prefix; undefined where it declares none. */
function namespaceOf(start: string): string | undefined {
  const [, prefix] = /^<(?:([\w.-]{1,100}):)?[\w.-]{1,100}/.exec(start) ?? [];
  const declarations = start.matchAll(/\sxmlns(?::([\w.-]{1,100}))?=["']([^"'>]{1,200})["']|>/g);
  for (const [whole, name, namespace] of declarations) {
    if (whole === ">") return undefined;
    if (name === prefix) return namespace;
  }
  return undefined;
}

/**
 * A PIN comes as a package of its own (section 4.3.4): the user chooses one here instead, under the
 * same policy.
 */
function isToken(one: Element): boolean {
  return !/[:#]pin$/i.test(attribute(child(one, "Key"), "Algorithm") ?? "");
}

function readPackages(
  packages: readonly Element[],
  keys: ContainerKeys | null,
  makeSecret: MakeSecret,
): ParsedFile {
  const drafts: ParsedToken[] = [];
  const refusals: FobError[] = [];
  for (const one of packages) {
    try {
      drafts.push(readPackage(one, keys, makeSecret));
    } catch (error) {
      if (!(error instanceof FobError)) throw error;
      refusals.push(new FobError(error.code, t`${describePackage(one)}: ${error.message}`));
    }
  }
  // a wrong key opens no package at all, so the error is not about one package
  const denied = refusals.find(({ code }) => code === "denied");
  if (denied && drafts.length === 0) throw denied;
  return { drafts, refusals: refusals.map(({ message }) => message) };
}
