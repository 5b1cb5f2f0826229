import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { asked, defineCommand, optional } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { type NameContext, nameOrPick } from "#commands/code/pick-token.ts";
import { existingVault, findOne } from "#commands/lookup.ts";
import {
  asksLess,
  CONFIRMATIONS,
  type Confirmation,
  parseConfirmation,
} from "#token/confirmation.ts";
import { printable } from "#token/printable.ts";
import { forget } from "#token/secret.ts";
import { listGrants } from "#vault/grants/grants.ts";
import { askSecretKey } from "#vault/pins/token-pin.ts";

interface ConfirmView {
  readonly id: string;
  readonly name: string;
  readonly confirm: Confirmation;
  /** The labels of grants that hold the token's keys themselves. */
  readonly grants: readonly string[];
}

/** `fob access confirm`: shows or sets when a person is asked before a token is used. */
export const accessConfirm = defineCommand({
  name: "access confirm",
  summary: "show or set when a person is asked before a token is used",
  description:
    "others: when a program other than fob at your terminal asks, through the agent or with a grant. always: for every passcode and answer. " +
    "never: nobody is asked. To ask less, the token's PIN is asked for. No answer within 30 seconds is no.",
  arguments: {
    name: asked("NAME", "name or id of a token", "token"),
    when: optional(
      CONFIRMATIONS.join("|"),
      "the new setting; without it, the current one is shown",
      CONFIRMATIONS,
    ),
  },
  options: {},
  examples: [
    {
      command: "fob access confirm vpn others",
      explanation: "you are asked before scripts use vpn",
    },
  ],
  ask: async (input, context: NameContext) => ({
    ...input,
    name: await nameOrPick(input.name, context),
  }),
  async run(
    { name, when },
    context: Pick<Context, "findVault" | "pinPrompt">,
  ): Promise<ConfirmView> {
    const wanted = when === undefined ? null : parseConfirmation(when);
    if (when !== undefined && !wanted) {
      throw new FobError(
        "usage",
        t`${JSON.stringify(when)} is not known: ${CONFIRMATIONS.join(", ")} are`,
      );
    }
    const vault = await existingVault(context);
    const { id } = await findOne(vault, name);
    const record = vault.read(id);
    const { token, guard } = record;
    if (!wanted) return { id, name: token.name, confirm: token.confirm, grants: [] };
    if (token.credential.kind === "push") {
      throw new FobError("usage", t`${token.name} answers login requests, and each of them asks`);
    }
    if (asksLess(wanted, token.confirm) && guard)
      forget(await askSecretKey(vault, record, context.pinPrompt));
    const { confirm } = vault.amend(id, (before) => ({ ...before, confirm: wanted }));
    const grants = listGrants(vault).filter((grant) => !grant.confirm && grant.tokens.includes(id));
    return { id, name: token.name, confirm, grants: grants.map(({ label }) => label) };
  },
  text: ({ name, confirm }) => printable(`${name}: ${confirm}`),
  json: ({ id, name, confirm }) => ({ id, name, confirm }),
  notes: ({ name, confirm, grants }) =>
    confirm === "never" || grants.length === 0
      ? []
      : [
          t`note: these grants hold the keys of ${name}, and a script can use them without fob: ${grants.join(", ")}`,
        ],
});
