import { FobError } from "#base/fob-error.ts";
import { original, plural, t } from "#base/language.ts";
import { type Attempts, attemptEachShown, refuseNothingDone } from "#cli/attempts.ts";
import { defineCommand, required, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { addDrafts, type ClientContext } from "#commands/enroll/add-drafts.ts";
import { nameDrafts } from "#commands/enroll/draft-names.ts";
import { parseHolder } from "#commands/values.ts";
import { audit } from "#enrollment/audit.ts";
import type { ExportedToken, ExportFormat } from "#enrollment/exported-token.ts";
import { formatKeyUri } from "#enrollment/formats/key-uri-writer.ts";
import { recognize } from "#enrollment/recognize.ts";
import { HASH_ALGORITHMS } from "#otp/algorithm.ts";
import { forget } from "#token/secret.ts";
import { HOLDERS, type Holder } from "#token/token.ts";
import {
  chooseFormat,
  describeWritten,
  formerPlain,
  type HandedOut,
  handingOutOptions,
  handOut,
  type WritingContext,
  warnAbout,
  writeExport,
} from "./handing-out.ts";
import { parseOrders } from "./provision-list.ts";
import { KINDS, makeToken, ORDER_FIELDS, type Order } from "./provision-order.ts";

const MAX_LIST_BYTES = 16 * 1024 * 1024;

interface Provisioned extends HandedOut {
  readonly format: string;
  readonly isList: boolean;
  /** Whether the URI goes beside the picture that was drawn of it. */
  readonly printsUri: boolean;
  readonly tokens: readonly ProvisionedToken[];
  /** What apps will do with the tokens that their issuer may not expect. */
  readonly warnings: readonly string[];
  /** The names of tokens that were enrolled here. */
  readonly enrolled: readonly string[];
  readonly failures: readonly FobError[];
}

interface ProvisionedToken {
  readonly issuer: string | null;
  readonly account: string | null;
  readonly serial: string | null;
  readonly uri: string;
}

type ProvisionContext = WritingContext &
  ClientContext &
  Pick<Context, "access" | "complain" | "look" | "pinPrompt" | "readFile">;

/** `fob provision`: makes enrollment strings for others. */
export const provision = defineCommand({
  name: "provision",
  summary: "make enrollment strings with new random secrets",
  description:
    "Prints a Key URI, or what --format says (export has the same ones). Nothing is stored: give it to the server that will check the " +
    "passcodes, and to the user, and keep no copy. The options have the names of the Key URI's parameters and the same limits; --csv " +
    "makes a token for every line of a file, whose columns have these names too and count before the options. With --hold tpm the token is " +
    "enrolled here: its secret goes into this machine's TPM and, printed once, to the server.",
  arguments: {
    kind: required(KINDS.join("|"), "time-based, event-based or challenge-response", KINDS),
  },
  options: {
    issuer: value("TEXT", "who issues the token"),
    account: value("TEXT", "for whom"),
    serial: value("TEXT", "its serial number"),
    algorithm: value("NAME", "SHA1 (default), SHA224, SHA256, SHA384 or SHA512", HASH_ALGORITHMS),
    digits: value("N", "4 to 10 (6)"),
    alphabet: value("NAME", "decimal (default), hexadecimal, base32 or base64", [
      "decimal",
      "hexadecimal",
      "base32",
      "base64",
    ]),
    period: value("SECONDS", "of a time-based token (30)"),
    counter: value("N", "first counter of an event-based token (0)"),
    suite: value("SUITE", "of a challenge-response token: OCRA-1:HOTP-SHA1-6:QN08"),
    pinpolicy: value(
      "RULES",
      "the PIN that it must have: min=6,attempts=5,... or server (docs/security.md)",
    ),
    bits: value("N", "length of the secret (160)"),
    csv: value("FILE", "make one for every line of a CSV file", "file"),
    hold: value(
      "CHIP",
      "keep the token here, in this machine's TPM (tpm): what is printed is for the server, once",
      HOLDERS,
    ),
    ...handingOutOptions,
  },
  examples: [
    {
      command: "fob provision totp --issuer ACME --account ann --qr",
      explanation: "draws the QR code for ann to scan",
    },
    {
      command: "fob provision hotp --account ann | fob enroll -",
      explanation: "makes a token and enrolls it here",
    },
    {
      command: "fob provision totp --issuer ACME --csv staff.csv --format pskc --output staff.xml",
      explanation: "for everybody in a list, in one encrypted file for the server",
    },
  ],
  formerOptions: formerPlain,
  async run(
    { csv, format, output, qr, unencrypted, psk, hold, ...order },
    context: ProvisionContext,
  ): Promise<Provisioned> {
    const options = { format, output, qr, unencrypted, psk };
    const choice = chooseFormat(options, context);
    const holder = parseHolder(hold);
    if (holder && csv !== undefined)
      throw new FobError("usage", t("--hold is for one token: not with --csv"));
    if (holder) await context.access.chip?.reach();
    const make = async (own: Order) => refuseUnfit(await makeToken(own), choice);
    const { done: tokens, failures } =
      csv === undefined
        ? { done: [await make(order).catch(asOption)], failures: [] }
        : await makeListed(csv, (own) => make({ ...order, ...own }), context);
    refuseNothingDone({ done: tokens, failures }, context);
    const enrolled = holder ? await keepHere(tokens, holder, context) : [];
    const destination = { unencrypted, psk, file: output ?? t("the file") };
    const made = await writeExport(choice, tokens, destination, context);
    const handed = await handOut(made, options, context);
    const views = tokens.map(viewToken);
    const warnings = warnOfApps(tokens);
    for (const { secret } of tokens) forget(secret);
    const isList = csv !== undefined;
    return {
      ...handed,
      format: choice.id,
      isList,
      printsUri: qr !== undefined && !isList,
      tokens: views,
      warnings,
      enrolled,
      failures,
    };
  },
  isData: true,
  text: ({ content, files, tokens, printsUri }, style) => {
    const uri = tokens[0]?.uri ?? "";
    // the picture last: above the line of the shell it is on the screen whole
    if (printsUri && !content?.includes(uri)) return content === null ? uri : `${uri}\n${content}`;
    return content ?? describeWritten(tokens.length, files, style);
  },
  json: ({ format, tokens, files, content, isList }) =>
    isList
      ? { format, tokens, files, content }
      : { uri: tokens[0]?.uri, file: files[0] ?? null, format, content },
  notes: ({ files, warnings, enrolled }) => [
    ...warnings.map((warning) => t`warning: ${warning}`),
    ...enrolled.map(
      (name) =>
        t`the TPM holds ${name} now; what was printed is for the server, and is not shown again`,
    ),
    ...warnAbout(files),
  ],
  failures: ({ failures }) => failures,
});

/** Each warning about these tokens once, with how many it is about where there are several. */
function warnOfApps(tokens: readonly ExportedToken[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const text of tokens.flatMap(warningsOf)) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, count]) =>
    tokens.length === 1 ? text : `${text} (${plural(count, "token")})`,
  );
}

/** What `fob inspect` would warn about, and what apps show for a token without an account. */
function warningsOf(token: ExportedToken): readonly string[] {
  const { issuer, account } = token;
  const findings = audit(token).filter(({ severity }) => severity === "warning");
  const nameless =
    issuer !== null && account === null
      ? [t`apps show “${issuer}” without an account: tokens of several people look the same`]
      : [];
  return [...nameless, ...findings.map(({ message }) => message)];
}

/**
 * Enrolls what was made in this vault, with the secret in the chip: before it is printed, so that
 * nothing is given to a server that could not be kept. Returns the names.
 */
async function keepHere(
  tokens: readonly ExportedToken[],
  hold: Holder,
  context: ProvisionContext,
): Promise<readonly string[]> {
  const drafts = await Promise.all(
    tokens.map(async (token) => (await recognize(formatKeyUri(token)))[0]),
  );
  const named = await nameDrafts(
    drafts.filter((draft) => draft !== undefined),
    undefined,
    context,
  );
  const holding = { by: hold, counts: false };
  const wishes = {
    ...({ by: "enroll", pin: false, replace: false, keepBoth: false } as const),
    hold: holding,
  };
  const { stored, failures } = await addDrafts(named, wishes, context);
  const [first] = failures;
  if (first) throw first;
  return stored.map(({ view }) => view.name);
}

/** A token for every line. A wrong line is named, and the others are made. */
async function makeListed(
  source: string,
  make: (own: Order) => Promise<ExportedToken>,
  context: Pick<Context, "look" | "progress" | "readFile">,
): Promise<Attempts<ExportedToken>> {
  const listed = await parseOrders(await context.readFile(source, MAX_LIST_BYTES), source);
  const lines = listed.map(({ line, order }) => ({ name: t`${source} line ${line}`, order }));
  const makeOne = async ({ order }: { readonly order: Order }) => {
    await context.look();
    return make(order).catch(asInvalid);
  };
  return attemptEachShown(lines, makeOne, context.progress(lines.length, t("tokens")));
}

function refuseUnfit(token: ExportedToken, { id, refuse }: ExportFormat): ExportedToken {
  const refusal = refuse(token);
  if (refusal === null) return token;
  throw new FobError("usage", t`--format ${id}: ${refusal}`);
}

function viewToken(token: ExportedToken): ProvisionedToken {
  const { issuer, account, serial } = token;
  return { issuer, account, serial, uri: formatKeyUri(token) };
}

/** Fields of an order are options on the command line. */
function asOption(error: unknown): never {
  if (!(error instanceof FobError)) throw error;
  const isField = ORDER_FIELDS.some((field) => original(error.message).startsWith(`${field} `));
  throw isField ? new FobError("usage", t`--${error.message}`, { cause: error }) : error;
}

/** What is wrong with a line is wrong with the file. */
function asInvalid(error: unknown): never {
  if (!(error instanceof FobError)) throw error;
  throw new FobError("invalid", error.message, { cause: error });
}
