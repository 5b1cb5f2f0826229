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
  return notingUses(tokens, (use) => {
    const now = new Date();
    const program = askingProgram(programOf(process.pid, "/")).origin;
    appendUses(layout, logKey, [{ ...use, program, times: 1, first: now, last: now }]);
  });
}
