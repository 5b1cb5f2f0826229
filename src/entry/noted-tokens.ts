import { programOf } from "#platform/agent/peer-program.ts";
import type { GrantedTokens } from "#vault/grants/granted-tokens.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import { notingUses } from "#vault/uses/noting.ts";
import { appendUses } from "#vault/uses/use-log.ts";
import { askingProgram } from "./approver.ts";

/** The tokens of a grant; their uses are written to the log of the vault. */
export function notedTokens(
  { layout, logKey }: Pick<GrantedTokens, "layout" | "logKey">,
  tokens: Authenticator,
): Authenticator {
  if (!logKey) return tokens;
  let program: string | null | undefined;
  return notingUses(tokens, (use) => {
    const now = new Date();
    // no folder of fob: of the program its name alone is used
    program ??= askingProgram(programOf(process.pid, "/")).origin;
    appendUses(layout, logKey, [{ ...use, program, times: 1, first: now, last: now }]);
  });
}
