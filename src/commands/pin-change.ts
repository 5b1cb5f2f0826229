import { defineCommand, optional } from "../cli/command.ts";
import type { Context } from "../cli/context.ts";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import { forget } from "../token/secret.ts";
import { setAppPin } from "../vault/app-pin.ts";
import { readHeader } from "../vault/header.ts";
import { appPinPolicy, appPinSlot } from "../vault/open.ts";
import { askNewPin } from "../vault/pin-prompt.ts";
import { askSecretKey, changeTokenPin } from "../vault/token-pin.ts";
import type { TokenRecord } from "../vault/token-record.ts";
import type { Vault } from "../vault/vault.ts";
import { existingPinTarget, formatChange, type PinChange } from "./pin-target.ts";

/** `fob pin change`: current PIN, new PIN, and once more. */
export const pinChange = defineCommand({
  name: "pin change",
  summary: "change the app PIN, or one token's PIN",
  description: "Asks for the current PIN, then for the new one. In a PIN file these are two lines, in this order.",
  arguments: { name: optional("NAME", "name or id of a token; without it, the app PIN", "token") },
  options: {},
  examples: [
    { command: "fob pin change vpn", explanation: "asks for the current and the new PIN" },
    {
      command: 'printf \'%s\\n%s\\n\' "$old" "$new" | fob pin change vpn --pin-file -',
      explanation: "the same in a script",
    },
  ],
  async run({ name }, context): Promise<PinChange> {
    const { vault, record } = await existingPinTarget(name, context);
    return record ? changePinOf(vault, record, context) : changeAppPin(vault, context);
  },
  text: formatChange,
  json: (change) => change,
});

async function changePinOf(vault: Vault, record: TokenRecord, context: Context): Promise<PinChange> {
  const { token, guard } = record;
  if (!guard) throw notSet(token.name);
  const secretKey = await askSecretKey(vault, record, context.pinPrompt);
  const { policy } = guard;
  await changeTokenPin(vault, record, secretKey, { prompt: context.pinPrompt, policy, now: context.clock() });
  forget(secretKey);
  return { name: token.name, change: "changed", recoveryCode: null };
}

/** The vault was opened with the current PIN, or with the recovery code, a moment ago. */
async function changeAppPin(vault: Vault, context: Context): Promise<PinChange> {
  const header = readHeader(context.access.home);
  if (!header || !appPinSlot(header)) throw notSet(null);
  const pin = await askNewPin(context.pinPrompt, null, appPinPolicy(header));
  const recoveryCode = await setAppPin(vault, context.access, pin);
  forget(pin);
  return { name: null, change: "changed", recoveryCode };
}

function notSet(name: string | null): FobError {
  return new FobError("usage", name === null ? t("there is no app PIN") : t`${name} has no PIN`, {
    hint: t("`fob pin set` sets one"),
  });
}
