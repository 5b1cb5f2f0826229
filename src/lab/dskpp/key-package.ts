import { createCipheriv, createHmac, randomBytes } from "node:crypto";
import type { ActivationOrder, PromisedToken } from "#lab/lab-token.ts";
import { AES128_CBC, NAMESPACES, PASSPHRASE_WRAP } from "./names.ts";
import { PASSPHRASE_KEY_BYTES, passphraseKey } from "./passphrase-key.ts";

const PBKDF2 = `${NAMESPACES["@xmlns:pkcs5"]}pbkdf2`;
const HMAC_SHA1 = `${NAMESPACES["@xmlns:ds"]}hmac-sha1`;
const ITERATIONS = 100_000;
const SALT_BYTES = 16;
const IV_BYTES = 16;
const MAC_KEY_BYTES = 20;

/**
 * The KeyPackage of the server's last message in four passes: all of the token except the key,
 * which the client has derived, too (section 4.2.5).
 */
export function keyPackageWithoutKey(
  token: PromisedToken,
  serverId: string,
  keyType: string,
): object {
  return {
    "dskpp:ServerID": serverId,
    "dskpp:KeyContainer": { "@Version": "1.0", "pskc:KeyPackage": describeKey(token, keyType, {}) },
  };
}

/**
 * The KeyPackage in two passes: includes K_PROV, encrypted with a key from the passphrase (section
 * 5.1.3; RFC 6030 section 6.2).
 */
export async function keyPackageWithKey(
  token: PromisedToken,
  serverId: string,
  keyType: string,
  provisioningKey: Buffer,
): Promise<object> {
  const salt = randomBytes(SALT_BYTES);
  const key = await passphraseKey(token.passphrase, salt, ITERATIONS);
  const macKey = randomBytes(MAC_KEY_BYTES);
  const sealed = encrypt(key, provisioningKey);
  const mac = createHmac("sha1", macKey).update(sealed).digest("base64");
  const secret = {
    "pskc:Secret": { "pskc:EncryptedValue": encrypted(sealed), "pskc:ValueMAC": mac },
  };
  return {
    "dskpp:ServerID": serverId,
    "dskpp:KeyProtectionMethod": PASSPHRASE_WRAP,
    "dskpp:KeyContainer": {
      "@Version": "1.0",
      "pskc:EncryptionKey": { "xenc11:DerivedKey": derivation(salt) },
      "pskc:MACMethod": { "@Algorithm": HMAC_SHA1, "pskc:MACKey": encrypted(encrypt(key, macKey)) },
      "pskc:KeyPackage": describeKey(token, keyType, secret),
    },
  };
}

function derivation(salt: Buffer): object {
  const parameters = {
    Salt: { Specified: salt.toString("base64") },
    IterationCount: ITERATIONS,
    KeyLength: PASSPHRASE_KEY_BYTES,
  };
  return {
    "xenc11:KeyDerivationMethod": { "@Algorithm": PBKDF2, "pkcs5:PBKDF2-params": parameters },
  };
}

function encrypted(data: Buffer): object {
  return {
    "xenc:EncryptionMethod": { "@Algorithm": AES128_CBC },
    "xenc:CipherData": { "xenc:CipherValue": data.toString("base64") },
  };
}

function encrypt(key: Buffer, plaintext: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-128-cbc", key, iv);
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final()]);
}

function describeKey(
  { serial, user, order }: PromisedToken,
  keyType: string,
  secret: object,
): object {
  return {
    "pskc:DeviceInfo": { "pskc:SerialNo": serial },
    "pskc:Key": {
      "@Id": serial,
      "@Algorithm": order.kind === "ocra" ? `${NAMESPACES["@xmlns:pskc"]}:${order.suite}` : keyType,
      "pskc:Issuer": "fob lab",
      ...algorithmParameters(order),
      "pskc:FriendlyName": `${user} at fob lab`,
      "pskc:Data": { ...secret, ...dataOf(order) },
      "pskc:UserId": user,
      ...policyOf(order),
    },
  };
}

function algorithmParameters(order: ActivationOrder): object {
  if (order.kind === "ocra") return {};
  const suite = order.algorithm === "SHA1" ? {} : { "pskc:Suite": `HMAC-${order.algorithm}` };
  const format = { "@Encoding": "DECIMAL", "@Length": order.digits };
  return { "pskc:AlgorithmParameters": { ...suite, "pskc:ResponseFormat": format } };
}

function dataOf(order: ActivationOrder): object {
  if (order.kind === "totp") return { "pskc:TimeInterval": { "pskc:PlainValue": order.period } };
  const hasCounter = order.kind === "hotp" || /:C-/i.test(order.suite);
  return hasCounter ? { "pskc:Counter": { "pskc:PlainValue": 0 } } : {};
}

function policyOf({ policy, kind }: ActivationOrder): object {
  const pin = policy && {
    "pskc:PINPolicy": {
      "@PINUsageMode": "Local",
      "@MinLength": policy.minLength,
      "@MaxFailedAttempts": policy.attempts,
    },
  };
  return { "pskc:Policy": { ...pin, "pskc:KeyUsage": kind === "ocra" ? "CR" : "OTP" } };
}
