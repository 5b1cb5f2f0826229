import type { FailureStatus } from "./failure.ts";
import { NAMESPACES, PSKC_CONTAINER, VERSION } from "./names.ts";
import type { Agreement } from "./negotiation.ts";

/** The server's message after the first of four passes (section 4.2.3). */
export interface ServerHello {
  readonly sessionId: string;
  readonly agreement: Agreement;
  readonly publicKey: { readonly modulus: string; readonly exponent: string };
  readonly serverNonce: Buffer;
  readonly clientInfo: string | null;
}

/** Formats the server's hello as XML. */
export function formatServerHello({
  sessionId,
  agreement,
  publicKey,
  serverNonce,
  clientInfo,
}: ServerHello): Promise<Buffer> {
  const { modulus, exponent } = publicKey;
  const rsa = { "ds:Modulus": modulus, "ds:Exponent": exponent };
  return format("KeyProvServerHello", {
    "@Version": VERSION,
    "@SessionID": sessionId,
    "@Status": "Continue",
    "dskpp:KeyType": agreement.keyType,
    "dskpp:EncryptionAlgorithm": agreement.encryptionAlgorithm,
    "dskpp:MacAlgorithm": agreement.mac.name,
    "dskpp:EncryptionKey": { "ds:KeyValue": { "ds:RSAKeyValue": rsa } },
    "dskpp:KeyPackageFormat": PSKC_CONTAINER,
    "dskpp:Payload": { "dskpp:Nonce": serverNonce.toString("base64") },
    ...extensions(clientInfo),
  });
}

/** The last message of a successful run. */
export interface ServerFinished {
  readonly sessionId: string | null;
  readonly keyPackage: object;
  readonly macAlgorithm: string;
  readonly mac: Buffer;
  readonly clientInfo: string | null;
}

/** Formats the server's last message as XML (sections 4.2.5 and 5.2.3). */
export function formatServerFinished({
  sessionId,
  keyPackage,
  macAlgorithm,
  mac,
  clientInfo,
}: ServerFinished): Promise<Buffer> {
  return format("KeyProvServerFinished", {
    "@Version": VERSION,
    "@Status": "Success",
    ...(sessionId === null ? {} : { "@SessionID": sessionId }),
    "dskpp:KeyPackage": keyPackage,
    ...extensions(clientInfo),
    "dskpp:Mac": { "@MacAlgorithm": macAlgorithm, "#text": mac.toString("base64") },
  });
}

/**
 * Formats a failure: an error status in the message that would have come next, or in the last one
 * if that is unknown.
 */
export function formatFailure(
  message: "KeyProvServerHello" | "KeyProvServerFinished",
  status: FailureStatus,
): Promise<Buffer> {
  return format(message, { "@Version": VERSION, "@Status": status });
}

/** Returns the client info to the client unchanged (section 6.1). */
function extensions(clientInfo: string | null): object {
  if (clientInfo === null) return {};
  const extension = { "@xsi:type": "dskpp:ClientInfoType", "dskpp:Data": clientInfo };
  return { "dskpp:Extensions": { "dskpp:Extension": extension } };
}

async function format(name: string, message: object): Promise<Buffer> {
  const { XMLBuilder } = await import("fast-xml-parser");
  const builder = new XMLBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    suppressEmptyNode: true,
  });
  const declaration = { "?xml": { "@version": "1.0", "@encoding": "UTF-8" } };
  return Buffer.from(
    builder.build({ ...declaration, [`dskpp:${name}`]: { ...NAMESPACES, ...message } }),
  );
}
