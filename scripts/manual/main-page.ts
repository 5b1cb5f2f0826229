import {
  flagsOf,
  GLOBAL_OPTIONS,
  type GlobalOption,
  HELP_OPTION,
  VARIABLES,
  VERSION_OPTION,
} from "#cli/command-line/global-options.ts";
import { pageName, reference } from "./command-page.ts";
import { type CommandNode, flatten } from "./command-tree.ts";
import { bold, display, entry, escapeText, inlineCode, page, pageHead, section } from "./roff.ts";

/** What the main page says of fob. */
const DESCRIPTION =
  "Enrolls authenticator tokens from an enrollment string or a picture of a QR code, keeps them in an encrypted vault whose key the operating " +
  "system guards, and prints passcodes: time-based (RFC 6238), event-based (RFC 4226) and challenge-response (RFC 6287). Standard output " +
  "carries the result and nothing else; prompts, remarks and errors go to standard error. Nothing prompts where nobody is.";

/**
 * The page of fob itself. `exitCodes` is that section in roff, `overviews` the names of the pages
 * in section 7.
 */
export function mainPage(
  root: CommandNode,
  {
    version,
    exitCodes,
    overviews,
  }: { version: string; exitCodes: string; overviews: readonly string[] },
): string {
  const commands = flatten(root).filter((node) => node !== root);
  return page([
    pageHead({ name: "fob", section: 1, summary: "a software key fob for the terminal", version }),
    ...section("synopsis", [
      ".B fob\n.I COMMAND\n[\\fISUBCOMMAND\\fR]\n[\\fIARGUMENT\\fR ...]\n[\\fIOPTION\\fR ...]",
    ]),
    ...section("description", [inlineCode(DESCRIPTION)]),
    ...section(
      "commands",
      commands.map((node) => entry(reference(pageName(node), 1), inlineCode(node.summary))),
    ),
    ...section("options", [...GLOBAL_OPTIONS, HELP_OPTION, VERSION_OPTION].map(option)),
    ...section("environment", [
      ...GLOBAL_OPTIONS.flatMap(({ name, variable }) =>
        variable === undefined ? [] : [entry(bold(variable), `the same as ${bold(name)}`)],
      ),
      ...Object.entries(VARIABLES).map(([name, meaning]) => entry(bold(name), inlineCode(meaning))),
    ]),
    ...section("exit status", [exitCodes]),
    ...section("examples", [display("fob enroll --qr screenshot.png && fob code github")]),
    ...section("see also", [overviews.map((name) => reference(name, 7)).join(",\n")]),
  ]);
}

function option(definition: GlobalOption): string {
  const { summary, variable } = definition;
  const meaning = variable === undefined ? summary : `${summary} (${variable})`;
  return entry(`\\fB${escapeText(flagsOf(definition))}\\fR`, inlineCode(meaning));
}
