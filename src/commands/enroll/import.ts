import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { defineCommand, flag, optional, optionalValue, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { nameSome } from "#commands/naming.ts";
import { type DraftView, describeView, viewDraft } from "#commands/tokens/token-view.ts";
import type { EnrollmentDraft } from "#enrollment/draft.ts";
import type { FileContent } from "#enrollment/files/read-file.ts";
import { withoutRepetitions } from "#enrollment/repetitions.ts";
import { shortenName } from "#token/clean-name.ts";
import type { Credential } from "#token/credential.ts";
import { printable } from "#token/printable.ts";
import { forget } from "#token/secret.ts";
import { conflictOptions, refuseBoth } from "./account-conflicts.ts";
import { addDrafts, type ClientContext } from "./add-drafts.ts";
import { warningsAbout } from "./draft-findings.ts";
import { type FileContext, readFileOf } from "./read-file.ts";
import { readPasswordStore, type StoreContext } from "./read-password-store.ts";
import { describeCounters } from "./store-drafts.ts";
import { withRecoveryCode } from "./with-recovery-code.ts";

interface Imported {
  readonly views: readonly DraftView[];
  readonly isDryRun: boolean;
  readonly notes: readonly string[];
  /** The errors of tokens that were left out because their account has another secret. */
  readonly failures: readonly FobError[];
}

type ImportContext = FileContext & StoreContext & ClientContext & Pick<Context, "newRecoveryCode">;

/** `fob import`: takes tokens over from another app's file. */
export const importFile = defineCommand({
  name: "import",
  summary: "take tokens over from another app's file",
  description:
    "FILE is an export or database of another authenticator or password manager (docs/migrating.md names them), a list of hardware tokens (CSV, XML), " +
    "a key container (PSKC), a list of enrollment strings, or a picture of QR codes. A zip archive need not be unpacked. Tokens that are there already are left as they are; an account that is " +
    "there with another secret is asked about, or left out without --replace or --keep-both. A password is asked for, or comes from --pin-file, --pin-fd or FOB_PIN.",
  arguments: { file: optional("FILE", "the exported file", "file") },
  options: {
    dryRun: flag("show what would be imported, and store nothing"),
    pass: optionalValue(
      "STORE",
      "take them from the password store of pass or gopass, which is in ~/.password-store or where gopass makes it if no folder is given",
      "file",
    ),
    keyFile: value("FILE", "the key file that a KeePass database has beside its password", "file"),
    ...conflictOptions,
  },
  examples: [
    {
      command: "fob import aegis-export.json",
      explanation: "asks for the password if the file has one",
    },
    {
      command: "fob import passwords.kdbx --key-file passwords.keyx",
      explanation: "the tokens in a KeePass database",
    },
    { command: "fob import --pass", explanation: "the tokens in the store of pass" },
    { command: "fob import --dry-run tokens.txt", explanation: "what is in a list of Key URIs" },
  ],
  async run(
    { file: path, pass, dryRun, keyFile, replace, keepBoth },
    context: ImportContext,
  ): Promise<Imported> {
    const {
      file,
      app,
      drafts: found,
      refusals,
      remarks,
    } = await readSource({ path, pass, keyFile }, context);
    const drafts = withoutRepetitions(found);
    const taken = new Set(drafts);
    const repeated = found.filter((draft) => !taken.has(draft));
    forget(...repeated.map(({ secret }) => secret));
    if (drafts.length === 0 && refusals.length === 0) {
      const options = remarks.length === 0 ? {} : { hint: remarks.join("; ") };
      throw new FobError("invalid", t`${file} (${app}) holds no token`, options);
    }
    const remarked = [
      ...refusals.map((refusal) => t`left out: ${refusal}`),
      ...describeRepeated(repeated),
      ...remarks,
    ];
    if (drafts.length === 0)
      throw new FobError("invalid", t`nothing in ${file} (${app}) can be enrolled: ${refusals[0]}`);
    const named = drafts.map((draft) => ({ name: nameIn(app, draft), isChosen: false, draft }));
    const left = [...remarked, ...warningsAbout(named, context.clock())];
    if (dryRun)
      return {
        views: named.map(({ name, draft }) => viewDraft(name, draft)),
        isDryRun: true,
        notes: left,
        failures: [],
      };
    refuseBoth({ replace, keepBoth });
    const wishes = { by: "import", pin: false, replace, keepBoth } as const;
    const { stored, failures, notes } = await addDrafts(named, wishes, context);
    const known = drafts.length - stored.length - failures.length;
    const skipped = known === 0 ? [] : [t`left out: ${plural(known, "token")} enrolled already`];
    return {
      views: withRecoveryCode(
        stored.map(({ view }) => view),
        context,
      ),
      isDryRun: false,
      notes: [...left, ...skipped, ...describeCounters(stored), ...notes],
      failures,
    };
  },
  text: ({ views, isDryRun }) =>
    views
      .map((view) =>
        isDryRun
          ? t`would import ${printable(view.name)} (${describeView(view)})`
          : t`imported ${printable(view.name)} (${describeView(view)})`,
      )
      .join("\n"),
  json: ({ views, isDryRun }) =>
    isDryRun ? views.map((view) => ({ ...view, dryRun: true })) : views,
  notes: ({ notes }) => notes,
  failures: ({ failures }) => failures,
});

/** A message about the tokens that a file has twice names no more of them than this. */
const MAX_NAMED = 5;

/** A message about the tokens that a file has twice, which are taken once. */
function describeRepeated(repeated: readonly EnrollmentDraft[]): string[] {
  if (repeated.length === 0) return [];
  const names = repeated.map(({ serial, name }) => serial ?? name ?? t("a token"));
  return [t`left out, because the file has them twice: ${nameSome(names, MAX_NAMED)}`];
}

/** Where tokens are taken from. */
interface Source {
  readonly path: string | undefined;
  readonly pass: string | true | undefined;
  readonly keyFile: string | undefined;
}

/** What is in the file or the password store, and what messages call that. */
async function readSource(
  { path, pass, keyFile }: Source,
  context: ImportContext,
): Promise<FileContent & { readonly file: string }> {
  if (pass !== undefined) {
    if (path !== undefined || keyFile !== undefined)
      throw new FobError("usage", t("--pass takes the place of a file"));
    const folder = pass === true ? null : pass;
    return { file: t("the password store"), ...(await readPasswordStore(folder, context)) };
  }
  if (path === undefined) {
    throw new FobError("usage", t("a FILE is needed, or --pass"), {
      hint: t("docs/migrating.md says how each app exports its tokens"),
    });
  }
  return { file: path, ...(await readFileOf(path, context, keyFile)) };
}

/**
 * A token without a name gets that of its account or app: a file may hold too many to ask for each
 * name.
 */
function nameIn(app: string, { name, account }: EnrollmentDraft<Credential>): string {
  return [name, account, app].map((text) => text && shortenName(text)).find((text) => text) ?? app;
}
