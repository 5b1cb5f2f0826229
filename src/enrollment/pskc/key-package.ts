import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import { readSuite } from "#enrollment/read-suite.ts";
import { checkSecretSize, judgeSecret } from "#enrollment/secret-text.ts";
import { HASH_ALGORITHMS, type HashAlgorithm } from "#otp/algorithm.ts";
import type { Alphabet } from "#otp/alphabet.ts";
import { DIGITS } from "#otp/hotp.ts";
import { MAX_PERIOD } from "#otp/totp.ts";
import type { OtpCredential } from "#token/credential.ts";
import type { DraftField, Finding, ParsedToken } from "#token/draft/parsed-token.ts";
import { cleanName, cleanSerial } from "#token/draft/uri-label.ts";
import { counterNumber, show, wholeNumber } from "#token/draft/uri-parameters.ts";
import { printable } from "#token/printable.ts";
import { type ContainerKeys, openValue } from "./decryption.ts";
import { commonName } from "./distinguished-name.ts";
import { readPolicy } from "./policy.ts";
import { attribute, base64, child, childText, type Element, text } from "./xml.ts";

/** ALPHANUMERIC is missing: no standard defines its letters. */
const ENCODINGS: Readonly<Record<string, Alphabet>> = {
  DECIMAL: "decimal",
  HEXADECIMAL: "hexadecimal",
  BASE64: "base64",
};

/** The name of a key package in messages: its serial number or key id. */
export function describePackage(one: Element): string {
  const id = childText(child(one, "DeviceInfo"), "SerialNo") ?? attribute(child(one, "Key"), "Id");
  return id === null ? t("a key") : t`key ${printable(id).slice(0, 60)}`;
}

/**
 * Makes a token's secret from the content of its key package, which may be null. Takes ownership of
 * the content.
 */
export type MakeSecret = (carried: Buffer | null, credential: OtpCredential) => Buffer;

/** The secret of a key package that carries it. Throws FobError `invalid` where there is none. */
export const secretInside: MakeSecret = (carried) => {
  if (carried) return carried;
  throw new FobError("invalid", t("it has no secret"));
};

/**
 * The token of a key package. Throws FobError `invalid` for what cannot be used, `denied` when the
 * keys do not open it.
 */
export function readPackage(
  one: Element,
  keys: ContainerKeys | null,
  makeSecret: MakeSecret,
): ParsedToken {
  const key = child(one, "Key");
  if (!key) throw new FobError("invalid", t("it has no Key"));
  const reader = new PackageReader(key, keys);
  const credential = reader.credential();
  const policy = readPolicy(key, credential);
  const names = namesOf(one, key, reader.findings);
  const secret = checkSecretSize(makeSecret(reader.carried(), credential));
  return {
    ...names,
    credential,
    secret,
    fields: [...fieldsOf(one, key, names), ...reader.fields],
    findings: [...reader.findings, ...policy.findings, ...judgeSecret(secret)],
    ...(policy.pin ? { pin: policy.pin } : {}),
    validity: { from: policy.validFrom, until: policy.validUntil },
  };
}

/** Reads one Key, noting where each value came from. */
class PackageReader {
  readonly fields: DraftField[] = [];
  readonly findings: Finding[] = [];
  readonly #key: Element;
  readonly #keys: ContainerKeys | null;

  constructor(key: Element, keys: ContainerKeys | null) {
    this.#key = key;
    this.#keys = keys;
  }

  credential(): OtpCredential {
    const algorithm = attribute(this.#key, "Algorithm") ?? "";
    this.#judgeReferences();
    const suite = suiteIn(algorithm);
    if (suite !== undefined || /[:#]OCRA(?:-1)?$/i.test(algorithm)) return this.#ocra(suite);
    const kind = /(?:^|[:#])(totp|hotp)$/i.exec(algorithm)?.[1]?.toLowerCase();
    if (kind === "totp") return { kind, ...this.#form(), ...this.#timeSteps() };
    if (kind === "hotp") return { kind, ...this.#form(), counter: this.#counter() };
    throw new FobError(
      "invalid",
      t`algorithm ${show(algorithm)} is not supported: hotp, totp and OCRA are`,
    );
  }

  /** The opened content of its Secret; null where it has none. */
  carried(): Buffer | null {
    const element = child(child(this.#key, "Data"), "Secret");
    const opened = openValue(element, this.#keys, t("the secret"));
    if (!opened) return null;
    if (!opened.isAuthentic) {
      const message = t(
        "nothing vouches for the encrypted secret (no ValueMAC), as RFC 6030 demands",
      );
      this.findings.push({ severity: "warning", code: "no-value-mac", message });
    }
    const isPlain = child(element, "PlainValue") !== null;
    return isPlain ? base64(opened.bytes.toString("utf8"), t("the secret")) : opened.bytes;
  }

  /**
   * Refuses keys that are derived from, or stored in, something that fob does not have. A key that
   * is present may have a profile, which describes it further.
   */
  #judgeReferences(): void {
    const isThere = child(child(this.#key, "Data"), "Secret") !== null;
    for (const name of ["KeyProfileId", "KeyReference"]) {
      const value = childText(this.#key, name);
      if (value === null) continue;
      if (!isThere) throw new FobError("invalid", t`it refers to a key elsewhere (${name})`);
      const message = t`${name} ${show(value)} says more about the key than is known here`;
      this.findings.push({ severity: "info", code: "key-profile", message });
    }
  }

  #form() {
    const parameters = child(this.#key, "AlgorithmParameters");
    const response = child(parameters, "ResponseFormat");
    if (attribute(response, "CheckDigits") === "true") {
      throw new FobError(
        "invalid",
        t("its passcodes end in a check digit, which is not supported"),
      );
    }
    const encoding = attribute(response, "Encoding");
    const alphabet = ownValue(ENCODINGS, encoding?.toUpperCase() ?? "DECIMAL");
    if (!alphabet)
      throw new FobError("invalid", t`passcodes in ${show(encoding ?? "")} are not supported`);
    const length = attribute(response, "Length");
    const digits = length === null ? 6 : wholeNumber(DIGITS.min, DIGITS.max)(length, "Length");
    const suite = hashIn(child(parameters, "Suite"));
    const algorithm = suite === null ? "SHA1" : algorithmOf(suite);
    this.#note("algorithm", algorithm, suite);
    this.#note("digits", digits, length);
    this.#note("alphabet", alphabet, encoding);
    return { algorithm, digits, alphabet };
  }

  #timeSteps() {
    const interval = this.#dataText("TimeInterval");
    const period = interval === null ? 30 : wholeNumber(1, MAX_PERIOD)(interval, "TimeInterval");
    this.#note("period", period, interval);
    const drift = this.#dataText("TimeDrift");
    if (drift !== null) this.fields.push({ name: "drift", value: drift, origin: "given" });
    return { period, t0: 0 };
  }

  #ocra(inAlgorithm: string | undefined): OtpCredential {
    const suite = inAlgorithm ?? childText(child(this.#key, "AlgorithmParameters"), "Suite") ?? "";
    const { counter } = readSuite(suite);
    this.#note("suite", suite, suite);
    return { kind: "ocra", suite, counter: counter ? this.#counter() : null };
  }

  #counter(): bigint {
    const value = this.#dataText("Counter");
    const counter = value === null ? 0n : counterNumber(value, "Counter");
    this.#note("counter", counter, value);
    return counter;
  }

  /** A number in Data: decimal digits or, where it is encrypted, a big-endian integer. */
  #dataText(name: string): string | null {
    const element = child(child(this.#key, "Data"), name);
    const opened = openValue(element, this.#keys, name);
    if (!opened) return null;
    return child(element, "PlainValue")
      ? opened.bytes.toString("utf8")
      : String(BigInt(`0x${opened.bytes.toString("hex") || "0"}`));
  }

  #note(name: string, value: unknown, given: string | null): void {
    this.fields.push({ name, value: String(value), origin: given === null ? "default" : "given" });
  }
}

function namesOf(one: Element, key: Element, findings: Finding[]) {
  const device = child(one, "DeviceInfo");
  const issuer = cleanName("issuer", childText(key, "Issuer") ?? "", findings);
  const user = childText(key, "UserId") ?? childText(device, "UserId") ?? "";
  const account = cleanName("account", commonName(user), findings);
  const serial = cleanSerial(childText(device, "SerialNo") ?? "", findings);
  const friendly = cleanName("name", childText(key, "FriendlyName") ?? "", findings);
  const id = cleanName(t("key id"), attribute(key, "Id") ?? "", findings);
  return { name: friendly ?? issuer ?? account ?? serial ?? id, issuer, account, serial };
}

/** The suite at the end of an algorithm's identifier, if it has one. */
function suiteIn(algorithm: string): string | undefined {
  const at = algorithm.indexOf("OCRA-1:");
  const suite = at < 0 ? "" : algorithm.slice(at);
  return suite.length > "OCRA-1:".length && !/\s/.test(suite) ? suite : undefined;
}

function fieldsOf(
  one: Element,
  key: Element,
  names: { readonly issuer: string | null; readonly account: string | null },
) {
  const device = child(one, "DeviceInfo");
  const given: readonly [string, string | null][] = [
    ["type", attribute(key, "Algorithm")],
    ["key id", attribute(key, "Id")],
    ["issuer", names.issuer],
    ["account", names.account],
    ["manufacturer", childText(device, "Manufacturer")],
    ["model", childText(device, "Model")],
    ["serial", childText(device, "SerialNo")],
  ];
  return given.flatMap(([name, value]): DraftField[] =>
    value === null ? [] : [{ name, value, origin: "given" }],
  );
}

/**
 * The hash in a Suite: as its text or, as privacyIDEA writes it, in an attribute. Throws FobError
 * `invalid` for an unknown one, because the passcodes would be wrong.
 */
function hashIn(suite: Element | null): string | null {
  const other = Object.keys(suite ?? {}).find(
    (name) => !/^(?:#text|@xmlns|@hashalgo$)/i.test(name),
  );
  if (other !== undefined)
    throw new FobError(
      "invalid",
      t`its Suite holds ${show(other.replace(/^@/, ""))}, which is not known`,
    );
  const attributes = Object.keys(suite ?? {}).filter((name) => /^@hashalgo$/i.test(name));
  return text(suite) ?? attribute(suite, (attributes[0] ?? "").slice(1));
}

/** `HMAC-SHA256`, `SHA-512`, or an identifier that ends so. */
function algorithmOf(suite: string): HashAlgorithm {
  const name = suite.toUpperCase().replace(/[^A-Z0-9]/g, "");
  const algorithm = HASH_ALGORITHMS.find((known) => name.endsWith(known));
  if (algorithm) return algorithm;
  throw new FobError(
    "invalid",
    t`Suite ${show(suite)} is not supported: ${HASH_ALGORITHMS.join(", ")} are`,
  );
}
