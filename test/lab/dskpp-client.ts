import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPublicKey,
  pbkdf2Sync,
  publicEncrypt,
  randomBytes,
} from "node:crypto";

const PRFS: Readonly<Record<string, (key: Buffer, text: Buffer) => Buffer>> = {
  "urn:ietf:params:xml:ns:keyprov:dskpp:prf-sha256": (key, text) =>
    createHmac("sha256", key).update(text).digest(),
  "urn:ietf:params:xml:ns:keyprov:dskpp:prf-aes-128": aesCmac,
};

/** What a test changes about a run. */
export interface RunOptions {
  readonly variants?: string;
  readonly keyTypes?: readonly string[];
  readonly encryption?: readonly string[];
  readonly macs?: readonly string[];
  readonly packages?: readonly string[];
  readonly passphrase?: string;
  readonly clientId?: string;
  readonly iterations?: number;
  /** How the server's public key becomes octets. */
  readonly octets?: "spki" | "modulus" | "pkcs1";
  readonly version?: string;
  readonly more?: string;
  readonly hasAuthentication?: boolean;
  readonly alterNonce?: (message: string) => string;
}

/** What a client has at the end of a run. */
export interface RunResult {
  readonly statuses: readonly string[];
  readonly finished: string;
  /** Null where the server's MAC is not right. */
  readonly tokenKey: Buffer | null;
}

/** A DSKPP client by the RFC, of strings and node:crypto alone. */
export class DskppClient {
  readonly url: string;
  readonly user: string;
  readonly passphrase: string;

  constructor(activationString: string) {
    const lines = Buffer.from(activationString, "base64").toString().split("\n");
    const line = (name: string) =>
      lines.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
    this.url = line("EnrollmentURL");
    this.user = line("UserID");
    this.passphrase = line("Passphrase");
  }

  async send(body: string): Promise<string> {
    const headers = { "Content-Type": "application/dskpp+xml" };
    const response = await fetch(this.url, { method: "POST", body, headers });
    if (response.status !== 200) throw new Error(`HTTP ${response.status}`);
    return response.text();
  }

  async fourPass(options: RunOptions = {}): Promise<RunResult> {
    const hello = helloMessage({ variants: "<dskpp:FourPass/>", ...options });
    const serverHello = await this.send(hello);
    const status = attribute(serverHello, "Status");
    if (status !== "Continue") return { statuses: [status], finished: serverHello, tokenKey: null };
    const mac = element(serverHello, "MacAlgorithm");
    const serverNonce = Buffer.from(element(serverHello, "Nonce"), "base64");
    const [n, e] = ["Modulus", "Exponent"].map((name) =>
      Buffer.from(element(serverHello, name), "base64").toString("base64url"),
    );
    const key = createPublicKey({ key: { kty: "RSA", n: n ?? "", e: e ?? "" }, format: "jwk" });
    const { octets = "spki", iterations = 100_000 } = options;
    const k =
      octets === "modulus"
        ? Buffer.from(n ?? "", "base64url")
        : key.export({ format: "der", type: octets });
    const clientNonce = randomBytes(mac.endsWith("aes-128") ? 16 : 32);
    const oaep = element(serverHello, "EncryptionAlgorithm").endsWith("oaep-mgf1p");
    const padding = oaep ? constants.RSA_PKCS1_OAEP_PADDING : constants.RSA_PKCS1_PADDING;
    const encrypted = publicEncrypt({ key, padding, oaepHash: "sha1" }, clientNonce).toString(
      "base64",
    );
    const data = this.authenticationData({ mac, clientNonce, serverNonce, k, iterations, options });
    const message =
      `<dskpp:KeyProvClientNonce ${NAMESPACES} Version="1.0" SessionID="${attribute(serverHello, "SessionID")}">` +
      `<dskpp:EncryptedNonce>${encrypted}</dskpp:EncryptedNonce>${data}</dskpp:KeyProvClientNonce>`;
    const nonceMessage = options.alterNonce?.(message) ?? message;
    const finished = await this.send(nonceMessage);
    const statuses = [status, attribute(finished, "Status")];
    if (statuses[1] !== "Success") return { statuses, finished, tokenKey: null };
    const material = Buffer.concat([Buffer.from("Key generation"), k, serverNonce]);
    return {
      statuses,
      finished,
      tokenKey: confirm(finished, [hello, serverHello, nonceMessage], (length) =>
        prf(mac, clientNonce, material, length),
      ),
    };
  }

  async twoPass(options: RunOptions = {}): Promise<RunResult> {
    const mac = options.macs?.[0] ?? "urn:ietf:params:xml:ns:keyprov:dskpp:prf-sha256";
    const clientNonce = randomBytes(32);
    const k = Buffer.from(this.passphrase);
    const data = this.authenticationData({
      mac,
      clientNonce,
      serverNonce: Buffer.alloc(0),
      k,
      iterations: 1,
      options,
    });
    const variants =
      "<dskpp:TwoPass><dskpp:SupportedKeyProtectionMethod>urn:ietf:params:xml:schema:keyprov:dskpp:passphrase-wrap" +
      "</dskpp:SupportedKeyProtectionMethod><dskpp:Payload><ds:KeyInfo><ds:KeyName>Passphrase-1</ds:KeyName></ds:KeyInfo></dskpp:Payload></dskpp:TwoPass>";
    const encryption = ["http://www.w3.org/2001/04/xmlenc#aes128-cbc"];
    const hello = helloMessage({ variants, encryption, ...options }, data);
    const finished = await this.send(hello);
    const statuses = [attribute(finished, "Status")];
    if (statuses[0] !== "Success") return { statuses, finished, tokenKey: null };
    return {
      statuses,
      finished,
      tokenKey: confirm(finished, [hello], () => unwrap(finished, this.passphrase)),
    };
  }

  authenticationData({
    mac,
    clientNonce,
    serverNonce,
    k,
    iterations,
    options,
  }: {
    mac: string;
    clientNonce: Buffer;
    serverNonce: Buffer;
    k: Buffer;
    iterations: number;
    options: RunOptions;
  }): string {
    if (options.hasAuthentication === false) return "";
    const { clientId = this.user, passphrase = this.passphrase } = options;
    const count = options.iterations ?? iterations;
    const key = pbkdf2Sync(passphrase, Buffer.concat([clientNonce, k]), count, 16, "sha1");
    const value = prf(
      mac,
      key,
      Buffer.concat([Buffer.from(clientId + this.url), clientNonce, serverNonce]),
      16,
    );
    return (
      `<dskpp:AuthenticationData><dskpp:ClientID>${clientId}</dskpp:ClientID><dskpp:AuthenticationCodeMac>` +
      `<dskpp:Nonce>${clientNonce.toString("base64")}</dskpp:Nonce><dskpp:IterationCount>${count}</dskpp:IterationCount>` +
      `<dskpp:Mac MacAlgorithm="${mac}">\n  ${value.toString("base64")}\n</dskpp:Mac></dskpp:AuthenticationCodeMac></dskpp:AuthenticationData>`
    );
  }
}

const NAMESPACES =
  'xmlns:dskpp="urn:ietf:params:xml:ns:keyprov:dskpp" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" ' +
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';

/** A client's first message. */
export function helloMessage(options: RunOptions, authentication = ""): string {
  const {
    version = "1.0",
    variants,
    keyTypes = [
      "urn:ietf:params:xml:ns:keyprov:pskc:hotp",
      "urn:ietf:params:xml:ns:keyprov:pskc:totp",
    ],
    encryption = ["http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"],
    macs = ["urn:ietf:params:xml:ns:keyprov:dskpp:prf-sha256"],
    packages = ["urn:ietf:params:xml:ns:keyprov:dskpp:pskc-key-container"],
    more = "",
  } = options;
  const list = (name: string, entry: string, names: readonly string[]) =>
    `<dskpp:${name}>${names.map((one) => `<dskpp:${entry}>\n    ${one}\n  </dskpp:${entry}>`).join("")}</dskpp:${name}>`;
  return [
    `<?xml version="1.0" encoding="UTF-8"?>\n<dskpp:KeyProvClientHello ${NAMESPACES} Version="${version}">`,
    list("SupportedKeyTypes", "Algorithm", keyTypes),
    list("SupportedEncryptionAlgorithms", "Algorithm", encryption),
    list("SupportedMacAlgorithms", "Algorithm", macs),
    variants === undefined
      ? ""
      : `<dskpp:SupportedProtocolVariants>${variants}</dskpp:SupportedProtocolVariants>`,
    list("SupportedKeyPackages", "KeyPackageFormat", packages),
    `${authentication}${more}</dskpp:KeyProvClientHello>`,
  ].join("\n");
}

/** The text of the first element of a name. */
export function element(xml: string, name: string): string {
  return new RegExp(`<(?:\\w+:)?${name}(?: [^>]*)?>([^<]*)<`).exec(xml)?.[1]?.trim() ?? "";
}

/** The value of the first attribute of a name. */
export function attribute(xml: string, name: string): string {
  return new RegExp(` ${name}="([^"]*)"`).exec(xml)?.[1] ?? "";
}

/** K_TOKEN, if the server's last MAC is right over all messages before it. */
function confirm(
  finished: string,
  messages: readonly string[],
  provision: (length: number) => Buffer,
): Buffer | null {
  const algorithm = /<dskpp:Mac MacAlgorithm="([^"]*)"/.exec(finished)?.[1] ?? "";
  const tokenLength = { "HMAC-SHA256": 32, "HMAC-SHA512": 64 }[element(finished, "Suite")] ?? 20;
  const macLength = algorithm.endsWith("aes-128") ? 16 : 32;
  const half = Math.max(tokenLength, macLength);
  const provisioningKey = provision(2 * half);
  const hash = createHash("sha256").update(messages.join("")).digest();
  const serverId = messages.length === 1 ? element(finished, "ServerID") : "";
  const text = Buffer.concat([Buffer.from("MAC 1 computation"), hash, Buffer.from(serverId)]);
  const expected = prf(algorithm, provisioningKey.subarray(0, macLength), text, 32).toString(
    "base64",
  );
  return element(finished, "Mac") === expected
    ? provisioningKey.subarray(half, half + tokenLength)
    : null;
}

/** K_PROV from the key package. */
function unwrap(finished: string, passphrase: string): Buffer {
  const salt = Buffer.from(element(finished, "Specified"), "base64");
  const key = pbkdf2Sync(passphrase, salt, Number(element(finished, "IterationCount")), 16, "sha1");
  const [macKey, secret] = [...finished.matchAll(/CipherValue>([^<]*)</g)]
    .map(([, text = ""]) => Buffer.from(text, "base64"))
    .filter((bytes) => bytes.length > 0);
  if (!macKey || !secret) throw new Error("the key package holds no key");
  const open = (bytes: Buffer) => {
    const decipher = createDecipheriv("aes-128-cbc", key, bytes.subarray(0, 16));
    return Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]);
  };
  const valueMac = createHmac("sha1", open(macKey)).update(secret).digest("base64");
  if (valueMac !== element(finished, "ValueMAC")) throw new Error("the ValueMAC is wrong");
  return open(secret);
}

function prf(algorithm: string, key: Buffer, text: Buffer, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let i = 1; blocks.length * 16 < length; i++) {
    const number = Buffer.from([0, 0, 0, i]);
    blocks.push(
      PRFS[algorithm]?.(
        key.subarray(0, algorithm.endsWith("aes-128") ? 16 : undefined),
        Buffer.concat([number, text]),
      ) ?? Buffer.alloc(32),
    );
  }
  return Buffer.concat(blocks).subarray(0, length);
}

/** AES-CMAC bit by bit, in another way than the server's. */
function aesCmac(key: Buffer, message: Buffer): Buffer {
  const encrypt = (block: Buffer) =>
    createCipheriv("aes-128-ecb", key, null).setAutoPadding(false).update(block);
  const shift = (block: Buffer) => {
    const shifted = Buffer.from(
      block.map((byte, i) => ((byte << 1) | ((block[i + 1] ?? 0) >> 7)) & 0xff),
    );
    if ((block[0] ?? 0) & 0x80) shifted[15] = (shifted[15] ?? 0) ^ 0x87;
    return shifted;
  };
  const k1 = shift(encrypt(Buffer.alloc(16)));
  const isWhole = message.length > 0 && message.length % 16 === 0;
  const padded = isWhole
    ? message
    : Buffer.concat([message, Buffer.from([0x80]), Buffer.alloc(15 - (message.length % 16))]);
  const mask = isWhole ? k1 : shift(k1);
  let state = Buffer.alloc(16);
  for (let at = 0; at < padded.length; at += 16) {
    const isLast = at + 16 === padded.length;
    const block = padded.subarray(at, at + 16);
    state = encrypt(
      Buffer.from(state.map((byte, i) => byte ^ (block[i] ?? 0) ^ (isLast ? (mask[i] ?? 0) : 0))),
    );
  }
  return state;
}
