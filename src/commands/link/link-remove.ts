import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { defineCommand, flag } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { describeSteps } from "#commands/system-plan-view.ts";
import { linkSchemes } from "./link-schemes.ts";
import { changeJson, type LinkChange } from "./link-view.ts";

/** `fob link remove`: gives the links back to the programs that had them. */
export const linkRemove = defineCommand({
  name: "link remove",
  summary: "give the links back to the programs that had them",
  description:
    "Takes back what `fob link install` did. Links for which another program was chosen meanwhile stay with that program.",
  arguments: {},
  options: { dryRun: flag("show what would be done, and do nothing") },
  examples: [{ command: "fob link remove", explanation: "as it was before `fob link install`" }],
  async run({ dryRun }, context: Pick<Context, "links" | "settings">): Promise<LinkChange> {
    const links = await context.links();
    const plan = await links.planRemoval();
    if (!plan)
      throw new FobError("not-found", t("fob is not registered for links"), {
        hint: t("`fob link status` says which programs open them"),
      });
    if (!dryRun) await plan.carryOut();
    const owners = await links.owners(linkSchemes(context));
    return { steps: plan.steps, isDryRun: dryRun, owners };
  },
  text: (change, style) =>
    change.isDryRun ? describeSteps(change, style) : t("fob opens no links any more"),
  json: changeJson,
});
