import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { attemptEachShown, refuseNothingDone } from "#cli/attempts.ts";
import { defineCommand, flag, value, variadic } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { askingAside } from "#commands/asking-aside.ts";
import { findEach, readListed } from "#commands/lookup.ts";
import { chooseTagged, parseTags } from "#commands/tokens/tag-values.ts";
import { runRound } from "#sync/round/round.ts";
import { addShared, type OpenedToken, sharedOf } from "#sync/round/sharing.ts";
import { whyNeverElsewhere, whyOnOneDevice } from "#sync/tokens/shareable.ts";
import { printable } from "#token/printable.ts";
import { forget } from "#token/secret.ts";
import { openForOthers } from "./opened-tokens.ts";
import { roundNotes } from "./round-view.ts";
import { openSession, type SessionContext } from "./sync-session.ts";

type AddContext = SessionContext & Pick<Context, "complain" | "progress" | "prompt">;

/** `fob sync add`: shares tokens with the other devices. */
export const syncAdd = defineCommand({
  name: "sync add",
  summary: "share tokens with the other devices",
  description:
    "The PIN of a token that has one is asked for, and every device that gets the token asks for a new one. A token that counts, or answers " +
    "for one device, is never on two: `fob sync move` hands it over.",
  arguments: { names: variadic("NAME", "names or ids of tokens", "token") },
  options: {
    all: flag("all tokens that can be shared"),
    tag: value("TAG", "those with this tag, or with all of several: work,vpn", "tag"),
  },
  examples: [
    { command: "fob sync add github mail", explanation: "these two" },
    { command: "fob sync add --tag work", explanation: "those that have this tag now" },
    { command: "fob sync add --all", explanation: "everything that can be on several devices" },
  ],
  async run({ names, all, tag }, context: AddContext) {
    const tags = parseTags(tag);
    if ([names.length > 0, all, tag !== undefined].filter(Boolean).length !== 1)
      throw new FobError("usage", t("which tokens? give NAMEs, --tag or --all"));
    const { state, work } = await openSession(context);
    const { vault } = work;
    const known = Object.values(state.tokens);
    const leftOut: string[] = [];
    const isNamed = names.length > 0;
    const chosen = isNamed ? await findEach(vault, names) : chooseTagged(vault.entries(), tags);
    const entries = chosen.filter(({ id }) => !sharedOf(known, id));
    const bar = context.progress(entries.length, t("tokens"));
    const asking = { ...context, pinPrompt: askingAside(bar, context.pinPrompt) };
    const opening = await attemptEachShown(
      entries,
      async ({ id, name }): Promise<OpenedToken | null> => {
        await context.look();
        const record = readListed(vault, id);
        if (!record) return null;
        const reason = whyOnOneDevice(record.token);
        if (reason === null) return openForOthers(vault, record, asking);
        if (isNamed)
          throw new FobError(
            "usage",
            t`${name} cannot be shared: ${reason}`,
            whyNeverElsewhere(record.token) === null
              ? { hint: t("`fob sync move NAME DEVICE` hands it over") }
              : {},
          );
        leftOut.push(t`left out: ${name} (${reason})`);
        return null;
      },
      bar,
    );
    const opened = opening.done.filter((token) => token !== null);
    refuseNothingDone(
      { done: isNamed ? opening.done : [null], failures: opening.failures },
      context,
    );
    const { report } = await runRound(work, {
      async share(drafts, stamp) {
        for (const token of opened) addShared(drafts, token, stamp);
      },
    });
    for (const { content } of opened) forget(content.secret);
    const shown = new Map(vault.entries().map((entry) => [entry.id, entry.name]));
    const shared = opened.map(({ token: { id, name } }) => ({ id, name: shown.get(id) ?? name }));
    const renamed = opened.flatMap(({ token: { id, name } }) => {
      const now = shown.get(id) ?? name;
      return now === name ? [] : [printable(t`${name} is called ${now} from now on`)];
    });
    return { shared, renamed, leftOut, report, failures: opening.failures };
  },
  text: ({ shared }) =>
    shared.length > 3
      ? t`shared ${plural(shared.length, "token")}`
      : shared.map(({ name }) => printable(t`shared ${name}`)).join("\n"),
  json: ({ shared }) => shared,
  notes: ({ renamed, leftOut, report }) => [...renamed, ...leftOut, ...roundNotes(report)],
  failures: ({ failures }) => failures,
});
