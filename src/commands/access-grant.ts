import { type Attempts, attemptAll } from "../cli/attempts.ts";
import { defineCommand, required, value, values } from "../cli/command.ts";
import type { Context } from "../cli/context.ts";
import { formatMoment } from "../cli/moments.ts";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import { type Grant, isRight, RIGHTS, type Right } from "../token/grant.ts";
import { forget } from "../token/secret.ts";
import { createGrant, endExpiredGrants, type GrantedToken } from "../vault/grants.ts";
import type { Vault } from "../vault/vault.ts";
import { type GrantView, viewGrant } from "./grant-view.ts";
import { existingVault, findInVault } from "./lookup.ts";
import { parseEnd } from "./values.ts";

const USUAL_DURATION = "30d";
const MAX_LABEL = 100;

interface Granted {
  readonly view: GrantView;
  readonly secret: string;
  readonly failures: readonly FobError[];
}

/** `fob access grant`: lets a script use some tokens, and nothing else. */
export const accessGrant = defineCommand({
  name: "access grant",
  summary: "let a script use some tokens, and nothing else",
  description:
    "Prints the grant, once: whoever has it in FOB_GRANT gets passcodes of these tokens, with no keychain and no PIN. The PIN of a token " +
    "that has one is asked for now. A token whose access domain is 02 or FF cannot be granted.",
  arguments: { label: required("LABEL", "what you call the grant") },
  options: {
    token: values("NAME", "the tokens", "token"),
    rights: value("RIGHTS", `what the script may do, with commas between: ${RIGHTS.join(", ")} (code)`, RIGHTS),
    expires: value("WHEN", `90m, 12h, 30d, a date, or never (${USUAL_DURATION})`),
  },
  examples: [
    {
      command: "export FOB_GRANT=$(fob access grant ci --token registry)",
      explanation: "for the script that runs next",
    },
    { command: "fob access grant backup --token vpn bank --expires 8h", explanation: "two tokens, for eight hours" },
  ],
  async run({ label, token: names, rights = "code", expires = USUAL_DURATION }, context): Promise<Granted> {
    const now = context.clock();
    if (names.length === 0) throw new FobError("usage", t("--token is missing: which tokens does the grant open?"));
    const about = {
      label: parseLabel(label),
      rights: parseRights(rights),
      createdAt: now,
      expiresAt: parseEnd("--expires", expires, now),
    };
    const vault = await existingVault(context);
    endExpiredGrants(vault, now);
    const { done: tokens, failures } = await openTokens(vault, names, context);
    const { grant, secret } = createGrant(vault, about, tokens);
    forget(...tokens.map(({ secretKey }) => secretKey));
    return { view: viewGrant(grant, vault.entries(), now), secret, failures };
  },
  text: ({ secret }) => secret,
  json: ({ view, secret }) => ({ ...view, grant: secret }),
  notes: ({ view }) => [describe(view)],
  failures: ({ failures }) => failures,
});

function parseLabel(text: string): Grant["label"] {
  const label = text.trim();
  if (label !== "" && label.length <= MAX_LABEL && !/\p{C}/u.test(label)) return label;
  throw new FobError("usage", t`a label has 1 to ${MAX_LABEL} characters, all of which can be shown`);
}

function parseRights(text: string): Right[] {
  const names = [...new Set(text.split(",").map((name) => name.trim()))];
  const wrong = names.find((name) => !isRight(name));
  if (wrong === undefined) return names.filter(isRight);
  throw new FobError("usage", t`--rights has ${JSON.stringify(wrong)}: ${RIGHTS.join(", ")} are possible`);
}

/** What each token is opened with from now on. One that fails is left out; throws why the first one failed where all do. */
async function openTokens(vault: Vault, names: readonly string[], context: Context): Promise<Attempts<GrantedToken>> {
  const entries = new Map(names.map((name) => findInVault(vault, name)).map((entry) => [entry.id, entry]));
  return attemptAll([...entries.values()], ({ id }) => openToken(vault, id, context), context);
}

async function openToken(vault: Vault, id: string, { pinPrompt, clock }: Context): Promise<GrantedToken> {
  const record = vault.read(id);
  const { name, accessDomain } = record.token;
  if (accessDomain !== "00")
    throw new FobError("denied", t`${name} cannot be granted: its access domain is ${accessDomain}`);
  return { id, secretKey: await vault.secretKey(record, pinPrompt, clock()) };
}

function describe({ label, tokens, rights, expiresAt }: GrantView): string {
  const until = expiresAt === null ? t("until it is revoked") : t`until ${formatMoment(expiresAt, null)}`;
  return t`${label} opens ${tokens.join(", ")} for ${rights.join(t(" and "))} ${until}; it is not shown again`;
}
