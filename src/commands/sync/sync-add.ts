import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { attemptEach, refuseNothingDone } from "#cli/attempts.ts";
import { defineCommand, flag, variadic } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { findEach, readListed } from "#commands/lookup.ts";
import { runRound } from "#sync/round/round.ts";
import { addShared, type OpenedToken, sharedOf } from "#sync/round/sharing.ts";
import { whyOnOneDevice } from "#sync/tokens/shareable.ts";
import { printable } from "#token/printable.ts";
import { forget } from "#token/secret.ts";
import { openForOthers } from "./opened-tokens.ts";
import { roundNotes } from "./round-view.ts";
import { openSession, type SessionContext } from "./sync-session.ts";

type AddContext = SessionContext & Pick<Context, "complain" | "prompt">;

/** `fob sync add`: shares tokens with the other devices. */
export const syncAdd = defineCommand({
  name: "sync add",
  summary: "share tokens with the other devices",
  description:
    "The PIN of a token that has one is asked for, and every device that gets the token asks for a new one. A token that counts, or answers " +
    "for one device, is never on two: `fob sync move` hands it over.",
  arguments: { names: variadic("NAME", "names or ids of tokens", "token") },
  options: { all: flag("all tokens that can be shared") },
  examples: [
    { command: "fob sync add github mail", explanation: "these two" },
    { command: "fob sync add --all", explanation: "everything that can be on several devices" },
  ],
  async run({ names, all }, context: AddContext) {
    if (all === names.length > 0)
      throw new FobError("usage", t("which tokens? give NAMEs, or --all"));
    const { state, work } = await openSession(context);
    const { vault } = work;
    const known = Object.values(state.tokens);
    const leftOut: string[] = [];
    const entries = (all ? vault.entries() : await findEach(vault, names)).filter(
      ({ id }) => !sharedOf(known, id),
    );
    const opening = await attemptEach(
      entries,
      async ({ id, name }): Promise<OpenedToken | null> => {
        await context.look();
        const record = readListed(vault, id);
        if (!record) return null;
        const reason = whyOnOneDevice(record.token);
        if (reason === null) return openForOthers(vault, record, context);
        if (!all)
          throw new FobError("usage", t`${name} cannot be shared: ${reason}`, {
            hint: t("`fob sync move NAME DEVICE` hands it over"),
          });
        leftOut.push(t`left out: ${name} (${reason})`);
        return null;
      },
    );
    const opened = opening.done.filter((token) => token !== null);
    refuseNothingDone({ done: all ? [null] : opening.done, failures: opening.failures }, context);
    const { report } = await runRound(state, work, {
      async share(drafts, stamp) {
        for (const token of opened) addShared(drafts, token, stamp);
      },
    });
    for (const { content } of opened) forget(content.secret);
    const shared = opened.map(({ token: { id, name } }) => ({ id, name }));
    return { shared, leftOut, report, failures: opening.failures };
  },
  text: ({ shared }) =>
    shared.length > 3
      ? t`shared ${plural(shared.length, "token")}`
      : shared.map(({ name }) => printable(t`shared ${name}`)).join("\n"),
  json: ({ shared }) => shared,
  notes: ({ leftOut, report }) => [...leftOut, ...roundNotes(report)],
  failures: ({ failures }) => failures,
});
