import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { isThisMachine } from "#base/this-machine.ts";
import type { EnrollmentFormat } from "#enrollment/draft.ts";
import { parseAuthenticationCode } from "#enrollment/dskpp/authentication-code.ts";
import { shortenName } from "#token/clean-name.ts";
import type {
  DraftField,
  EnrollmentServices,
  Finding,
  ParsedOnline,
  ParsedToken,
} from "#token/draft/parsed-token.ts";
import { cleanName } from "#token/draft/uri-label.ts";
import { stripControls } from "#token/printable.ts";
import { forget } from "#token/secret.ts";

/** Longer than the longest that an issuer makes, by far. */
const MAX_LENGTH = 16 * 1024;

const DEEP_LINK = /^mobilepassplus:\/\/[^?]*\?(?:[^#]*&)?str=(?<string>[^&#]*)/i;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/** The lines of an activation string, by their names in lower case. */
const LINES: ReadonlyMap<string, { readonly name: string; readonly isSecret: boolean }> = new Map([
  ["enrollmenturl", { name: "EnrollmentURL", isSecret: false }],
  ["userid", { name: "UserID", isSecret: false }],
  ["passphrase", { name: "Passphrase", isSecret: true }],
]);

/**
 * An activation string: Base64 of the lines `EnrollmentURL=`, `UserID=` and `Passphrase=`, alone or
 * in a link (`mobilepassplus://autoenrollment?str=`). It holds no token: the server at that address
 * makes one with us (DSKPP, RFC 6063), once.
 */
export const activationString = {
  id: "activation-string",
  example: "an activation string",
  isMultiline: true,
  matches: (text) =>
    /^mobilepassplus:\/\//i.test(text) || /enrollmenturl\s*=/i.test(decode(text) ?? ""),
  parseOnline: parseActivationString,
} as const satisfies EnrollmentFormat;

function parseActivationString(text: string): ParsedOnline {
  const link = DEEP_LINK.exec(text);
  const decoded = decode(link?.groups?.["string"] ?? text);
  if (decoded === null) throw new FobError("invalid", t("the activation string is not Base64"));
  const findings: Finding[] = [];
  const lines = readLines(decoded, findings);
  const url = readUrl(lines.get("enrollmenturl"), findings);
  for (const name of ["userid", "passphrase"]) {
    if (lines.has(name)) continue;
    const message = t`${LINES.get(name)?.name} is missing: the server may want it all the same`;
    findings.push({ severity: "warning", code: "line-missing", message });
  }
  if (parseAuthenticationCode(lines.get("passphrase") ?? "")?.isIntact === false) {
    const message = t(
      "the checksum of the authentication code in Passphrase does not fit: it may be mistyped",
    );
    findings.push({ severity: "warning", code: "checksum-wrong", message });
  }
  const message = t("it is enrolled with the server that it names, and works once");
  findings.push({ severity: "info", code: "enrolled-online", message });
  return {
    name: null,
    issuer: null,
    account: cleanName("UserID", lines.get("userid") ?? "", findings),
    serial: null,
    server: url.host,
    fields: fieldsOf(lines, url),
    findings,
    complete: (services) => completeActivation(url, readCode(lines), services),
  };
}

/** The client id of the string, and the password that authenticates it. */
interface Code {
  readonly clientId: string;
  readonly password: string | null;
}

/** A passphrase may be a whole authentication code, which names the user as well. */
function readCode(lines: ReadonlyMap<string, string>): Code {
  const passphrase = lines.get("passphrase") ?? null;
  const code = passphrase === null ? null : parseAuthenticationCode(passphrase);
  return code ?? { clientId: lines.get("userid") ?? "", password: passphrase };
}

async function completeActivation(
  url: URL,
  { clientId, password }: Code,
  services: EnrollmentServices,
): Promise<ParsedToken[]> {
  const { provision } = await import("#enrollment/dskpp/provision.ts");
  const bytes = password === null ? null : Buffer.from(password.normalize("NFKC"), "utf8");
  try {
    const draft = await provision({ url, clientId, password: bytes }, services);
    const { name, account } = draft;
    const user = account ?? shortenName(clientId);
    return [{ ...draft, account: user, name: name ?? user }];
  } finally {
    forget(bytes);
  }
}

/**
 * The text behind the Base64, whatever its wrapping, alphabet, padding and percent-encoding; null
 * when there is none.
 */
function decode(text: string): string | null {
  if (text.length > MAX_LENGTH) return null;
  const unwrapped = text
    .replace(/%2b/gi, "+")
    .replace(/%2f/gi, "/")
    .replace(/%3d/gi, "=")
    .replace(/%0[ad]|%20|\s/gi, "");
  return BASE64.test(unwrapped) ? Buffer.from(unwrapped, "base64").toString("utf8") : null;
}

function readLines(text: string, findings: Finding[]): Map<string, string> {
  const lines = new Map<string, string>();
  for (const line of text.split(/\r?\n|\r/).filter((part) => part.trim() !== "")) {
    const [name = "", ...rest] = line.split("=");
    const key = name.trim().toLowerCase();
    const value = rest.join("=").trim();
    if (!LINES.has(key)) {
      const message = t`a line ${JSON.stringify(stripControls(name).slice(0, 40))} is not known and has no effect`;
      findings.push({ severity: "info", code: "unknown-line", message });
    } else if (lines.has(key) && lines.get(key) !== value) {
      throw new FobError(
        "invalid",
        t`${LINES.get(key)?.name} is given twice in the activation string, with different values`,
      );
    } else if (lines.has(key)) {
      const message = t`${LINES.get(key)?.name} is given twice in the activation string, with the same value`;
      findings.push({ severity: "info", code: "given-twice", message });
    } else if (value !== "") lines.set(key, value);
  }
  return lines;
}

function readUrl(text: string | undefined, findings: Finding[]): URL {
  if (text === undefined)
    throw new FobError("invalid", t("EnrollmentURL is missing from the activation string"));
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new FobError(
      "invalid",
      t("EnrollmentURL of the activation string is not the address of a web server"),
    );
  }
  if (url.protocol === "http:" && !isThisMachine(url.hostname)) {
    const message = t(
      "EnrollmentURL is http, not https: anybody on the way could read the new token",
    );
    findings.push({ severity: "warning", code: "server-insecure", message });
  }
  return url;
}

/** The query of the URL serves as a password. */
function fieldsOf(lines: ReadonlyMap<string, string>, url: URL): DraftField[] {
  const shown: DraftField[] = [
    { name: "server", value: url.host, origin: "given" },
    { name: "EnrollmentURL", value: url.href, origin: "given", isSecret: url.search !== "" },
  ];
  for (const [key, { name, isSecret }] of LINES) {
    const value = lines.get(key);
    if (key !== "enrollmenturl" && value !== undefined)
      shown.push({ name, value, origin: "given", isSecret });
  }
  return shown;
}
