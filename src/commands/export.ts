import { defineCommand, flag, optionalValue, value, variadic } from "../cli/command.ts";
import type { Context } from "../cli/context.ts";
import type { Style } from "../cli/style.ts";
import { FobError } from "../fob-error.ts";
import { forget } from "../token/secret.ts";
import { EXPORT_FORMATS, type Export, type ExportChoice } from "./export-formats.ts";
import { existingVault } from "./lookup.ts";
import { drawForTerminal, drawToFiles } from "./qr-drawing.ts";
import { confirmExport, type OpenedToken, openTokens } from "./secrets.ts";
import { plural } from "./values.ts";

interface Exported {
  readonly format: string;
  readonly names: readonly string[];
  /** What is printed; null where it went into files. */
  readonly content: string | null;
  readonly files: readonly string[];
  readonly notes: readonly string[];
}

/** `fob export`: tokens with their secrets, for another app. */
export const exportTokens = defineCommand({
  name: "export",
  summary: "take tokens with their secrets out, for another app",
  description:
    "Prints Key URIs, or what --format says: aegis (a vault of Aegis, encrypted unless --plain), pskc (a key container of RFC 6030,\n" +
    "likewise), migration (the codes of Google Authenticator). The PIN of every token that has one is asked for, then the passphrase\n" +
    "of the new file. Event-based tokens count on in both places from then on: use one of them.",
  arguments: { names: variadic("NAME", "names or ids of tokens; all of them without") },
  options: {
    format: value("FORMAT", `${Object.keys(EXPORT_FORMATS).join(", ")} (uri)`),
    plain: flag("with --format aegis or pskc: without encryption"),
    output: value("FILE", "write a new file that only you can read"),
    qr: optionalValue("FILE", "draw QR codes in the terminal, or into new .png or .svg files"),
    yes: flag("do not ask back"),
  },
  examples: [
    { command: "fob export vpn --qr", explanation: "draws the QR code for your phone to scan" },
    { command: "fob export --format aegis --output aegis.json", explanation: "all tokens, for Aegis to import" },
    { command: "fob export --format migration --qr codes.png", explanation: "ten tokens a picture: codes-1.png, ..." },
  ],
  async run(input, context): Promise<Exported> {
    const format = chooseFormat(input, context);
    const vault = await existingVault(context);
    const { tokens, leftOut } = await openTokens(vault, input.names, context);
    const { fitting, refused } = sortOut(tokens, format);
    if (refused[0] !== undefined && input.names.length > 0) throw new FobError("usage", refused[0]);
    if (fitting.length === 0)
      throw new FobError("usage", `no token can be exported${because([...leftOut, ...refused])}`);
    await confirmExport(fitting.length, input.yes, context);
    const made = await format.write(fitting, { plain: input.plain, file: input.output ?? "the export" }, context);
    for (const { secret } of tokens) forget(secret);
    const { content, files } = await deliver(made, input, context);
    const notes = [
      ...[...leftOut, ...refused].map((reason) => `left out: ${reason}`),
      ...files.map((file) => `${file} holds secrets: remove it after use`),
    ];
    return { format: input.format ?? "uri", names: fitting.map(({ name }) => name), content, files, notes };
  },
  text: ({ content, names, files }: Exported, style: Style) =>
    content ?? `wrote ${plural(names.length, "token")} to ${style.strong(files.join(", "))}`,
  json: ({ format, names, content, files }) => ({ format, tokens: names, files, content }),
  notes: ({ notes }) => notes,
});

interface ExportInput {
  readonly format: string | undefined;
  readonly plain: boolean;
  readonly output: string | undefined;
  readonly qr: string | true | undefined;
}

/** Everything that can be wrong with the options is said before anybody is asked for a PIN. */
function chooseFormat({ format = "uri", plain, output, qr }: ExportInput, context: Context): ExportChoice {
  const chosen = EXPORT_FORMATS[format];
  if (!chosen) {
    throw new FobError(
      "usage",
      `${JSON.stringify(format)} is no format: ${Object.keys(EXPORT_FORMATS).join(", ")} are`,
    );
  }
  if (plain && !chosen.canBePlain) throw new FobError("usage", "--plain is for --format aegis and pskc");
  if (qr !== undefined && !chosen.isDrawable)
    throw new FobError("usage", `--format ${format} does not fit into a QR code`);
  if (qr !== undefined && output !== undefined) throw new FobError("usage", "--qr and --output exclude each other");
  if (qr === true && !context.isTerminal) {
    throw new FobError("usage", "--qr draws on a terminal only: --qr FILE.png or FILE.svg writes files");
  }
  return chosen;
}

function sortOut(tokens: readonly OpenedToken[], format: ExportChoice) {
  const judged = tokens.map((token) => ({ token, refusal: format.refuse(token) }));
  return {
    fitting: judged.filter(({ refusal }) => refusal === null).map(({ token }) => token),
    refused: judged.flatMap(({ token, refusal }) => (refusal === null ? [] : [`${token.name}: ${refusal}`])),
  };
}

function because([reason]: readonly string[]): string {
  return reason === undefined ? "" : ` (${reason})`;
}

async function deliver({ titles, texts }: Export, { output, qr }: ExportInput, context: Context) {
  if (qr === true) {
    const drawings = await Promise.all(texts.map(drawForTerminal));
    return { content: drawings.map((drawing, i) => `${titles[i]}\n${drawing}`).join("\n\n"), files: [] };
  }
  if (qr !== undefined) return { content: null, files: await drawToFiles(texts, qr, context) };
  if (output === undefined) return { content: texts.join("\n"), files: [] };
  await context.writeSecretFile(output, Buffer.from(`${texts.join("\n")}\n`));
  return { content: null, files: [output] };
}
