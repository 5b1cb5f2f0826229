import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { defineCommand, optional } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { formatMoment } from "#cli/output/moments.ts";
import type { Style } from "#cli/output/style.ts";
import { formatTable } from "#cli/output/table.ts";
import { existingVault, findOne } from "#commands/lookup.ts";
import { printable } from "#token/printable.ts";
import type { LoggedUse } from "#vault/uses/use.ts";
import { type ReadUses, readUses } from "#vault/uses/use-log.ts";
import type { Vault } from "#vault/vault.ts";

const name = optional("NAME|LABEL", "only uses of this token, or with this grant", "token");

/** `fob access log`: the last uses through the agent and with grants. */
export const accessLog = defineCommand({
  name: "access log",
  summary: "show the last uses through the agent and with grants",
  description:
    "The newest first, the last thousand: which token, when, by which program and with which grant, whether it was allowed, and whether a person was asked: approved and denied are answers of a person, allowed and refused came without a question. " +
    "A use that repeats is counted. A program that had gone before the agent could look is not named. fob without agent and grant is not in the log, nor are login requests, which have `fob push history`.",
  arguments: { name },
  options: {},
  examples: [
    { command: "fob access log", explanation: "who has used your tokens" },
    { command: "fob access log ci", explanation: "what was done with the grant ci" },
  ],
  isDelegable: () => true,
  isPaged: true,
  async run({ name: query }, context: Pick<Context, "agent" | "findVault">): Promise<ReadUses> {
    const vault = await existingVault(context);
    // the log is shown without what an agent still has that does not answer
    await (await context.agent()).writeUses().catch(() => undefined);
    return chooseUses(vault, query);
  },
  text: ({ uses }, style) => formatUses(uses, style),
  json: ({ uses }) => uses.map(useJson),
  notes: ({ uses, damaged }) => [
    ...(uses.length === 0 ? [t("no uses through an agent or with a grant")] : []),
    ...(damaged === 0
      ? []
      : [
          t`note: ${plural(damaged, "entry", "entries")} cannot be read: \`fob doctor --repair\` removes them`,
        ]),
  ],
});

/** {@link accessLog} as an agent carries it out, which has written its uses before. */
export const accessLogView = {
  arguments: { name },
  options: {},
  run: async (
    { name: query }: { readonly name: string | undefined },
    context: Pick<Context, "findVault">,
  ): Promise<ReadUses> => chooseUses(await existingVault(context), query),
};

/**
 * The uses of a token, or with a grant, also where they are there no more. Throws FobError
 * `not-found` for a name of neither.
 */
async function chooseUses(vault: Vault, query: string | undefined): Promise<ReadUses> {
  const { uses, damaged } = readUses(vault);
  const names = new Map(vault.entries().map(({ id, name: current }) => [id, current]));
  const current = uses.map((use): LoggedUse => {
    const { id, name: then } = use.token;
    return { ...use, token: { id, name: names.get(id) ?? then } };
  });
  if (query === undefined) return { uses: current, damaged };
  const named = current.filter(({ grant, token }) => grant === query || token.name === query);
  if (named.length > 0) return { uses: named, damaged };
  const { id } = await findOne(vault, query).catch((error: unknown) => {
    throw error instanceof FobError && error.code === "not-found" ? nothingCalled(query) : error;
  });
  return { uses: current.filter(({ token }) => token.id === id), damaged };
}

function nothingCalled(query: string): FobError {
  return new FobError(
    "not-found",
    t`no token and no used grant is called ${JSON.stringify(query)}`,
    {
      hint: t("`fob access log` shows all uses"),
    },
  );
}

function useJson({ token, purpose, program, grant, isAllowed, isAsked, ...when }: LoggedUse) {
  return {
    ...{ at: when.last, since: when.first, times: when.times },
    ...{ token: token.name, id: token.id, purpose, program, grant },
    ...{ allowed: isAllowed, asked: isAsked },
  };
}

function formatUses(uses: readonly LoggedUse[], style: Style): string {
  return formatTable(
    [
      [t("WHEN"), ({ last }) => formatMoment(last, style)],
      [t("TOKEN"), ({ token }) => printable(token.name)],
      [t("FOR"), ({ purpose }) => purpose],
      [t("RESULT"), inWords],
      [t("TIMES"), ({ times }) => String(times), 1],
      [t("GRANT"), ({ grant }) => (grant === null ? "-" : printable(grant)), 2],
      [t("PROGRAM"), ({ program }) => (program === null ? "-" : printable(program)), 3],
    ],
    uses,
    style,
  );
}

function inWords({ isAllowed, isAsked }: LoggedUse): string {
  if (isAsked) return isAllowed ? t("approved") : t("denied");
  return isAllowed ? t("allowed") : t("refused");
}
