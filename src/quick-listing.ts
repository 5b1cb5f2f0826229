import { formatJson } from "./cli/report.ts";
import { list, listTokens } from "./commands/list.ts";
import { openAtOnce } from "./quick-answers.ts";
import { directAuthenticator } from "./vault/authenticator.ts";

/** What `fob list --json` prints, where a vault with tokens opens with its key file alone. Null for everything else. */
export async function listing(): Promise<string | null> {
  try {
    const vault = openAtOnce();
    const table =
      vault &&
      (await listTokens(
        directAuthenticator(vault, () => new Date()),
        "",
        null,
      ));
    return table && table.total > 0 ? `${formatJson(list.json(table))}\n` : null;
  } catch {
    // the whole program says what is wrong
    return null;
  }
}
