import { attribute, child, childText, type Element } from "#enrollment/pskc/xml.ts";
import { DSKPP, PSKC, XML_SIGNATURE } from "./namespaces.ts";
import { PRFS, type Prf } from "./prf.ts";
import { ENCRYPTION_ALGORITHMS } from "./server-key.ts";
import { type ServerHello, type Trigger, VERSION } from "./server-messages.ts";

/** The kinds of token that are asked for, the preferred one first. OCRA goes by two names. */
export const KEY_TYPES: readonly string[] = ["totp", "hotp", "OCRA-1", "ocra"].map(
  (kind) => `${PSKC}:${kind}`,
);

/** The one format of key packages (PSKC). */
export const KEY_PACKAGE_FORMAT = `${DSKPP}:pskc-key-container`;

/** The protection of two passes that a passphrase opens (RFC 6063 section 5.1.3). */
export const PASSPHRASE_WRAP = "urn:ietf:params:xml:schema:keyprov:dskpp:passphrase-wrap";

/** The password's proof in a message. */
export interface Proof {
  readonly clientId: string;
  /** R_C, in two passes alone: in four it is a secret. */
  readonly clientNonce: Buffer | null;
  readonly iterations: number;
  readonly prf: Prf;
  readonly mac: Buffer;
}

/**
 * Pass 1: what this client supports, and its client id. The content of a trigger is returned
 * unchanged (RFC 6063 section 4.2.2).
 */
export function formatHello(
  clientNonce: Buffer,
  proof: Proof | null,
  trigger: Trigger | null,
): Promise<Buffer> {
  const clientId = trigger?.clientId ?? proof?.clientId ?? "";
  const given = trigger && formatGiven(trigger.authentication);
  return formatMessage("KeyProvClientHello", {
    ...(trigger?.device ? { "dskpp:DeviceIdentifierData": formatDevice(trigger.device) } : {}),
    ...(trigger?.keyId ? { "dskpp:KeyID": trigger.keyId } : {}),
    "dskpp:ClientNonce": clientNonce.toString("base64"),
    "dskpp:SupportedKeyTypes": { "dskpp:Algorithm": KEY_TYPES },
    "dskpp:SupportedEncryptionAlgorithms": { "dskpp:Algorithm": ENCRYPTION_ALGORITHMS },
    "dskpp:SupportedMacAlgorithms": { "dskpp:Algorithm": PRFS.map(({ id }) => id) },
    "dskpp:SupportedProtocolVariants": {
      "dskpp:FourPass": "",
      "dskpp:TwoPass": {
        "dskpp:SupportedKeyProtectionMethod": PASSPHRASE_WRAP,
        "dskpp:Payload": { "ds:KeyInfo": { "ds:KeyName": clientId } },
      },
    },
    "dskpp:SupportedKeyPackages": { "dskpp:KeyPackageFormat": KEY_PACKAGE_FORMAT },
    ...(given ?? formatProof(proof)),
  });
}

/**
 * Pass 3: our nonce, encrypted for the server, and the proof of the password (RFC 6063 section
 * 4.2.4).
 */
export function formatNonce(
  encryptedNonce: Buffer,
  proof: Proof | null,
  hello: ServerHello,
): Promise<Buffer> {
  const { sessionId, serverInfo } = hello;
  return formatMessage("KeyProvClientNonce", {
    "@SessionID": sessionId,
    "dskpp:EncryptedNonce": encryptedNonce.toString("base64"),
    ...formatProof(proof),
    ...(serverInfo === null
      ? {}
      : {
          "dskpp:Extensions": {
            "dskpp:Extension": { "@xsi:type": "dskpp:ServerInfoType", "dskpp:Data": serverInfo },
          },
        }),
  });
}

function formatProof(proof: Proof | null) {
  if (!proof) return {};
  const { clientId, clientNonce, iterations, prf, mac } = proof;
  return {
    "dskpp:AuthenticationData": {
      ...(clientId === "" ? {} : { "dskpp:ClientID": clientId }),
      "dskpp:AuthenticationCodeMac": {
        ...(clientNonce ? { "dskpp:Nonce": clientNonce.toString("base64") } : {}),
        "dskpp:IterationCount": String(iterations),
        "dskpp:Mac": { "@MacAlgorithm": prf.id, "#text": mac.toString("base64") },
      },
    },
  };
}

/** The authentication data of a trigger, with a MAC that the server made. */
function formatGiven(authentication: Element | null) {
  const code = child(authentication, "AuthenticationCodeMac");
  const mac = childText(code, "Mac");
  if (mac === null) return null;
  const [clientId, algorithm] = [
    childText(authentication, "ClientID"),
    attribute(child(code, "Mac"), "MacAlgorithm"),
  ];
  return {
    "dskpp:AuthenticationData": {
      ...(clientId === null ? {} : { "dskpp:ClientID": clientId }),
      "dskpp:AuthenticationCodeMac": {
        ...formatTexts("dskpp", code, ["Nonce", "IterationCount"]),
        "dskpp:Mac": {
          ...(algorithm === null ? {} : { "@MacAlgorithm": algorithm }),
          "#text": mac,
        },
      },
    },
  };
}

const DEVICE_PARTS = [
  "Manufacturer",
  "SerialNo",
  "Model",
  "IssueNo",
  "DeviceBinding",
  "StartDate",
  "ExpiryDate",
];

function formatDevice(device: Element) {
  return { "dskpp:DeviceId": formatTexts("pskc", child(device, "DeviceId"), DEVICE_PARTS) };
}

function formatTexts(prefix: string, element: Element | null, names: readonly string[]) {
  const texts = names.map((name): [string, string | null] => [
    `${prefix}:${name}`,
    childText(element, name),
  ]);
  return Object.fromEntries(texts.filter(([, text]) => text !== null));
}

async function formatMessage(name: string, content: object): Promise<Buffer> {
  const { XMLBuilder } = await import("fast-xml-parser");
  const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: "@" });
  const namespaces = {
    "@xmlns:dskpp": DSKPP,
    "@xmlns:pskc": PSKC,
    "@xmlns:ds": XML_SIGNATURE,
    "@xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
  };
  const message = { [`dskpp:${name}`]: { ...namespaces, "@Version": VERSION, ...content } };
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${builder.build(message)}`, "utf8");
}
