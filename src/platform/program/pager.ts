import { constants } from "node:os";
import { FobError } from "#base/fob-error.ts";
import { personCommand } from "./person-command.ts";
import { type ProgramHost, runProgram } from "./run-program.ts";

/** Without a pager of their own, people get this one, which nearly every system but Windows has. */
const USUAL_PAGER = "less";

/**
 * What less does unless the person says otherwise: end where a page suffices, keep colours and
 * page.
 */
const USUAL_WAYS = { LESS: "FRX", LV: "-c" };

/**
 * Shows a text through the pager that FOB_PAGER or PAGER names, until the person leaves it. False
 * where none is wanted (an empty text, or `cat`), none can be run, or it fails: the text is then to
 * be shown without it.
 */
export async function showInPager(text: string | Buffer, host: ProgramHost): Promise<boolean> {
  const { FOB_PAGER, PAGER } = host.env;
  const usual = process.platform === "win32" ? "" : USUAL_PAGER;
  const pager = (FOB_PAGER ?? PAGER ?? usual).trim();
  if (pager === "" || pager === "cat") return false;
  const [command, args] = personCommand(pager, []);
  const ways = Object.entries(USUAL_WAYS).filter(([name]) => host.env[name] === undefined);
  try {
    const program = { command, args, env: Object.fromEntries(ways), input: text };
    return HAS_SHOWN.includes(await runProgram(program, host));
  } catch (error) {
    if (error instanceof FobError) return false;
    throw error;
  }
}

/** The end of a pager that the person has left, also by Ctrl-C or Ctrl-\. */
const HAS_SHOWN: readonly number[] = [
  0,
  128 + constants.signals.SIGINT,
  128 + constants.signals.SIGQUIT,
];
