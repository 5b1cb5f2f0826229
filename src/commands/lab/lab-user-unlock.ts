import { declared, t } from "#base/language.ts";
import { defineCommand, required } from "#cli/command.ts";
import { MAX_FAILURES } from "#lab/lab-user.ts";
import { existingUser, type LabContext, openLab } from "./lab-opening.ts";

/** `fob lab user unlock`: forgets a user's wrong answers. */
export const labUserUnlock = defineCommand({
  name: "lab user unlock",
  summary: "let a user of the lab in again",
  description: declared`After ${MAX_FAILURES} wrong answers in a row a user is locked, whatever the next one is.`,
  arguments: { name: required("NAME", "who") },
  options: {},
  examples: [
    { command: "fob lab user unlock ann", explanation: "ann's wrong answers are forgotten" },
  ],
  async run({ name }, context: LabContext) {
    const lab = await openLab(context);
    const { name: user, failures } = existingUser(lab, name);
    lab.store.updateUser(user, (current) => ({ ...current, failures: 0 }));
    return { user, failures };
  },
  text: ({ user }) => t`unlocked ${user}`,
  json: (result) => result,
});
