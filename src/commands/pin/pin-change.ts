import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { defineCommand, optional } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { nothingEnrolled } from "#commands/lookup.ts";
import { forget } from "#token/secret.ts";
import { appPinInWords, appPinSlot } from "#vault/keys/app-pin-slot.ts";
import { readHeader } from "#vault/keys/header.ts";
import { askNewAppPin, setAppPin } from "#vault/pins/app-pin.ts";
import { askSecretKey, changeTokenPin } from "#vault/pins/token-pin.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";
import {
  changeJson,
  existingTokenPin,
  formatChange,
  nameOrAppPin,
  type PinChange,
  type PinNameContext,
} from "./pin-target.ts";

type AppContext = Pick<Context, "access" | "openToChange" | "pinPrompt">;

type TokenContext = Pick<Context, "clock" | "findVault" | "pinPrompt">;

/** `fob pin change`: current PIN, new PIN, and once more. */
export const pinChange = defineCommand({
  name: "pin change",
  summary: "change the app PIN, or one token's PIN",
  description:
    "Asks for the current PIN, then for the new one. In a PIN file these are two lines, in this order. The app PIN can be changed with the " +
    "recovery code in place of the current one; a key that the keychain has lost is made anew. A changed app PIN has a new recovery code.",
  arguments: { name: optional("NAME", "name or id of a token; without it, the app PIN", "token") },
  options: {},
  examples: [
    { command: "fob pin change vpn", explanation: "asks for the current and the new PIN" },
    {
      command: 'printf \'%s\\n%s\\n\' "$old" "$new" | fob pin change vpn --pin-file -',
      explanation: "the same in a script",
    },
  ],
  ask: async ({ name }, context: PinNameContext) => ({
    name: await nameOrAppPin(name, context, {
      isAboutAppPin: true,
      pin: "user",
      none: t("there is no app PIN, and no token has a PIN"),
    }),
  }),
  async run({ name }, context: TokenContext & AppContext): Promise<PinChange> {
    if (name === undefined) return changeAppPin(context);
    const { vault, record } = await existingTokenPin(name, context);
    return changePinOf(vault, record, context);
  },
  text: formatChange,
  json: changeJson,
});

async function changePinOf(
  vault: Vault,
  record: TokenRecord,
  context: Pick<Context, "clock" | "pinPrompt">,
): Promise<PinChange> {
  const { token, guard } = record;
  if (!guard) throw notSet(token.name);
  const secretKey = await askSecretKey(vault, record, context.pinPrompt);
  const { policy } = guard;
  await changeTokenPin(vault, record, secretKey, {
    prompt: context.pinPrompt,
    policy,
    now: context.clock(),
  });
  forget(secretKey);
  return { name: token.name, change: "changed", recoveryCode: null };
}

/** Opening the vault asks for the current PIN, or takes the recovery code. */
async function changeAppPin(context: AppContext): Promise<PinChange> {
  const before = readHeader(context.access.home);
  if (before && !appPinSlot(before)) throw notSet(null);
  const opened = (await context.openToChange({ byPin: false })) ?? nothingEnrolled();
  const current = opened.proof.kind === "pin" ? opened.proof.pin : null;
  try {
    if (!appPinSlot(opened.header)) throw notSet(null);
    const pin = await askNewAppPin(opened.header, context.pinPrompt, current);
    const { recoveryCode, isNewKey } = await setAppPin(opened, context.access, pin);
    forget(pin);
    return {
      name: null,
      change: "changed",
      recoveryCode,
      app: { pin: appPinInWords(opened.header), isNewKey },
    };
  } finally {
    forget(current);
  }
}

function notSet(name: string | null): FobError {
  return new FobError("usage", name === null ? t("there is no app PIN") : t`${name} has no PIN`, {
    hint: t("`fob pin set` sets one"),
  });
}
