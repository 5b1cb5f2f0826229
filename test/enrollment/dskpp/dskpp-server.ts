import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  pbkdf2Sync,
  privateDecrypt,
  randomBytes,
} from "node:crypto";
import type { ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { aesCmac } from "#enrollment/dskpp/prf.ts";
import { webServer } from "../../platform/web-server.ts";

const NS = "urn:ietf:params:xml:ns:keyprov:dskpp";
const XENC = "http://www.w3.org/2001/04/xmlenc#";
const WRAP_IV = Buffer.from("a6a6a6a6a6a6a6a6", "hex");

/** The identifiers of both PRFs. */
export const PRF_IDS = { sha256: `${NS}:prf-sha256`, aes: `${NS}:prf-aes-128` } as const;

/** How a test server behaves; everything has a usual value. */
export interface Script {
  readonly passes?: 2 | 4;
  readonly prf?: keyof typeof PRF_IDS;
  /** The last part of its identifier (four passes), or of the wrapping's (two). */
  readonly encryption?: string;
  /** A ds:KeyInfo's content; by default the RSA key of this file. */
  readonly keyInfo?: string;
  /** K, where it is shared. */
  readonly sharedKey?: Buffer;
  readonly keyType?: string;
  /** The rest of the Key element, and its algorithm. */
  readonly algorithm?: string;
  readonly parameters?: string;
  readonly policy?: string;
  /** The length of the token's secret, in bytes. */
  readonly secretBytes?: number;
  readonly wrapUnder?: string;
  readonly derivedKeyNamespace?: string;
  readonly serverId?: string;
  readonly extensions?: string;
  /** Has a last word on each reply: its bytes, or something quite different. */
  alter?(
    reply: string,
    step: "hello" | "finished",
    response: ServerResponse,
  ): string | Buffer | null;
}

/** What the server saw and made. */
export interface DskppServer {
  readonly url: URL;
  readonly requests: string[];
  readonly headers: Record<string, unknown>[];
  /** The secrets of the tokens that it has made. */
  readonly secrets: Buffer[];
  /** What was wrong with the proofs of the password; empty when all were right. */
  readonly complaints: string[];
}

export const PASSWORD = "3582AF0C3E5A7B9C";
export const CLIENT_ID = "AC00000A";

export const RSA = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** A server of DSKPP written from RFC 6063, for one client of known id and password. */
export async function dskppServer(script: Script = {}): Promise<DskppServer> {
  const seen: DskppServer = {
    url: new URL("http://x"),
    requests: [],
    headers: [],
    secrets: [],
    complaints: [],
  };
  let session: Session | null = null;
  const url = await webServer(async (request, response) => {
    const bytes = await buffer(request);
    const text = bytes.toString("utf8");
    seen.requests.push(text);
    seen.headers.push(request.headers);
    const where = new URL(request.url ?? "", url);
    const isHello = text.includes("KeyProvClientHello");
    if (isHello) session = openSession(script);
    const made = bytes.length === 0 ? "" : (session?.answer(bytes, where, seen) ?? "");
    const altered = script.alter
      ? script.alter(made, made.includes("ServerHello") ? "hello" : "finished", response)
      : made;
    if (altered === null) return;
    session?.remember(bytes, Buffer.from(altered));
    response.writeHead(200, { "content-type": "application/dskpp+xml" }).end(altered);
  });
  return { ...seen, url: new URL("/selfenrollment/dskpp.aspx?sc=ABCDEFGHIJ", url) };
}

interface Session {
  answer(request: Buffer, url: URL, seen: DskppServer): string;
  remember(...messages: Buffer[]): void;
}

function openSession(script: Script): Session {
  const { passes = 4, prf = "sha256", secretBytes = 20 } = script;
  const messages: Buffer[] = [];
  const id = randomBytes(4).toString("hex");
  const serverNonce = passes === 4 ? randomBytes(16) : Buffer.of();
  const half = Math.max(secretBytes, prf === "aes" ? 16 : 32);
  const finish = (request: Buffer, provisioned: Buffer, seen: DskppServer): string => {
    if (seen.complaints.length > 0) return refusal("AuthenticationDataInvalid", "Finished");
    seen.secrets.push(provisioned.subarray(half, half + secretBytes));
    const macKey = provisioned.subarray(0, prf === "aes" ? 16 : 32);
    const hash = createHash("sha256")
      .update(Buffer.concat([...messages, request]))
      .digest();
    const text = ["MAC 1 computation", hash, passes === 2 ? (script.serverId ?? "") : ""].map(
      (part) => Buffer.from(part),
    );
    const mac = prfOf(prf, macKey, Buffer.concat(text), 32);
    return serverFinished(script, id, passes === 2 ? wrapped(provisioned, script) : "", mac);
  };
  return {
    remember: (...more) => void messages.push(...more),
    answer(request, url, seen) {
      const text = request.toString("utf8");
      if (passes === 2) {
        const clientNonce = Buffer.from(pick(text, "Nonce"), "base64");
        judgeProof(text, { url, clientNonce, key: Buffer.from(PASSWORD), serverNonce, seen });
        return finish(request, randomBytes(2 * half), seen);
      }
      if (text.includes("KeyProvClientHello")) return serverHello(script, id, serverNonce);
      const key = script.sharedKey ?? spki(RSA.publicKey);
      const clientNonce = openNonce(text, script, serverNonce);
      judgeProof(text, { url, clientNonce, key, serverNonce, seen });
      const agreed = Buffer.concat([Buffer.from("Key generation"), key, serverNonce]);
      return finish(request, prfOf(prf, clientNonce, agreed, 2 * half), seen);
    },
  };
}

/** DSKPP-PRF by appendix D. */
function prfOf(name: "sha256" | "aes", key: Buffer, text: Buffer, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / (name === "aes" ? 16 : 32)) }, (_, i) => {
    const input = Buffer.concat([Buffer.of(0, 0, 0, i + 1), text]);
    return name === "aes" ? aesCmac(key, input) : createHmac("sha256", key).update(input).digest();
  });
  return Buffer.concat(blocks).subarray(0, length);
}

function judgeProof(
  text: string,
  about: { url: URL; clientNonce: Buffer; key: Buffer; serverNonce: Buffer; seen: DskppServer },
): void {
  const { url, clientNonce, key, serverNonce, seen } = about;
  const [clientId, mac] = [pick(text, "ClientID"), pick(text, "Mac")];
  const iterations = Number(pick(text, "IterationCount"));
  const [, name = ""] = /MacAlgorithm="[^"]*prf-(sha256|aes)/.exec(text) ?? [];
  const codeKey = pbkdf2Sync(PASSWORD, Buffer.concat([clientNonce, key]), iterations, 16, "sha1");
  const bound = Buffer.concat([Buffer.from(clientId + url.href), clientNonce, serverNonce]);
  const right = prfOf(name as "aes", codeKey, bound, 16).toString("base64");
  if (clientId !== CLIENT_ID || mac !== right)
    seen.complaints.push(`${clientId}: the proof is wrong`);
  if (iterations !== (serverNonce.length === 0 ? 1 : 100_000))
    seen.complaints.push(`${iterations} iterations`);
  if (clientNonce.length < 16) seen.complaints.push("the nonce is short");
}

function openNonce(
  text: string,
  { prf = "sha256", encryption = "rsa-oaep-mgf1p", sharedKey }: Script,
  nonce: Buffer,
) {
  const data = Buffer.from(pick(text, "EncryptedNonce"), "base64");
  if (!sharedKey) {
    const padding =
      encryption === "rsa-1_5" ? constants.RSA_NO_PADDING : constants.RSA_PKCS1_OAEP_PADDING;
    const opened = privateDecrypt({ key: RSA.privateKey, padding }, data);
    return padding === constants.RSA_NO_PADDING
      ? opened.subarray(opened.indexOf(0, 2) + 1)
      : opened;
  }
  if (encryption.startsWith("prf-")) {
    const mask = prfOf(
      encryption === PRF_IDS.aes.slice(NS.length + 1) ? "aes" : "sha256",
      sharedKey,
      Buffer.concat([Buffer.from("Encryption"), nonce]),
      data.length,
    );
    return Buffer.from(data.map((byte, i) => byte ^ (mask[i] ?? 0)));
  }
  const isWrap = encryption === "kw-aes128";
  const decipher = createDecipheriv(
    isWrap ? "id-aes128-wrap" : "aes-128-cbc",
    sharedKey,
    isWrap ? WRAP_IV : data.subarray(0, 16),
  );
  const opened = Buffer.concat([
    decipher.update(isWrap ? data : data.subarray(16)),
    decipher.final(),
  ]);
  if (opened.length !== (prf === "aes" ? 16 : 32)) throw new Error("a nonce of another length");
  return opened;
}

function serverHello(script: Script, id: string, nonce: Buffer): string {
  const {
    prf = "sha256",
    encryption = "rsa-oaep-mgf1p",
    keyInfo = rsaKeyInfo(RSA.publicKey),
    keyType = "totp",
  } = script;
  const algorithm = encryption.startsWith("prf-") ? `${NS}:${encryption}` : `${XENC}${encryption}`;
  return envelope("Hello", `Status="Continue" SessionID="${id}"`, [
    `<dskpp:KeyType>urn:ietf:params:xml:ns:keyprov:pskc:${keyType}</dskpp:KeyType>`,
    `<dskpp:EncryptionAlgorithm>${algorithm}</dskpp:EncryptionAlgorithm>`,
    `<dskpp:MacAlgorithm>\n  ${PRF_IDS[prf]}\n</dskpp:MacAlgorithm>`,
    `<dskpp:EncryptionKey>${keyInfo}</dskpp:EncryptionKey>`,
    `<dskpp:KeyPackageFormat>${NS}:pskc-key-container</dskpp:KeyPackageFormat>`,
    `<dskpp:Payload><dskpp:Nonce>${nonce.toString("base64")}</dskpp:Nonce></dskpp:Payload>`,
    script.extensions ?? "",
  ]);
}

function serverFinished(script: Script, id: string, secret: string, mac: Buffer): string {
  const { prf = "sha256", algorithm = "totp", parameters = "", policy = "", serverId } = script;
  const head = secret === "" ? "" : derivedKey(script);
  const protection =
    secret === ""
      ? ""
      : `<dskpp:KeyProtectionMethod>urn:ietf:params:xml:schema:keyprov:dskpp:passphrase-wrap</dskpp:KeyProtectionMethod>`;
  return envelope("Finished", `Status="Success" SessionID="${id}"`, [
    "<dskpp:KeyPackage>",
    serverId === undefined ? "" : `<dskpp:ServerID>${serverId}</dskpp:ServerID>`,
    `${protection}<dskpp:KeyContainer Version="1.0" Id="KC0001">${head}<pskc:KeyPackage>`,
    "<pskc:DeviceInfo><pskc:Manufacturer>ACME</pskc:Manufacturer><pskc:SerialNo>987654321</pskc:SerialNo></pskc:DeviceInfo>",
    `<pskc:Key Id="MBK1" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:${algorithm}"><pskc:Issuer>Example</pskc:Issuer>`,
    `${parameters}<pskc:Data>${secret}</pskc:Data>${policy}`,
    "</pskc:Key></pskc:KeyPackage></dskpp:KeyContainer></dskpp:KeyPackage>",
    `<dskpp:Mac MacAlgorithm="${PRF_IDS[prf]}">${mac.toString("base64")}</dskpp:Mac>`,
  ]);
}

function wrapKeyOf({ wrapUnder = PASSWORD }: Script): Buffer {
  return pbkdf2Sync(wrapUnder, "salt of it", 1_000, 16, "sha1");
}

function derivedKey({
  derivedKeyNamespace = "http://www.w3.org/2009/xmlsec-derivedkey#",
  ...script
}: Script): string {
  const pkcs5 = "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#";
  const encryptedMacKey = cbc(wrapKeyOf(script), MAC_KEY).toString("base64");
  return [
    `<pskc:EncryptionKey><d:DerivedKey xmlns:d="${derivedKeyNamespace}"><d:KeyDerivationMethod Algorithm="${pkcs5}pbkdf2">`,
    `<p:PBKDF2-params xmlns:p="${pkcs5}"><Salt><Specified>${Buffer.from("salt of it").toString("base64")}</Specified></Salt>`,
    "<IterationCount>1000</IterationCount><KeyLength>16</KeyLength></p:PBKDF2-params></d:KeyDerivationMethod>",
    "<d:MasterKeyName>Passphrase1</d:MasterKeyName></d:DerivedKey></pskc:EncryptionKey>",
    '<pskc:MACMethod Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1"><pskc:MACKey>',
    `<xenc:EncryptionMethod Algorithm="${XENC}aes128-cbc"/><xenc:CipherData><xenc:CipherValue>${encryptedMacKey}`,
    "</xenc:CipherValue></xenc:CipherData></pskc:MACKey></pskc:MACMethod>",
  ].join("");
}

const MAC_KEY = randomBytes(20);

function wrapped(provisioned: Buffer, script: Script): string {
  const { encryption = "aes128-cbc" } = script;
  const key = wrapKeyOf(script);
  const cipher = createCipheriv("id-aes128-wrap", key, WRAP_IV);
  const data =
    encryption === "aes128-cbc"
      ? cbc(key, provisioned)
      : Buffer.concat([cipher.update(provisioned), cipher.final()]);
  const mac = createHmac("sha1", MAC_KEY).update(data).digest("base64");
  return [
    `<pskc:Secret><pskc:EncryptedValue><xenc:EncryptionMethod Algorithm="${XENC}${encryption}"/>`,
    `<xenc:CipherData><xenc:CipherValue>${data.toString("base64")}</xenc:CipherValue></xenc:CipherData>`,
    `</pskc:EncryptedValue><pskc:ValueMAC>${mac}</pskc:ValueMAC></pskc:Secret>`,
  ].join("");
}

function cbc(key: Buffer, data: Buffer): Buffer {
  const iv = randomBytes(16);
  const cipher = createCipheriv("aes-128-cbc", key, iv);
  return Buffer.concat([iv, cipher.update(data), cipher.final()]);
}

/** A reply that refuses, as either of the server's messages. */
export function refusal(status: string, message: "Hello" | "Finished"): string {
  return envelope(message, `Status="${status}"`, []);
}

/** A message of the server, in the prefixes of the RFC's examples. */
export function envelope(name: string, attributes: string, parts: readonly string[]): string {
  const namespaces = `xmlns:dskpp="${NS}" xmlns:pskc="urn:ietf:params:xml:ns:keyprov:pskc" xmlns:xenc="${XENC}" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<dskpp:KeyProvServer${name} ${namespaces} Version="1.0" ${attributes}>${parts.join("")}</dskpp:KeyProvServer${name}>`;
}

/** A ds:KeyInfo's content that has a public key of RSA. */
export function rsaKeyInfo(key: KeyObject): string {
  const { n = "", e = "" } = key.export({ format: "jwk" });
  const base64 = (text: string) => Buffer.from(text, "base64url").toString("base64");
  return `<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>${base64(n)}</ds:Modulus><ds:Exponent>${base64(e)}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>`;
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" });
}

/** The text of the first element of a name, whatever its prefix. */
function pick(text: string, name: string): string {
  return new RegExp(`<(?:\\w+:)?${name}(?: [^>]*)?>\\s*([^<]*?)\\s*</`).exec(text)?.[1] ?? "";
}
