import { defineCommand } from "../cli/command.ts";
import { t } from "../language.ts";

/** `fob lock`: the agent forgets the vault. */
export const lock = defineCommand({
  name: "lock",
  summary: "lock the vault: the agent forgets it and ends",
  description: "When it returns, no process holds a key of the vault. It is no failure when nothing was unlocked.",
  arguments: {},
  options: {},
  examples: [{ command: "fob lock", explanation: "from now on the app PIN is asked for again" }],
  run: async (_, context) => ({ wasUnlocked: await (await context.agent()).stop() }),
  text: () => "",
  json: (result) => result,
  notes: ({ wasUnlocked }) => [wasUnlocked ? t("locked") : t("nothing was unlocked")],
});
