import { declared, plural, t } from "#base/language.ts";
import { defineCommand, flag } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { askAbout, describeSteps } from "#commands/system-plan-view.ts";
import { LINK_SCHEMES, linkSchemes } from "./link-schemes.ts";
import { changeJson, type LinkChange, nameSchemes } from "./link-view.ts";

const KNOWN = LINK_SCHEMES.map((scheme) => `${scheme}:`).join(", ");

/** `fob link install`: lets fob open the links of browsers and mail programs. */
export const linkInstall = defineCommand({
  name: "link install",
  summary: "let fob open enrollment and login links",
  description: declared`For ${KNOWN} and the schemes of the setting tiqr.schemes, and for this user alone. What will be written is shown, and asked about. \`fob link remove\` gives the links back to the programs that had them.`,
  arguments: {},
  options: {
    yes: flag("do not ask"),
    dryRun: flag("show what would be written, and write nothing"),
  },
  examples: [
    { command: "fob link install", explanation: "shows what will be written, and asks" },
    { command: "fob link install --dry-run", explanation: "shows it alone" },
  ],
  async run(
    { yes, dryRun },
    context: Pick<Context, "links" | "prompt" | "settings" | "tell">,
  ): Promise<LinkChange> {
    const links = await context.links();
    const schemes = linkSchemes(context);
    const plan = await links.planInstallation(schemes);
    const { steps } = plan;
    if (dryRun) return { steps, isDryRun: true, owners: await links.owners(schemes) };
    if (!yes)
      await askAbout(
        plan,
        {
          question: t`Let fob open ${plural(schemes.length, "kind")} of links?`,
          refusal: t("nothing was registered"),
        },
        context,
      );
    await plan.carryOut();
    return { steps, isDryRun: false, owners: await links.owners(schemes) };
  },
  text: (change, style) =>
    change.isDryRun
      ? describeSteps(change, style)
      : t`fob opens links of ${nameSchemes(change.owners.filter(({ isFob }) => isFob))}`,
  json: changeJson,
  notes: ({ isDryRun, owners }) =>
    owners
      .filter(({ isFob }) => !isDryRun && !isFob)
      .map(({ scheme, handler }) => t`${scheme}: is still opened by ${handler ?? t("no program")}`),
});
