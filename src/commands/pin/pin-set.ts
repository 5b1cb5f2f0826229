import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { defineCommand, flag, optional, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { type PinPolicy, USER_PIN_POLICY } from "#token/pin-policy.ts";
import { parsePinPolicy } from "#token/pin-policy-text.ts";
import { forget } from "#token/secret.ts";
import { appPinInWords, appPinSlot } from "#vault/keys/app-pin-slot.ts";
import { readHeader } from "#vault/keys/header.ts";
import { askNewAppPin, currentHeader, setAppPin } from "#vault/pins/app-pin.ts";
import { changeTokenPin } from "#vault/pins/token-pin.ts";
import { unguardedSecretKey } from "#vault/tokens/token-record.ts";
import { chooseGrantsToRevoke, type GrantChoice, revokeGrants } from "./grants-of-token.ts";
import {
  changeJson,
  existingVaultToChange,
  formatChange,
  nameOrAppPin,
  type PinChange,
  type PinNameContext,
  tokenPin,
} from "./pin-target.ts";

/** What setting the app PIN needs. */
type AppContext = Pick<
  Context,
  "access" | "ensureVault" | "newRecoveryCode" | "openToChange" | "pinPrompt"
>;

type PinSetContext = AppContext & Pick<Context, "clock" | "prompt">;

/** `fob pin set`: gives the app or one token a PIN. */
export const pinSet = defineCommand({
  name: "pin set",
  summary: "set the app PIN, or one token's PIN",
  description:
    "Without NAME, the app PIN: from then on every command needs it, and a recovery code is shown once. With NAME, only this " +
    "token's passcodes need it. A PIN wraps the keys: without it there is nothing that could decrypt the secret. Grants that were made before " +
    "go on opening the token; a person is asked about them, a script says --revoke-grants or --keep-grants.",
  arguments: { name: optional("NAME", "name or id of a token; without it, the app PIN", "token") },
  options: {
    policy: value(
      "RULES",
      "what the token's PIN must be like: min=6,alphabet=numeric,days=90 (docs/security.md)",
    ),
    revokeGrants: flag("revoke the grants that open the token without its PIN"),
    keepGrants: flag("let those grants go on opening it without its PIN"),
  },
  examples: [
    {
      command: "fob pin set vpn --policy min=6,attempts=5,at-limit=wipe",
      explanation: "five wrong PINs, and the secret is gone",
    },
    { command: "fob pin set vpn", explanation: "asks for a new PIN, twice" },
    { command: "fob pin set --pin-file app.pin", explanation: "sets the app PIN from a file" },
  ],
  ask: async (input, context: PinNameContext) => ({
    ...input,
    name: await nameOrAppPin(input.name, context, {
      isAboutAppPin: false,
      pin: "none",
      none: t("the app PIN is set already, and every token has a PIN"),
    }),
  }),
  async run(input, context: PinSetContext): Promise<PinChange> {
    const policy = parsePolicy(input);
    if (input.name !== undefined) return setOf(input.name, policy, input, context);
    if (input.revokeGrants || input.keepGrants)
      throw new FobError(
        "usage",
        t("--revoke-grants and --keep-grants are for the PIN of a token: name one"),
      );
    return setOfApp(context);
  },
  text: formatChange,
  json: changeJson,
});

async function setOf(
  name: string,
  policy: PinPolicy,
  wishes: GrantChoice,
  context: Pick<Context, "clock" | "ensureVault" | "pinPrompt" | "prompt">,
): Promise<PinChange> {
  const { vault, record } = await tokenPin(name, await context.ensureVault());
  if (record.guard) throw alreadySet(t`PIN of ${record.token.name}`);
  const grants = await chooseGrantsToRevoke(vault, record.token, wishes, context);
  const secretKey = unguardedSecretKey(record, vault.vaultKey);
  await changeTokenPin(vault, record, secretKey, {
    prompt: context.pinPrompt,
    policy,
    now: context.clock(),
  });
  forget(secretKey);
  revokeGrants(vault, grants);
  return { name: record.token.name, change: "set", recoveryCode: null };
}

async function setOfApp(context: AppContext): Promise<PinChange> {
  const before = readHeader(context.access.home);
  if (before && appPinSlot(before)) throw alreadySet(appPinInWords(before));
  if (!before) {
    const header = currentHeader(await context.ensureVault());
    const app = { pin: appPinInWords(header), isNewKey: false };
    // the new vault was made with its passphrase
    if (header.keychain === "none")
      return { name: null, change: "set", recoveryCode: context.newRecoveryCode(), app };
  }
  const opened = await existingVaultToChange(context);
  if (appPinSlot(opened.header)) throw alreadySet(appPinInWords(opened.header));
  const pin = await askNewAppPin(opened.header, context.pinPrompt);
  const { recoveryCode } = await setAppPin(opened, context.access, pin);
  forget(pin);
  return { name: null, change: "set", recoveryCode };
}

function parsePolicy({
  name,
  policy,
}: {
  readonly name: string | undefined;
  readonly policy: string | undefined;
}) {
  if (policy === undefined) return USER_PIN_POLICY;
  if (name === undefined)
    throw new FobError("usage", t("--policy is for the PIN of a token: name one"));
  try {
    return parsePinPolicy(policy);
  } catch (error) {
    // `invalid` is an issuer's mistake; this text is the user's
    if (error instanceof FobError) throw new FobError("usage", error.message, { cause: error });
    throw error;
  }
}

function alreadySet(which: string): FobError {
  return new FobError("usage", t`the ${which} is set already`, {
    hint: t("`fob pin change` changes it"),
  });
}
