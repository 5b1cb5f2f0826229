import { randomBytes } from "node:crypto";
import { defineCommand, optionalValue, required, value } from "../cli/command.ts";
import type { EnrollmentDraft } from "../enrollment/draft.ts";
import { formatKeyUri } from "../enrollment/key-uri-writer.ts";
import { recognize } from "../enrollment/recognize.ts";
import { FobError } from "../fob-error.ts";
import { encodeBase32 } from "../token/base32.ts";
import { drawForFile, drawForTerminal } from "./qr-drawing.ts";
import { parseWhole } from "./values.ts";

interface Provisioned {
  readonly uri: string;
  /** Lines for the terminal, where a picture was asked for there. */
  readonly picture: string | null;
  readonly file: string | null;
}

const KINDS: readonly string[] = ["totp", "hotp", "ocra"];

/** `fob provision`: makes an enrollment string for somebody else. */
export const provision = defineCommand({
  name: "provision",
  summary: "make an enrollment string with a new random secret",
  description:
    "Prints a Key URI. Nothing is stored: give it to the server that will check the passcodes, and to the user, and keep no copy.\n" +
    "The options have the names of the Key URI's parameters and the same limits.",
  arguments: { kind: required("totp|hotp|ocra", "time-based, event-based or challenge-response") },
  options: {
    issuer: value("TEXT", "who issues the token"),
    account: value("TEXT", "for whom"),
    serial: value("TEXT", "its serial number"),
    algorithm: value("NAME", "SHA1 (default), SHA224, SHA256, SHA384 or SHA512"),
    digits: value("N", "4 to 10 (6)"),
    alphabet: value("NAME", "decimal (default), hexadecimal, base32 or base64"),
    period: value("SECONDS", "of a time-based token (30)"),
    counter: value("N", "first counter of an event-based token (0)"),
    suite: value("SUITE", "of a challenge-response token: OCRA-1:HOTP-SHA1-6:QN08"),
    bits: value("N", "length of the secret (160)"),
    qr: optionalValue("FILE", "draw it in the terminal, or into a .png or .svg file"),
  },
  examples: [
    {
      command: "fob provision totp --issuer ACME --account ann --qr",
      explanation: "draws the QR code for ann to scan",
    },
    { command: "fob provision hotp --account ann | fob enroll -", explanation: "makes a token and enrolls it here" },
  ],
  async run({ kind, bits, qr, ...parameters }, context): Promise<Provisioned> {
    if (!KINDS.includes(kind)) throw new FobError("usage", `${JSON.stringify(kind)} is not totp, hotp or ocra`);
    if (parameters.issuer === undefined && parameters.account === undefined) {
      throw new FobError("usage", "--issuer, --account or both are needed: the token is called by them");
    }
    const secret = randomBytes(parseBytes(bits ?? "160"));
    const uri = formatKeyUri(await read(kind, { ...parameters, secret: encodeBase32(secret) }));
    if (typeof qr === "string") await context.writeSecretFile(qr, await drawForFile(uri, qr));
    if (qr === true && !context.isTerminal) {
      throw new FobError("usage", "--qr draws on a terminal only: --qr FILE.png or FILE.svg writes a file");
    }
    return { uri, picture: qr === true ? await drawForTerminal(uri) : null, file: typeof qr === "string" ? qr : null };
  },
  text: ({ uri, picture }) => (picture === null ? uri : `${picture}\n${uri}`),
  json: ({ uri, file }) => ({ uri, file }),
  notes: ({ file }) => (file === null ? [] : [`the picture ${file} holds the secret: remove it after use`]),
});

/** The length of a secret in whole bytes. RFC 4226 (R6) wants at least 128 bits. */
function parseBytes(bits: string): number {
  const number = parseWhole("--bits", bits, 128, 512);
  if (number % 8 === 0) return number / 8;
  throw new FobError("usage", `--bits is ${number}: a multiple of 8 is needed`);
}

/** The token that these parameters describe, checked by the very parser that will read them. */
async function read(kind: string, parameters: Readonly<Record<string, string | undefined>>): Promise<EnrollmentDraft> {
  const { issuer, account, ...rest } = parameters;
  const label = [issuer, account ?? ""]
    .filter((part) => part !== undefined)
    .map(encodeURIComponent)
    .join(":");
  const given = Object.entries({ ...rest, issuer }).filter(([, text]) => text !== undefined);
  const query = given.map(([name, text]) => `${name}=${encodeURIComponent(text ?? "")}`).join("&");
  const [draft] = await recognize(`otpauth://${kind}/${label}?${query}`).catch(asUsage);
  const unknown = draft?.findings.find(({ code }) => code === "unknown-parameter");
  if (unknown) throw new FobError("usage", `a ${kind} token takes no such option: ${unknown.message}`);
  if (!draft) throw new Error("a Key URI was made and did not come back");
  return draft;
}

/** What is wrong was said on the command line, not in a foreign string. */
function asUsage(error: unknown): never {
  throw error instanceof FobError ? new FobError("usage", `--${error.message}`, { cause: error }) : error;
}
