import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { defineCommand, flag } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { askAbout, describeSteps } from "#commands/system-plan-view.ts";
import { changeJson, type ServiceChange } from "./service-view.ts";

/** `fob agent remove`: takes back what `fob agent install` did. */
export const agentRemove = defineCommand({
  name: "agent remove",
  summary: "let the system start the agent no more",
  description: "Takes back what `fob agent install` did. An agent that systemd has started ends.",
  arguments: {},
  options: {
    yes: flag("do not ask"),
    dryRun: flag("show what would be done, and do nothing"),
  },
  examples: [{ command: "fob agent remove", explanation: "as it was before `fob agent install`" }],
  async run(
    { yes, dryRun },
    context: Pick<Context, "loginService" | "prompt" | "tell">,
  ): Promise<ServiceChange> {
    const plan = (await context.loginService()).planRemoval();
    if (!plan)
      throw new FobError("not-found", t("the system does not start the agent of this vault"), {
        hint: t("`fob agent install` lets it"),
      });
    if (dryRun) return { steps: plan.steps, isDryRun: true };
    if (!yes)
      await askAbout(
        plan,
        { question: t("Remove the service of the agent?"), refusal: t("nothing was removed") },
        context,
      );
    await plan.carryOut();
    return { steps: plan.steps, isDryRun: false };
  },
  text: (change, style) =>
    change.isDryRun ? describeSteps(change, style) : t("the system starts the agent no more"),
  json: changeJson,
});
