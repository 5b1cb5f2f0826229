import type { Command, Help } from "commander";
import { t, translated } from "#base/language.ts";
import { HELP_SECTIONS } from "./groups.ts";

/** The width of a help page when that of the terminal is unknown, in columns. */
const USUAL_COLUMNS = 80;

/** A help page in commander's layout, with translated titles. */
export function formatHelpPage(command: Command, helper: Help): string {
  const width = helper.padWidth(command, helper);
  const item = (term: string, description: string) =>
    helper.formatItem(term, width, description, helper);
  const option = (one: Parameters<Help["optionTerm"]>[0]) =>
    item(helper.optionTerm(one), helper.optionDescription(one));
  const description = helper.commandDescription(command);
  const lines = [
    `${t("Usage:")} ${helper.commandUsage(command)}`,
    "",
    ...(description === ""
      ? []
      : [helper.boxWrap(description, helper.helpWidth ?? USUAL_COLUMNS), ""]),
    ...section(
      t("Arguments:"),
      helper
        .visibleArguments(command)
        .map((one) => item(helper.argumentTerm(one), helper.argumentDescription(one))),
    ),
    ...section(t("Options:"), helper.visibleOptions(command).map(option)),
    ...section(t("Global Options:"), helper.visibleGlobalOptions(command).map(option)),
    ...commandSections(command, helper).flatMap(({ title, commands }) =>
      section(
        title,
        commands.map((one) => item(helper.subcommandTerm(one), helper.subcommandDescription(one))),
      ),
    ),
  ];
  return lines.join("\n");
}

/** The commands of the program are in sections, those of a group in one. */
function commandSections(command: Command, helper: Help) {
  const commands = helper.visibleCommands(command);
  if (command.parent) return [{ title: t("Commands:"), commands }];
  return HELP_SECTIONS.map(({ heading, words }) => ({
    title: translated(heading),
    commands: words.flatMap((word) => commands.find((one) => one.name() === word) ?? []),
  }));
}

function section(title: string, items: readonly string[]): readonly string[] {
  return items.length === 0 ? [] : [title, ...items, ""];
}
