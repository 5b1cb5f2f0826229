import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { refuseNothingDone } from "#cli/attempts.ts";
import { defineCommand, flag, variadic } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import type { Style } from "#cli/output/style.ts";
import { existingVault } from "#commands/lookup.ts";
import type { BesideToken, ExportedToken, ExportFormat } from "#enrollment/exported-token.ts";
import type { Credential } from "#token/credential.ts";
import { forget } from "#token/secret.ts";
import {
  chooseFormat,
  describeWritten,
  formerPlain,
  handingOutOptions,
  handOut,
  type WritingContext,
  warnAbout,
  writeExport,
} from "./handing-out.ts";
import { confirmExport, type OpenedToken, type OpeningContext, openTokens } from "./secrets.ts";

interface Exported {
  readonly format: string;
  readonly names: readonly string[];
  /** The text to print; null where it was written to files. */
  readonly content: string | null;
  readonly files: readonly string[];
  readonly notes: readonly string[];
  readonly failures: readonly FobError[];
}

type ExportContext = OpeningContext & WritingContext & Pick<Context, "findVault" | "prompt">;

/** `fob export`: tokens with their secrets, for another app. */
export const exportTokens = defineCommand({
  name: "export",
  summary: "take tokens with their secrets out, for another app",
  description:
    "Prints Key URIs, or what --format says: aegis (a vault of Aegis, encrypted unless --unencrypted), pskc (a key container of RFC 6030, " +
    "likewise), privacyidea (a key container that privacyIDEA imports, likewise), migration (the codes of Google Authenticator). The PIN of " +
    "every token that has one is asked for, then the passphrase of the new file, or with --psk its key. Event-based tokens count on in both places from then on: use one of them.",
  arguments: { names: variadic("NAME", "names or ids of tokens; all of them without", "token") },
  options: {
    ...handingOutOptions,
    yes: flag("do not ask back"),
  },
  examples: [
    { command: "fob export vpn --qr", explanation: "draws the QR code for your phone to scan" },
    {
      command: "fob export --format aegis --output aegis.json",
      explanation: "all tokens, for Aegis to import",
    },
    {
      command: "fob export --format migration --qr codes.png",
      explanation: "ten tokens a picture: codes-1.png, ...",
    },
  ],
  formerOptions: formerPlain,
  async run(input, context: ExportContext): Promise<Exported> {
    const format = chooseFormat(input, context);
    const vault = await existingVault(context);
    const { tokens, leftOut, failures: unopened } = await openTokens(vault, input.names, context);
    const { fitting, refused } = sortOut(tokens, format);
    // a token that was named must not be left out without an error
    const unfit =
      input.names.length > 0 ? refused.map((reason) => new FobError("usage", reason)) : [];
    const failures = [...unopened, ...unfit];
    refuseNothingDone({ done: fitting, failures }, context);
    if (fitting.length === 0)
      throw new FobError("usage", t`no token can be exported${because([...leftOut, ...refused])}`);
    await confirmExport(fitting.length, input.yes, context);
    const { unencrypted, psk } = input;
    const options = { unencrypted, psk, file: input.output ?? t("the export") };
    const made = await writeExport(format, fitting, options, context);
    for (const { secret } of tokens) forget(secret);
    const { content, files } = await handOut(made, input, context);
    const unwanted = unfit.length > 0 ? leftOut : [...leftOut, ...refused];
    const notes = [
      ...unwanted.map((reason) => t`left out: ${reason}`),
      ...describeLeftBehind(fitting, format),
      ...warnAbout(files),
    ];
    return {
      format: format.id,
      names: fitting.map(({ name }) => name),
      content,
      files,
      notes,
      failures,
    };
  },
  isData: true,
  text: ({ content, names, files }: Exported, style: Style) =>
    content ?? describeWritten(names.length, files, style),
  json: ({ format, names, content, files }) => ({ format, tokens: names, files, content }),
  notes: ({ notes }) => notes,
  failures: ({ failures }) => failures,
});

type FittingToken = ExportedToken & Pick<OpenedToken, "recoveryCodes">;

function sortOut(tokens: readonly OpenedToken[], format: ExportFormat) {
  const fitting: FittingToken[] = [];
  const refused: string[] = [];
  for (const { credential, ...token } of tokens) {
    const exported =
      credential.kind === "push" || credential.kind === "list" ? null : { ...token, credential };
    const refusal = exported ? format.refuse(exported) : whyNeverExported(credential.kind);
    if (exported && refusal === null) fitting.push(exported);
    else refused.push(`${token.name}: ${refusal}`);
  }
  return { fitting, refused };
}

function whyNeverExported(kind: Credential["kind"]): string {
  return kind === "list"
    ? t("no format has lists of one-time passwords: `fob backup` has")
    : t("a push token is one device's: enroll the other one at its issuer");
}

/** A message that counts what stands beside the tokens, and has no place in the format. */
function describeLeftBehind(
  tokens: readonly FittingToken[],
  { keeps = [] }: ExportFormat,
): string[] {
  const count = (beside: BesideToken, has: (token: FittingToken) => boolean) =>
    keeps.includes(beside) ? 0 : tokens.filter(has).length;
  const notes = count("note", ({ note }) => note !== undefined);
  const tagged = count("tags", ({ tags = [] }) => tags.length > 0);
  const favorites = count("favorite", ({ favorite = false }) => favorite);
  const codes = tokens.reduce((sum, { recoveryCodes }) => sum + recoveryCodes.length, 0);
  const left = [
    notes > 0 && plural(notes, "note"),
    tagged > 0 && t`the tags of ${plural(tagged, "token")}`,
    favorites > 0 && plural(favorites, "mark as a favorite", "marks as favorites"),
    codes > 0 && plural(codes, "recovery code"),
  ].filter((text) => text !== false);
  return left.length === 0
    ? []
    : [t`not in the export: ${left.join(", ")}; \`fob backup\` takes all of it`];
}

function because([reason]: readonly string[]): string {
  return reason === undefined ? "" : ` (${reason})`;
}
