import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { defineCommand, optional } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { forget } from "#token/secret.ts";
import { appPinSlot } from "#vault/keys/app-pin-slot.ts";
import { readHeader } from "#vault/keys/header.ts";
import { removeAppPin } from "#vault/pins/app-pin.ts";
import { askSecretKey, removeTokenPin } from "#vault/pins/token-pin.ts";
import {
  changeJson,
  existingTokenPin,
  existingVaultToChange,
  formatChange,
  nameOrAppPin,
  type PinChange,
  type PinNameContext,
} from "./pin-target.ts";

type AppContext = Pick<Context, "access" | "openToChange">;

type TokenContext = Pick<Context, "findVault" | "pinPrompt">;

/** `fob pin remove`: takes the PIN off the app or one token, after asking for it. */
export const pinRemove = defineCommand({
  name: "pin remove",
  summary: "remove the app PIN, or one token's PIN",
  arguments: { name: optional("NAME", "name or id of a token; without it, the app PIN", "token") },
  options: {},
  examples: [
    { command: "fob pin remove vpn", explanation: "asks for the PIN, then the token needs none" },
  ],
  ask: async ({ name }, context: PinNameContext) => ({
    name: await nameOrAppPin(name, context, {
      isAboutAppPin: true,
      pin: "user",
      none: t("there is no app PIN, and no token has a PIN"),
    }),
  }),
  async run({ name }, context: TokenContext & AppContext): Promise<PinChange> {
    return name === undefined ? removeOfApp(context) : removeOf(name, context);
  },
  text: formatChange,
  json: changeJson,
});

async function removeOf(name: string, context: TokenContext): Promise<PinChange> {
  const { vault, record } = await existingTokenPin(name, context);
  if (!record.guard) throw new FobError("usage", t`${record.token.name} has no PIN`);
  const secretKey = await askSecretKey(vault, record, context.pinPrompt);
  await removeTokenPin(vault, record, secretKey);
  forget(secretKey);
  return { name: record.token.name, change: "removed", recoveryCode: null };
}

async function removeOfApp(context: AppContext): Promise<PinChange> {
  const before = readHeader(context.access.home);
  if (before && !appPinSlot(before)) throw new FobError("usage", t("there is no app PIN"));
  const opened = await existingVaultToChange(context);
  await removeAppPin(opened, context.access);
  return { name: null, change: "removed", recoveryCode: null };
}
