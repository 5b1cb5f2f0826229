import { FobError } from "#base/fob-error.ts";
import { again, original, t } from "#base/language.ts";
import { defineCommand, flag, optional, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import type { Style } from "#cli/output/style.ts";
import { formatFields } from "#cli/output/table.ts";
import { withKnownScheme } from "#commands/tiqr-scheme.ts";
import { kindInWords } from "#commands/tokens/token-view.ts";
import { departuresFromDrafts } from "#enrollment/formats/key-uri-drafts.ts";
import { readPastedLines } from "#enrollment/pasted-lines.ts";
import { identify, recognizeEach, recognizeOnline } from "#enrollment/recognize.ts";
import { type DraftField, severityInWords } from "#token/draft/parsed-token.ts";
import { printable } from "#token/printable.ts";
import { askSecretFor } from "./ask-secret.ts";
import {
  DRAFT_DEPARTURE,
  type InspectedToken,
  type Inspection,
  inspectDrafts,
  inspectOnline,
  inspectRefused,
  inspectRemarks,
  joinInspections,
} from "./inspection.ts";
import type { FileContext } from "./read-file.ts";
import { askForString } from "./read-strings.ts";

/** What `fob inspect` needs of the context. */
export type InspectContext = FileContext &
  Pick<Context, "clock" | "fileExists" | "prompt" | "readInput" | "readPicture" | "settings">;

/** `fob inspect`: what an enrollment string is, without storing it. */
export const inspect = defineCommand({
  name: "inspect",
  summary: "tell what an enrollment string, picture or file is, without storing it",
  description:
    "Shows every field and where its value came from (given, default, assumed), the passcode it would give, and what is wrong or " +
    "unusual about it. Nothing is stored or sent, and no vault is needed. Exit code 6 when it cannot be enrolled.",
  arguments: {
    enrollment: optional(
      "ENROLLMENT|FILE",
      "an enrollment string or a file; - reads standard input",
      "file",
    ),
  },
  options: {
    qr: value("FILE", "read it from a picture of QR codes", "file"),
    keyFile: value("FILE", "the key file that a KeePass database has beside its password", "file"),
    reveal: flag("show the secret"),
  },
  examples: [
    {
      command: "fob inspect -",
      explanation: "asks nothing, stores nothing: the string comes on standard input",
    },
    {
      command: "fob inspect --qr poster.png --json",
      explanation: "what a picture would enroll, for a script",
    },
    { command: "fob inspect aegis-export.json", explanation: "what is in another app's file" },
  ],
  async run({ enrollment, qr, keyFile, reveal }, context: InspectContext): Promise<Inspection> {
    const settings = { reveal, now: context.clock() };
    if (enrollment !== undefined && qr !== undefined)
      throw new FobError("usage", t("ENROLLMENT and --qr exclude each other"));
    const isString =
      enrollment === undefined || enrollment === "-" || identify(enrollment) !== null;
    if (keyFile !== undefined && isString)
      throw new FobError("usage", t("--key-file opens a database of KeePass: name its FILE"));
    if (qr !== undefined) return inspectTexts(await context.readPicture(qr), qr, settings, context);
    if (enrollment === "-")
      return inspectTexts([await context.readInput()], t("standard input"), settings, context);
    const text = enrollment ?? (await askForString(context));
    const isUnknown = identify(withKnownScheme(text, context)) === null;
    const isFile = isUnknown && (await context.fileExists(text));
    if (enrollment !== undefined && isUnknown && !isFile && isPath(text))
      throw new FobError("invalid", t`${text} does not exist`);
    return isFile
      ? inspectFile(text, settings, context, keyFile)
      : inspectTexts(
          enrollment === undefined ? readPastedLines(text).map((line) => line.text) : [text],
          t("the string"),
          settings,
          context,
        );
  },
  text: formatInspection,
  json: ({ format, isEnrollable, tokens, findings }) => ({
    format,
    enrollable: isEnrollable,
    tokens: tokens.map(({ view, code, fields }) => ({
      id: null,
      ...view,
      enrolledAt: null,
      lastUsedAt: null,
      code,
      fields: fields.map((field) => ({ ...field, value: original(field.value) })),
    })),
    findings: findings.map((finding) => ({ ...finding, message: original(finding.message) })),
  }),
  exitCode: ({ isEnrollable }) => (isEnrollable ? 0 : 6),
});

interface Settings {
  readonly reveal: boolean;
  readonly now: Date;
}

/** What a person would type for a file: a folder, or an ending. */
function isPath(text: string): boolean {
  return (
    text.length <= MAX_PATH &&
    !/^[a-z][a-z0-9+.-]*:/i.test(text) &&
    /[/\\]|\.[a-z0-9]{1,10}$/i.test(text)
  );
}

/** Linux takes no longer one. */
const MAX_PATH = 4_096;

async function inspectTexts(
  texts: readonly string[],
  source: string,
  settings: Settings,
  context: InspectContext,
): Promise<Inspection> {
  const inspections: Inspection[] = [];
  for (const text of texts) inspections.push(await inspectText(text, source, settings, context));
  return joinInspections(inspections);
}

async function inspectText(
  given: string,
  source: string,
  settings: Settings,
  context: InspectContext,
): Promise<Inspection> {
  const text = withKnownScheme(given, context);
  const format = identify(text)?.id ?? null;
  try {
    return await context.endAtSignals(async () => {
      const online = recognizeOnline(text);
      if (online) return inspectOnline(online, settings.reveal);
      const { tokens, refusals } = await recognizeEach(text, askSecretFor(source, context));
      return joinInspections([
        inspectDrafts(format, tokens, settings),
        inspectRefused(format, "entry-refused", refusals),
        inspectRemarks(DRAFT_DEPARTURE, format === "key-uri" ? departuresFromDrafts(given) : []),
      ]);
    });
  } catch (error) {
    if (!(error instanceof FobError) || error.code !== "invalid") throw error;
    return inspectRefused(format, "invalid", [error.message]);
  }
}

async function inspectFile(
  path: string,
  settings: Settings,
  context: InspectContext,
  keyFile: string | undefined,
): Promise<Inspection> {
  // a string or a picture needs none of the formats of files
  const { readFileOf } = await import("./read-file.ts");
  const { drafts, refusals, remarks } = await readFileOf(path, context, keyFile);
  const format = drafts[0]?.format ?? null;
  return joinInspections([
    inspectDrafts(format, drafts, settings),
    inspectRefused(format, "entry-refused", refusals),
    inspectRemarks("not-taken-over", remarks),
  ]);
}

function formatInspection({ format, tokens, findings }: Inspection, style: Style): string {
  const colors = { error: style.bad, warning: style.warning, info: style.faint };
  const blocks = tokens.map((token) => formatToken(format, token, style));
  const remarks = findings.map(
    ({ severity, code, message }) =>
      `${colors[severity](severityInWords(severity))}: ${printable(again(message))} (${code})`,
  );
  return [...blocks, remarks.join("\n")].filter(Boolean).join("\n\n");
}

const ORIGINS: Readonly<Record<DraftField["origin"], () => string>> = {
  given: () => t("given"),
  default: () => t("default"),
  assumed: () => t("assumed"),
};

function formatToken(
  format: string | null,
  { view, code, fields }: InspectedToken,
  style: Style,
): string {
  const rows = fields.map(({ name, value, origin }): [string, string] => {
    return [
      name,
      origin === "given"
        ? printable(again(value))
        : `${printable(again(value))} ${style.faint(`(${ORIGINS[origin]()})`)}`,
    ];
  });
  const head: [string, string][] = [
    [t("format"), format ?? t("unknown")],
    [t("kind"), view ? kindInWords(view.kind) : t("what its server makes")],
  ];
  return formatFields([...head, ...rows, [t("passcode"), code ?? "-"]], style);
}
