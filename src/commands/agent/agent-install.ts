import { t } from "#base/language.ts";
import { defineCommand, flag } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { askAbout, describeSteps } from "#commands/system-plan-view.ts";
import { changeJson, type ServiceChange } from "./service-view.ts";

/** `fob agent install`: has the system start the agent. */
export const agentInstall = defineCommand({
  name: "agent install",
  summary: "let the system start the agent when it is needed",
  description:
    "Linux: systemd listens at the agent's socket, and starts it for the first program that asks. It holds no key then: `fob unlock` gives it " +
    "the vault, or it asks for the app PIN by pinentry. macOS and Windows: the agent starts at log-in, and asks by pinentry. What will be " +
    "written is shown, and asked about. `fob agent remove` takes it back.",
  arguments: {},
  options: {
    yes: flag("do not ask"),
    dryRun: flag("show what would be written, and write nothing"),
  },
  examples: [
    { command: "fob agent install", explanation: "shows what will be written, and asks" },
    { command: "fob agent install --dry-run", explanation: "shows it alone" },
  ],
  async run(
    { yes, dryRun },
    context: Pick<Context, "loginService" | "prompt" | "tell">,
  ): Promise<ServiceChange & { readonly starts: string }> {
    const { starts, ...service } = await context.loginService();
    const plan = service.planInstallation();
    const { steps } = plan;
    if (dryRun) return { steps, isDryRun: true, starts };
    if (!yes)
      await askAbout(
        plan,
        { question: t("Let the system start the agent?"), refusal: t("nothing was installed") },
        context,
      );
    await plan.carryOut();
    return { steps, isDryRun: false, starts };
  },
  text: (change, style) => {
    if (change.isDryRun) return describeSteps(change, style);
    return change.starts === "at log-in"
      ? t("the system starts the agent at the next log-in")
      : t("systemd starts the agent for the first program that asks");
  },
  json: (change) => changeJson(change),
});
