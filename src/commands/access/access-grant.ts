import { FobError } from "#base/fob-error.ts";
import { declared, t } from "#base/language.ts";
import { type Attempts, attemptAll } from "#cli/attempts.ts";
import { defineCommand, flag, required, value, values } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { formatMoment } from "#cli/output/moments.ts";
import { askingAside } from "#commands/asking-aside.ts";
import { type NameContext, nameOrPick } from "#commands/code/pick-token.ts";
import { existingVault, findEach } from "#commands/lookup.ts";
import { chooseTagged, parseTags } from "#commands/tokens/tag-values.ts";
import { parseEnd, tellZone } from "#commands/values.ts";
import { ACCESS } from "#token/access-domain.ts";
import { type Grant, isRight, RIGHTS, type Right } from "#token/grant.ts";
import { forget } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import { exportGrant, prepareExport } from "#vault/grants/grant-export.ts";
import { createGrant, type GrantedToken, revokeGrant } from "#vault/grants/grants.ts";
import { isCounting } from "#vault/tokens/token-index.ts";
import { refuseHeld, type TokenRecord } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";
import { type GrantView, viewGrant } from "./grant-view.ts";

const USUAL_DURATION = "30d";
const MAX_LABEL = 100;

interface Granted {
  readonly view: GrantView;
  readonly secret: string;
  /** The folder of the exported grant; null where it was not exported. */
  readonly folder: string | null;
  readonly failures: readonly FobError[];
}

type GrantContext = Pick<
  Context,
  "clock" | "complain" | "findVault" | "pinPrompt" | "progress" | "tell"
>;

/** `fob access grant`: lets a script use some tokens, and nothing else. */
export const accessGrant = defineCommand({
  name: "access grant",
  summary: "let a script use some tokens, and nothing else",
  description:
    "Prints the grant, once: whoever has it in FOB_GRANT gets passcodes of these tokens, with no keychain and no PIN. It " +
    "names them by id or whole name. The PIN of a token that has one is asked for now. A token whose access domain is 02 or FF cannot be granted. --tag is for the tokens that have the tag when the grant is made: it opens none that get it later. --export writes a home that opens with the grant " +
    "alone, for a machine that has no other; a token with a counter stays where it counts. With --confirm, the agent asks a person before each use, " +
    "and the grant opens nothing without the agent: the vault keeps one half of its key.",
  arguments: { label: required("LABEL", "what you call the grant") },
  options: {
    token: values("NAME", "the tokens", "token"),
    tag: value("TAG", "besides: the tokens that have this tag now", "tag"),
    rights: value(
      "RIGHTS",
      declared`what the script may do, with commas between: ${RIGHTS.join(", ")} (code)`,
      RIGHTS,
    ),
    expires: value("WHEN", declared`90m, 12h, 30d, a date, or never (${USUAL_DURATION})`),
    confirm: flag("a person is asked before each use; needs the agent"),
    export: value(
      "DIR",
      "write a home for another machine: what the grant needs, and nothing else",
      "folder",
    ),
  },
  examples: [
    {
      command: "export FOB_GRANT=$(fob access grant ci --token registry)",
      explanation: "for the script that runs next",
    },
    {
      command: "fob access grant job --token registry --export job-home",
      explanation: "for another machine: copy job-home there as FOB_HOME",
    },
    {
      command: "fob access grant deploy --token registry --confirm",
      explanation: "you are asked each time",
    },
    {
      command: "fob access grant backup --token vpn bank --expires 8h",
      explanation: "two tokens, for eight hours",
    },
  ],
  ask: async (input, context: NameContext) => {
    if (input.token.length > 0) return input;
    const question = t("Which token does the grant open?");
    const fits = (token: Token) => token.accessDomain === ACCESS.full;
    const none = t("no token can be granted: their access domains forbid it");
    return { ...input, token: [await nameOrPick(undefined, context, { question, fits, none })] };
  },
  async run(
    {
      label,
      token: names,
      tag,
      rights = "code",
      expires = USUAL_DURATION,
      confirm,
      export: folder,
    },
    context: GrantContext,
  ): Promise<Granted> {
    const now = context.clock();
    tellZone("--expires", expires, context);
    if (names.length === 0 && tag === undefined)
      throw new FobError("usage", t("--token is missing: which tokens does the grant open?"));
    const tags = parseTags(tag);
    const about = {
      label: parseLabel(label),
      rights: parseRights(rights),
      createdAt: now,
      expiresAt: parseEnd("--expires", expires, now),
      confirm,
    };
    if (confirm) refuseUnconfirmable(about.rights, folder);
    const vault = await existingVault(context);
    const read = await readTokens(vault, { names, tags }, context);
    if (folder !== undefined) {
      refuseCounters(read.done);
      prepareExport(folder);
    }
    const opened = await openTokens(vault, read.done, context);
    const { grant, secret } = createGrant(vault, about, opened.done);
    forget(...opened.done.map(({ secretKey }) => secretKey));
    if (folder !== undefined) exportOrRevoke(vault, { label: grant.label, secret, folder });
    const failures = [...read.failures, ...opened.failures];
    return {
      view: viewGrant(grant, vault.entries(), now),
      secret,
      folder: folder ?? null,
      failures,
    };
  },
  isData: true,
  text: ({ secret }) => secret,
  json: ({ view, secret }) => ({ ...view, grant: secret }),
  notes: ({ view, folder }) => [
    describe(view),
    ...(view.confirm
      ? [t("a person is asked before each use, by the agent: `fob unlock` starts it")]
      : []),
    ...(folder === null ? [] : [describeExport(view, folder)]),
  ],
  failures: ({ failures }) => failures,
});

function parseLabel(text: string): Grant["label"] {
  const label = text.trim();
  if (label !== "" && label.length <= MAX_LABEL && !/\p{C}/u.test(label)) return label;
  throw new FobError(
    "usage",
    t`a label has 1 to ${MAX_LABEL} characters, all of which can be shown`,
  );
}

function parseRights(text: string): Right[] {
  const names = [...new Set(text.split(",").map((name) => name.trim()))];
  const wrong = names.find((name) => !isRight(name));
  if (wrong === undefined) return names.filter(isRight);
  throw new FobError(
    "usage",
    t`--rights has ${JSON.stringify(wrong)}: ${RIGHTS.join(", ")} are possible`,
  );
}

/** Throws FobError `usage` for what the agent of this vault cannot ask about. */
function refuseUnconfirmable(rights: readonly Right[], folder: string | undefined): void {
  if (folder !== undefined)
    throw new FobError(
      "usage",
      t("--confirm and --export exclude each other: half of the key stays in this vault"),
    );
  if (rights.includes("push"))
    throw new FobError(
      "usage",
      t("--confirm is for passcodes and challenges: each login request asks by itself"),
    );
}

/**
 * The records of the tokens that may be granted. One that fails is left out; throws why the first
 * one failed where all do.
 */
async function readTokens(
  vault: Vault,
  { names, tags }: { readonly names: readonly string[]; readonly tags: readonly string[] },
  context: Pick<Context, "complain" | "progress">,
): Promise<Attempts<TokenRecord>> {
  const named = await findEach(vault, names);
  const tagged = tags.length === 0 ? [] : chooseTagged(vault.entries(), tags);
  const entries = [...new Map([...named, ...tagged].map((entry) => [entry.id, entry])).values()];
  const bar = context.progress(entries.length, t("tokens"));
  return attemptAll(entries, async ({ id }) => readToGrant(vault, id), context, bar);
}

/** Throws FobError `denied` for a token that must not be granted. */
function readToGrant(vault: Vault, id: string): TokenRecord {
  const record = vault.read(id);
  const { name, accessDomain } = record.token;
  refuseHeld(record);
  if (accessDomain === ACCESS.full) return record;
  throw new FobError("denied", t`${name} cannot be granted: its access domain is ${accessDomain}`);
}

/**
 * Throws FobError `usage` for tokens with a counter: two homes would move it on and give the same
 * passcodes twice.
 */
function refuseCounters(records: readonly TokenRecord[]): void {
  const counting = records.map(({ token }) => token).find(isCounting);
  if (!counting) return;
  throw new FobError(
    "usage",
    t`${counting.name} has a counter, which counts in one place: exported, its passcodes would repeat`,
    { hint: t("enroll a token of its own for the other machine, and grant that") },
  );
}

function exportOrRevoke(
  vault: Vault,
  {
    label,
    secret,
    folder,
  }: { readonly label: string; readonly secret: string; readonly folder: string },
): void {
  try {
    exportGrant(vault, secret, folder);
  } catch (error) {
    // its secret was not shown yet
    revokeGrant(vault, label);
    throw error;
  }
}

/**
 * What each token is opened with from now on. One that fails is left out; throws why the first one
 * failed where all do.
 */
function openTokens(
  vault: Vault,
  records: readonly TokenRecord[],
  context: Pick<Context, "clock" | "complain" | "pinPrompt" | "progress">,
): Promise<Attempts<GrantedToken>> {
  const bar = context.progress(records.length, t("keys"));
  const asking = askingAside(bar, context.pinPrompt);
  return attemptAll(
    records.map((record) => ({ name: record.token.name, record })),
    async ({ record }) => ({
      id: record.token.id,
      secretKey: await vault.secretKey(record, asking, context.clock()),
    }),
    context,
    bar,
  );
}

function describe({ label, tokens, rights, expiresAt }: GrantView): string {
  const until =
    expiresAt === null ? t("until it is revoked") : t`until ${formatMoment(expiresAt, null)}`;
  return t`${label} opens ${tokens.join(", ")} for ${rights.join(t(" and "))} ${until}; it is not shown again`;
}

function describeExport({ label }: GrantView, folder: string): string {
  return t`${folder} is the home for it (FOB_HOME); revoking ${label} here does not reach copies of that`;
}
