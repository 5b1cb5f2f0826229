import type { Command, Help } from "commander";
import { t, translated } from "#base/language.ts";
import { wrapWords } from "#cli/output/width.ts";
import { HELP_SECTIONS } from "./groups.ts";

/** The width of a help page when that of the terminal is unknown, in columns. */
const USUAL_COLUMNS = 80;

/** Descriptions beside their terms have this width at least; on a narrower page they are below. */
export const NARROWEST_DESCRIPTION = 24;

/** What a description below its term, or below an example, is indented by. */
const INDENTATION = 6;

/** The spaces around the terms. */
const AROUND = 4;

/** A help page in commander's layout, with translated titles. */
export function formatHelpPage(command: Command, helper: Help): string {
  const columns = helper.helpWidth ?? USUAL_COLUMNS;
  const width = helper.padWidth(command, helper);
  const hasRoom = columns - width - AROUND >= NARROWEST_DESCRIPTION;
  const item = (term: string, description: string) =>
    hasRoom
      ? helper.formatItem(term, width, description, helper)
      : `${helper.boxWrap(`  ${term}`, columns)}\n${indent(description, columns)}`;
  const option = (one: Parameters<Help["optionTerm"]>[0]) =>
    item(helper.optionTerm(one), helper.optionDescription(one));
  const description = helper.commandDescription(command);
  const lines = [
    helper.boxWrap(`${t("Usage:")} ${helper.commandUsage(command)}`, columns),
    "",
    ...(description === "" ? [] : [helper.boxWrap(description, columns), ""]),
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

/** A text in lines that begin below the text of a term, on a page of this width. */
export function indent(text: string, columns: number): string {
  const lines = wrapWords(text, Math.max(1, columns - INDENTATION));
  return lines.map((line) => `${" ".repeat(INDENTATION)}${line}`).join("\n");
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
