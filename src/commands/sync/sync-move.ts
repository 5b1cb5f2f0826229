import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { defineCommand, required } from "#cli/command.ts";
import { findOne } from "#commands/lookup.ts";
import { runRound } from "#sync/round/round.ts";
import { offer } from "#sync/round/sharing.ts";
import { whyNeverElsewhere, whyOnOneDevice } from "#sync/tokens/shareable.ts";
import { printable } from "#token/printable.ts";
import { forget } from "#token/secret.ts";
import { openForOthers } from "./opened-tokens.ts";
import { roundNotes } from "./round-view.ts";
import { findMember, openSession, type SessionContext } from "./sync-session.ts";

/** `fob sync move`: hands a token over that may be on one device only. */
export const syncMove = defineCommand({
  name: "sync move",
  summary: "hand a token over to another device that may be on one only",
  description:
    "For tokens that count or answer for one device. The other device accepts it with its next `fob sync`; with the one after that, this " +
    "device removes it and hands it over with its last counter. Until then it works here, and never on both.",
  arguments: {
    name: required("NAME", "name or id of a token", "token"),
    device: required("DEVICE", "name of a member"),
  },
  options: {},
  examples: [{ command: "fob sync move bank desktop", explanation: "offers it to desktop" }],
  async run({ name, device: target }, context: SessionContext) {
    const { state, work, device } = await openSession(context);
    const { vault } = work;
    const to = findMember(state, target);
    if (to.id === device) throw new FobError("usage", t("it is on this device already"));
    const { id } = await findOne(vault, name);
    const record = vault.read(id);
    const never = whyNeverElsewhere(record.token);
    if (never !== null)
      throw new FobError("usage", t`${record.token.name} cannot be handed over: ${never}`);
    if (whyOnOneDevice(record.token) === null) {
      throw new FobError("usage", t`${record.token.name} can be on all devices`, {
        hint: t("`fob sync add NAME` shares it"),
      });
    }
    const opened = await openForOthers(vault, record, context);
    const { report } = await runRound(work, {
      share: async (drafts, stamp, { members }) =>
        offer(drafts, opened, { from: device, to, members }, stamp),
    });
    forget(opened.content.secret);
    return { id, name: record.token.name, device: to.name, report };
  },
  text: ({ name, device }) => printable(t`offered ${name} to ${device}`),
  json: ({ id, name, device }) => ({ id, name, device }),
  notes: ({ report, device }) => [
    t`it leaves when ${device} has accepted it: \`fob sync\` there, then here, then there`,
    ...roundNotes(report),
  ],
});
