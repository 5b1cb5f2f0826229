import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { defineCommand, flag, required } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { copyPasscode, refuseOnceAlone } from "#commands/code/copy-passcode.ts";
import { existingVault, findOne } from "#commands/lookup.ts";
import { type OpenContext, openBelongings } from "#commands/open-belongings.ts";
import { printable } from "#token/printable.ts";
import { forget } from "#token/secret.ts";
import {
  areHandedOver,
  countCodes,
  FEW_CODES,
  noneLeft,
  takeCode,
} from "#vault/belongings/recovery-codes.ts";
import { settleBatches } from "#vault/tokens/batch.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";

/** A recovery code that was given. */
interface GivenCode {
  readonly id: string;
  readonly name: string;
  readonly code: string;
  readonly left: number;
  readonly isCopied: boolean;
}

type TakeContext = OpenContext & Pick<Context, "findVault" | "processes" | "sleep">;

type CodesContext = TakeContext & Pick<Context, "clipboard" | "settings" | "tell">;

/** `fob codes`: gives the next recovery code of an account. */
export const codes = defineCommand({
  name: "codes",
  summary: "give the next recovery code that a service printed for an account",
  description:
    "The code is marked as used, durably, before it is printed: no code is ever given twice. Where the token has a PIN, it is asked for. " +
    "`fob codes add` stores codes, `fob codes list` says how many are left; a token that is called add or list is named behind --.",
  // no NAME is never the only one: a look at the command must use nothing up
  arguments: { name: required("NAME", "name or id of a token", "token") },
  options: {
    copy: flag("put the code on the clipboard instead of printing it"),
    once: flag("with --copy: for one paste, where the system can count them (X11, Wayland)"),
  },
  examples: [
    { command: "fob codes github", explanation: "prints one code: a1b2c-d3e4f" },
    { command: "fob codes github --copy", explanation: "puts it on the clipboard" },
    { command: "fob codes -- list", explanation: "of a token that is called list" },
  ],
  async run(input, context: CodesContext): Promise<GivenCode> {
    refuseOnceAlone(input);
    const clearAfter = input.copy ? context.settings.choose("clipboard.clear-after") : 0;
    const given = await giveCode(input.name, context);
    if (!input.copy) return given;
    try {
      context.tell(await copyPasscode(given.code, clearAfter, context, input.once));
    } catch (error) {
      if (!(error instanceof FobError)) throw error;
      // it is used up: it must not be lost besides
      context.tell(t`printed, because it cannot be copied: ${error.message}`);
      return given;
    }
    return { ...given, isCopied: true };
  },
  isData: true,
  text: ({ code, isCopied }) => (isCopied ? "" : printable(code)),
  json: ({ id, name, code, left }) => ({ id, name, code, left }),
  notes: ({ name, left }) =>
    left > FEW_CODES
      ? []
      : [
          left === 0
            ? t`this was the last recovery code of ${name}: make new ones at the service`
            : t`${plural(left, "recovery code")} of ${name} left: make new ones at the service`,
        ],
});

async function giveCode(query: string, context: TakeContext): Promise<GivenCode> {
  const vault = await existingVault(context);
  const record = await findSettled(vault, query, context);
  const { id, name } = record.token;
  // before a PIN is asked for
  const count = countCodes(vault, id);
  if (!count?.left) throw noneLeft(name, count?.total ?? 0);
  const key = await openBelongings(vault, record, context);
  try {
    const { code, left } = takeCode(vault, record.token, key, context.clock());
    return { id, name, code, left, isCopied: false };
  } finally {
    forget(key);
  }
}

/** How often it is looked whether codes have been handed over, and how many times. */
const LOOK = { ms: 50, times: 40 };

/**
 * The token, or the one that has replaced it: codes that are being handed over are given by neither
 * of them. What a process that is gone had begun is finished or undone.
 */
async function findSettled(
  vault: Vault,
  query: string,
  { processes, sleep }: TakeContext,
): Promise<TokenRecord> {
  for (let look = 0; ; look++) {
    const { id } = await findOne(vault, query);
    if (look === LOOK.times || !areHandedOver(vault, id)) return vault.read(id);
    settleBatches(vault, processes);
    await sleep(LOOK.ms);
  }
}
