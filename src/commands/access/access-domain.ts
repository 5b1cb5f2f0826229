import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import { asked, defineCommand, optional } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { type NameContext, nameOrPick } from "#commands/code/pick-token.ts";
import { existingVault, findOne } from "#commands/lookup.ts";
import {
  ACCESS,
  ACCESS_DOMAIN_WORDS,
  type AccessDomain,
  accessInWords,
  isStricter,
  parseAccessDomain,
} from "#token/access-domain.ts";
import { printable } from "#token/printable.ts";
import { forget } from "#token/secret.ts";
import { appPinSlot } from "#vault/keys/app-pin-slot.ts";
import { readHeader } from "#vault/keys/header.ts";
import { askSecretKey } from "#vault/pins/token-pin.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";

interface DomainView {
  readonly id: string;
  readonly name: string;
  readonly accessDomain: AccessDomain;
  /** A PIN is wanted, and there is none that could be given. */
  readonly lacksPin: boolean;
}

/** `fob access domain`: shows or sets under which condition a token answers. */
export const accessDomain = defineCommand({
  name: "access domain",
  summary: "show or set under which condition a token answers",
  description:
    "00 or full: whoever opens the vault. 02 or pin: only after the token's PIN or the app PIN was given in the same call; an unlocked " +
    "agent or a grant is not enough. FF or none: nobody, until another domain is set. To loosen it, the token's PIN is asked for.",
  arguments: {
    name: asked("NAME", "name or id of a token", "token"),
    domain: optional(
      ACCESS_DOMAIN_WORDS.join("|"),
      "the new domain; without it, the one it has is shown",
      ACCESS_DOMAIN_WORDS,
    ),
  },
  options: {},
  examples: [
    {
      command: "fob access domain bank pin",
      explanation: "bank answers only when its PIN was typed",
    },
    { command: "fob access domain old none", explanation: "old answers nobody" },
  ],
  ask: async (input, context: NameContext) => ({
    ...input,
    name: await nameOrPick(input.name, context),
  }),
  isDelegable: ({ domain }) => domain === undefined,
  async run(
    { name, domain },
    context: Pick<Context, "findVault" | "pinPrompt">,
  ): Promise<DomainView> {
    if (domain === undefined) return showDomain(name, context);
    const wanted = parseAccessDomain(domain);
    if (!wanted) {
      throw new FobError(
        "usage",
        t`${JSON.stringify(domain)} is no access domain: 00, 02 and FF are (full, pin, none)`,
      );
    }
    const vault = await existingVault(context);
    const { id } = await findOne(vault, name);
    const record = vault.read(id);
    const { accessDomain: current } = record.token;
    if (isStricter(current, wanted) && record.guard) {
      forget(await askSecretKey(vault, record, context.pinPrompt));
    }
    return viewDomain(vault, {
      ...record,
      token: vault.amend(id, (before) => ({ ...before, accessDomain: wanted })),
    });
  },
  text: ({ name, accessDomain: value }) => printable(`${name}: ${value} (${accessInWords(value)})`),
  json: ({ id, name, accessDomain: value }) => ({ id, name, accessDomain: value }),
  notes: ({ name, lacksPin }) =>
    lacksPin
      ? [t`note: ${name} has no PIN yet: \`fob pin set ${shellWord(name)}\` gives it one`]
      : [],
});

/** {@link accessDomain} as an agent carries it out: it is shown, not set. */
export const accessDomainView = {
  arguments: { name: accessDomain.arguments.name },
  options: {},
  run: ({ name }: { readonly name: string }, context: Pick<Context, "findVault">) =>
    showDomain(name, context),
};

async function showDomain(name: string, context: Pick<Context, "findVault">): Promise<DomainView> {
  const vault = await existingVault(context);
  return viewDomain(vault, vault.read((await findOne(vault, name)).id));
}

function viewDomain(
  { layout }: Vault,
  { token, guard }: Pick<TokenRecord, "token" | "guard">,
): DomainView {
  const { id, name, accessDomain: domain } = token;
  const header = readHeader(layout.home);
  const hasPin = guard !== null || (header !== null && appPinSlot(header) !== null);
  return { id, name, accessDomain: domain, lacksPin: domain === ACCESS.pin && !hasPin };
}
