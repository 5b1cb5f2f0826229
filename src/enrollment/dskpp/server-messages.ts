import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import {
  attribute,
  base64,
  child,
  children,
  childText,
  type Element,
  text,
} from "#enrollment/pskc/xml.ts";
import { parseMessage } from "./namespaces.ts";
import { readServerKey, type ServerKey } from "./server-key.ts";

/** The version of the protocol that is spoken here. */
export const VERSION = "1.0";

/** Pass 2 of four: what the server chose (RFC 6063 section 4.2.3). */
export interface ServerHello {
  readonly kind: "hello";
  readonly sessionId: string;
  readonly keyType: string;
  readonly encryptionAlgorithm: string;
  readonly macAlgorithm: string;
  readonly keyPackageFormat: string;
  readonly serverKey: ServerKey;
  /** R_S. */
  readonly serverNonce: Buffer;
  /** Data that the server gets back unchanged, in Base64. */
  readonly serverInfo: string | null;
}

/**
 * The last pass: a key package, and the MAC that confirms it (RFC 6063 sections 4.2.5 and 5.2.3).
 */
export interface ServerFinished {
  readonly kind: "finished";
  readonly sessionId: string | null;
  readonly serverId: string;
  readonly protection: string | null;
  readonly container: Element;
  readonly mac: Buffer;
  readonly macAlgorithm: string | null;
}

/**
 * A server's trigger, which starts the protocol and is returned in our first message (RFC 6063
 * section 4.2.1).
 */
export interface Trigger {
  readonly kind: "trigger";
  readonly clientId: string | null;
  /** AuthenticationData, DeviceIdentifierData and KeyID, as they were given. */
  readonly authentication: Element | null;
  readonly device: Element | null;
  readonly keyId: string | null;
  readonly url: string | null;
}

/** The server ends the protocol, with a status that gives the reason. */
export interface Refused {
  readonly kind: "refused";
  readonly status: string;
}

/** Everything that a server can answer. */
export type ServerMessage = ServerHello | ServerFinished | Trigger | Refused;

const NONCE_BYTES = { min: 16, max: 1_024 };
const MAX_IDENTIFIER = 128;
const MAX_SERVER_INFO = 16_384;

/**
 * Reads a server's message. Rejects with FobError `invalid` for one that is broken, or holds
 * something that must be understood and is not.
 */
export async function parseServerMessage(bytes: Buffer): Promise<ServerMessage> {
  const { name, root } = await parseMessage(bytes);
  if (name === "KeyProvTrigger") return readTrigger(root);
  const isHello = name === "KeyProvServerHello";
  if (!isHello && name !== "KeyProvServerFinished")
    throw wrongReply(t`it is a ${JSON.stringify(name.slice(0, 40))}, which servers do not send`);
  const status = attribute(root, "Status");
  if (status === null) throw wrongReply(t("it has no Status"));
  const isGood = status === (isHello ? "Continue" : "Success");
  if (!isGood && (status === "Continue" || status === "Success"))
    throw wrongReply(t`${status} is no Status for ${name}`);
  if (!isGood) return { kind: "refused", status };
  if (attribute(root, "Version") !== VERSION) throw wrongReply(t`its Version is not ${VERSION}`);
  refuseCritical(root);
  return isHello ? readHello(root) : readFinished(root);
}

function readHello(root: Element): ServerHello {
  const sessionId = readSession(root);
  if (sessionId === null) throw wrongReply(t("it has no SessionID"));
  return {
    kind: "hello",
    sessionId,
    keyType: required(root, "KeyType"),
    encryptionAlgorithm: required(root, "EncryptionAlgorithm"),
    macAlgorithm: required(root, "MacAlgorithm"),
    keyPackageFormat: required(root, "KeyPackageFormat"),
    serverKey: readServerKey(child(root, "EncryptionKey")),
    serverNonce: readNonce(childText(child(root, "Payload"), "Nonce")),
    serverInfo: readServerInfo(root),
  };
}

function readFinished(root: Element): ServerFinished {
  const keyPackage = child(root, "KeyPackage");
  const container = child(keyPackage, "KeyContainer");
  if (!container) throw wrongReply(t("it has no KeyContainer (PSKC)"));
  const mac = child(root, "Mac");
  return {
    kind: "finished",
    sessionId: readSession(root),
    serverId: childText(keyPackage, "ServerID") ?? "",
    protection: childText(keyPackage, "KeyProtectionMethod"),
    container,
    mac: base64(text(mac), t("the server's MAC")),
    macAlgorithm: attribute(mac, "MacAlgorithm"),
  };
}

function readTrigger(root: Element): Trigger {
  const trigger = child(root, "InitializationTrigger");
  if (!trigger) throw wrongReply(t("it has no InitializationTrigger"));
  const authentication = child(trigger, "AuthenticationData");
  return {
    kind: "trigger",
    clientId: childText(authentication, "ClientID"),
    authentication,
    device: child(trigger, "DeviceIdentifierData"),
    keyId: childText(trigger, "KeyID"),
    url: childText(trigger, "ServerUrl"),
  };
}

function readSession(root: Element): string | null {
  const id = attribute(root, "SessionID");
  if (id !== null && (id === "" || id.length > MAX_IDENTIFIER))
    throw wrongReply(t("its SessionID is empty or too long"));
  return id;
}

function readNonce(value: string | null): Buffer {
  const nonce = base64(value, t("the server's nonce"));
  if (nonce.length >= NONCE_BYTES.min && nonce.length <= NONCE_BYTES.max) return nonce;
  throw wrongReply(
    t`its nonce has ${nonce.length} bytes: ${NONCE_BYTES.min} to ${NONCE_BYTES.max} are possible`,
  );
}

function extensions(root: Element): Element[] {
  return children(child(root, "Extensions"), "Extension");
}

function isServerInfo(extension: Element): boolean {
  return /(?:^|:)ServerInfoType$/.test(attribute(extension, "type") ?? "");
}

/** A client that does not understand a critical extension must stop (RFC 6063 section 6). */
function refuseCritical(root: Element): void {
  const isCritical = (extension: Element) =>
    /^(?:true|1)$/.test(attribute(extension, "Critical")?.trim() ?? "");
  if (!extensions(root).some((extension) => isCritical(extension) && !isServerInfo(extension)))
    return;
  throw wrongReply(t("it has a critical extension that fob does not know"));
}

function readServerInfo(root: Element): string | null {
  const extension = extensions(root).find(isServerInfo);
  if (!extension) return null;
  const data = base64(childText(extension, "Data"), t("the server's own data"));
  if (data.length > MAX_SERVER_INFO) throw wrongReply(t("the data that it wants back is too long"));
  return data.toString("base64");
}

function required(root: Element, name: string): string {
  const value = childText(root, name);
  if (value !== null) return value;
  throw wrongReply(t`it has no ${name}`);
}

/** A reply that breaks a rule of the protocol. */
export function wrongReply(why: string): FobError {
  return new FobError("invalid", t`the server's reply is wrong: ${why}`);
}
