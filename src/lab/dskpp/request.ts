import { FobError } from "#base/fob-error.ts";
import {
  attribute,
  child,
  children,
  childText,
  type Element,
  parseXml,
  text,
} from "#enrollment/pskc/xml.ts";
import { DskppFailure } from "./failure.ts";
import { NAMESPACES, VERSION } from "./names.ts";

/** Opaque data of the client in Base64, which is returned to it unchanged (section 6.1). */
type ClientInfo = string;

/**
 * The first message of a client (sections 4.2.2 and 5.2.2). Lists are in its order of preference.
 */
export interface ClientHello {
  readonly kind: "hello";
  readonly keyTypes: readonly string[];
  readonly encryptionAlgorithms: readonly string[];
  readonly macAlgorithms: readonly string[];
  readonly keyPackages: readonly string[];
  readonly offersFourPass: boolean;
  /** How the client can receive a key that the server made; empty when it cannot. */
  readonly protectionMethods: readonly string[];
  /** Whether it wants to replace an existing key. */
  readonly isRenewal: boolean;
  readonly nonce: Buffer | null;
  readonly authentication: AuthenticationData | null;
  readonly clientInfo: ClientInfo | null;
}

/** The second message of a client in four passes (section 4.2.4). */
export interface ClientNonce {
  readonly kind: "nonce";
  readonly sessionId: string;
  readonly encryptedNonce: Buffer;
  readonly authentication: AuthenticationData | null;
  readonly clientInfo: ClientInfo | null;
}

/** Proves that the user has the activation string (section 3.4.1). */
export interface AuthenticationData {
  readonly clientId: string | null;
  readonly nonce: Buffer | null;
  /** Null for the default of the protocol. */
  readonly iterations: number | null;
  readonly mac: Buffer;
  readonly macAlgorithm: string | null;
}

const NONCE_BYTES = { min: 16, max: 128 } as const;
const MAX_ITERATIONS = 1_000_000;

/** Whether a body may be a DSKPP message. */
export function isDskpp(body: Buffer): boolean {
  return body.includes(NAMESPACES["@xmlns:dskpp"]);
}

/** Parses a message of a client. Throws DskppFailure with the status of the error. */
export async function parseRequest(body: Buffer): Promise<ClientHello | ClientNonce> {
  const document = await parseXml(body.toString("utf8"), {
    what: "the message",
    keepsPrefixes: false,
  }).catch((error: unknown) => {
    throw error instanceof FobError ? new DskppFailure("MalformedRequest", error.message) : error;
  });
  const [name = ""] = Object.keys(document).filter((key) => !/^[#?@]/.test(key));
  const message = child(document, name);
  if (!message || !Object.hasOwn(PARSERS, name))
    throw new DskppFailure("UnknownRequest", "the message is none of a client's");
  const version = attribute(message, "Version");
  if (version === null) throw malformed("Version is missing");
  if (version !== VERSION)
    throw new DskppFailure("UnsupportedVersion", `version ${version} is not ${VERSION}`);
  const parse = PARSERS[name as keyof typeof PARSERS];
  return parse(message);
}

const PARSERS = { KeyProvClientHello: parseHello, KeyProvClientNonce: parseNonce } as const;

function parseHello(message: Element): ClientHello {
  const variants = child(message, "SupportedProtocolVariants");
  const twoPass = child(variants, "TwoPass");
  const nonce = childText(message, "ClientNonce");
  const packages = child(message, "SupportedKeyPackages");
  return {
    kind: "hello",
    keyTypes: algorithms(message, "SupportedKeyTypes"),
    encryptionAlgorithms: algorithms(message, "SupportedEncryptionAlgorithms"),
    macAlgorithms: algorithms(message, "SupportedMacAlgorithms"),
    keyPackages: texts(packages, "KeyPackageFormat"),
    offersFourPass: variants === null || child(variants, "FourPass") !== null,
    protectionMethods: texts(twoPass, "SupportedKeyProtectionMethod"),
    isRenewal: child(message, "KeyID") !== null,
    nonce: nonce === null ? null : parseNonceBytes(nonce),
    authentication: parseAuthentication(child(message, "AuthenticationData")),
    clientInfo: parseExtensions(message),
  };
}

function parseNonce(message: Element): ClientNonce {
  const sessionId = attribute(message, "SessionID");
  if (sessionId === null) throw malformed("SessionID is missing");
  return {
    kind: "nonce",
    sessionId,
    encryptedNonce: parseBase64(childText(message, "EncryptedNonce"), "EncryptedNonce"),
    authentication: parseAuthentication(child(message, "AuthenticationData")),
    clientInfo: parseExtensions(message),
  };
}

function algorithms(message: Element, name: string): string[] {
  const list = child(message, name);
  const found = texts(list, "Algorithm");
  if (found.length === 0) throw malformed(`${name} is missing`);
  return found;
}

function texts(list: Element | null, name: string): string[] {
  return children(list, name).flatMap((element) => text(element) ?? []);
}

function parseAuthentication(data: Element | null): AuthenticationData | null {
  const code = child(data, "AuthenticationCodeMac");
  const mac = child(code, "Mac");
  if (!data || !code || !mac) return null;
  const nonce = childText(code, "Nonce");
  const iterations = childText(code, "IterationCount");
  return {
    clientId: childText(data, "ClientID"),
    nonce: nonce === null ? null : parseNonceBytes(nonce),
    iterations: iterations === null ? null : parseIterations(iterations),
    mac: parseBase64(text(mac), "Mac"),
    macAlgorithm: attribute(mac, "MacAlgorithm"),
  };
}

function parseIterations(count: string): number {
  const iterations = /^\d{1,9}$/.test(count) ? Number(count) : 0;
  if (iterations >= 1 && iterations <= MAX_ITERATIONS) return iterations;
  throw malformed(`IterationCount is not from 1 to ${MAX_ITERATIONS}`);
}

/** Returns the client info. Throws for a critical extension, because no extension is supported. */
function parseExtensions(message: Element): ClientInfo | null {
  const extensions = children(child(message, "Extensions"), "Extension");
  for (const extension of extensions) {
    if (/^(?:true|1)$/.test(attribute(extension, "Critical") ?? "")) {
      throw new DskppFailure(
        "UnknownCriticalExtension",
        "an extension that is not known is marked as critical",
      );
    }
  }
  const info = extensions.find((extension) =>
    /(?:^|:)ClientInfoType$/.test(attribute(extension, "type") ?? ""),
  );
  return childText(info ?? null, "Data");
}

function parseNonceBytes(value: string): Buffer {
  const nonce = parseBase64(value, "the nonce");
  if (nonce.length >= NONCE_BYTES.min && nonce.length <= NONCE_BYTES.max) return nonce;
  throw malformed(
    `the nonce has ${nonce.length} octets, not ${NONCE_BYTES.min} to ${NONCE_BYTES.max}`,
  );
}

function parseBase64(value: string | null, what: string): Buffer {
  const packed = value?.replace(/\s/g, "") ?? "";
  if (packed !== "" && /^[A-Za-z0-9+/]+={0,2}$/.test(packed)) return Buffer.from(packed, "base64");
  throw malformed(`${what} is missing or not Base64`);
}

function malformed(message: string): DskppFailure {
  return new DskppFailure("MalformedRequest", message);
}
