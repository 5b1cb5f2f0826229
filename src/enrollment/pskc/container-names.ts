import { attribute, child, children, type Element, text } from "./xml.ts";

/** The names of RFC 6030, of XML Encryption and of PKCS #5 that a container is read by. */
const NAMES = [
  "KeyContainer",
  "EncryptionKey",
  "KeyName",
  "DerivedKey",
  "KeyDerivationMethod",
  "PBKDF2-params",
  "Salt",
  "Specified",
  "IterationCount",
  "KeyLength",
  "PRF",
  "MasterKeyName",
  "MACMethod",
  "MACKey",
  "EncryptedValue",
  "EncryptionMethod",
  "CipherData",
  "CipherValue",
  "KeyPackage",
  "DeviceInfo",
  "Manufacturer",
  "SerialNo",
  "Model",
  "UserId",
  "Key",
  "Issuer",
  "AlgorithmParameters",
  "Suite",
  "ChallengeFormat",
  "ResponseFormat",
  "KeyProfileId",
  "KeyReference",
  "FriendlyName",
  "Data",
  "Secret",
  "PlainValue",
  "ValueMAC",
  "Counter",
  "Time",
  "TimeInterval",
  "TimeDrift",
  "Policy",
  "StartDate",
  "ExpiryDate",
  "PINPolicy",
  "KeyUsage",
  "NumberOfTransactions",
  "@Id",
  "@Algorithm",
  "@Encoding",
  "@Length",
  "@CheckDigits",
  "@PINKeyId",
  "@PINUsageMode",
  "@MaxFailedAttempts",
  "@MinLength",
  "@MaxLength",
  "@PINEncoding",
] as const;

/** The names of the same elements in drafts of RFC 6030. */
const FORMER_NAMES = {
  SecretContainer: "KeyContainer",
  Device: "KeyPackage",
  DeviceId: "DeviceInfo",
  Expiry: "ExpiryDate",
  DigestMethod: "MACMethod",
  ValueDigest: "ValueMAC",
  Usage: "AlgorithmParameters",
  "@KeyId": "@Id",
  "@SecretId": "@Id",
  "@KeyAlgorithm": "@Algorithm",
  "@SecretAlgorithm": "@Algorithm",
  "@Format": "@Encoding",
  "@CheckDigit": "@CheckDigits",
} as const satisfies Readonly<Record<string, (typeof NAMES)[number]>>;

const BY_LOWER_CASE: ReadonlyMap<string, string> = new Map(
  [...NAMES.map((name) => [name, name] as const), ...Object.entries(FORMER_NAMES)].map(
    ([written, name]) => [written.toLowerCase(), name],
  ),
);

/** What drafts of RFC 6030 named in an attribute of Data. */
const DATA_NAMES: ReadonlyMap<string, string> = new Map([
  ["secret", "Secret"],
  ["counter", "Counter"],
  ["time", "Time"],
  ["time_interval", "TimeInterval"],
  ["time_drift", "TimeDrift"],
]);

/**
 * A key container in the names of RFC 6030, whatever letter case it was written in (parsers of HTML
 * lose it), and whichever draft of the RFC it follows. Names that mean nothing there stay.
 */
export function standardNames(container: Element): Element {
  const renamed = rename(container);
  return { ...renamed, KeyPackage: children(renamed, "KeyPackage").map(readFormerPackage) };
}

/** The name of the root element of a key container, in any letter case and any draft. */
export function containerIn(document: Element): Element | null {
  const renamed = Object.keys(document).find(
    (name) => BY_LOWER_CASE.get(name.toLowerCase()) === "KeyContainer",
  );
  const container = renamed === undefined ? null : child(document, renamed);
  return container && standardNames(container);
}

function rename(element: Element): Element {
  const renamed = new Map<string, Element[string]>();
  for (const [written, value] of Object.entries(element)) {
    const name = BY_LOWER_CASE.get(written.toLowerCase()) ?? written;
    const nodes = (Array.isArray(value) ? value : [value]).map((node) =>
      typeof node === "object" ? rename(node as Element) : node,
    );
    const others = renamed.get(name);
    const all = others === undefined ? nodes : [others, nodes].flat();
    renamed.set(name, (all.length === 1 ? all[0] : all) as Element[string]);
  }
  return Object.fromEntries(renamed);
}

/** In a draft, the only key of a device may be an element Secret. */
function readFormerPackage(one: Element): Element {
  const keys = [...children(one, "Key"), ...children(one, "Secret")];
  return keys.length === 0 ? one : { ...one, Key: keys.map(readFormerKey) };
}

/** In a draft, each value had a Data of its own, and its name in an attribute. */
function readFormerKey(key: Element): Element {
  const data = children(key, "Data");
  const named = data.flatMap((one) => {
    const name = DATA_NAMES.get(attribute(one, "Name")?.toLowerCase() ?? "");
    return name === undefined ? [] : [[name, withPlainValue(one)] as const];
  });
  const values = data.filter((one) => attribute(one, "Name") === null);
  if (data.length === 0) return key;
  return { ...key, Data: Object.assign({}, ...values, Object.fromEntries(named)) };
}

function withPlainValue(value: Element): Element {
  const written = text(child(value, "Value"));
  return written === null ? value : { ...value, PlainValue: written };
}
