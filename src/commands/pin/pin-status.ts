import { plural, t } from "#base/language.ts";
import { defineCommand, optional, required } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { formatMoment } from "#cli/output/moments.ts";
import type { Style } from "#cli/output/style.ts";
import { type Fields, formatFields } from "#cli/output/table.ts";
import { existingVault, findOne } from "#commands/lookup.ts";
import { pinInWords } from "#commands/tokens/token-view.ts";
import { type PinPolicy, pinExpiry, USER_PIN_POLICY } from "#token/pin-policy.ts";
import { printable } from "#token/printable.ts";
import { appPinInWords, appPinPolicy, appPinSlot } from "#vault/keys/app-pin-slot.ts";
import { isEnabledForApp } from "#vault/keys/biometrics.ts";
import { readHeader } from "#vault/keys/header.ts";
import { DEFAULT_KEYCHAIN } from "#vault/keys/keychain-kind.ts";
import { refuseExported } from "#vault/keys/open.ts";
import { attemptsOfApp, failedAttempts } from "#vault/pins/attempts.ts";
import { overdueReason, type PinState, pinState, tokenPinState } from "#vault/pins/token-pin.ts";
import { isWiped } from "#vault/tokens/token-record.ts";

interface PinStatus extends PinState {
  /** Null for the app. */
  readonly name: string | null;
  readonly type: "none" | "user" | "server";
  readonly policy: PinPolicy;
  /** When the PIN was set, and when it must be changed; null where that is unknown, or never. */
  readonly setAt: Date | null;
  readonly expiresAt: Date | null;
  readonly mustChange: boolean;
  /** Whether too many wrong PINs have destroyed the secret. */
  readonly wiped: boolean;
  readonly biometric: boolean;
  /** The name of the app PIN in messages. */
  readonly app?: string;
}

type TokenContext = Pick<Context, "clock" | "findVault">;

const NO_STATE = {
  setAt: null,
  expiresAt: null,
  mustChange: false,
  wiped: false,
  biometric: false,
} as const;

/** `fob pin status`: which PIN there is, what it must be like, and how many attempts are left. */
export const pinStatus = defineCommand({
  name: "pin status",
  summary: "tell about the app PIN, or one token's PIN",
  description: "The state of the app PIN can be read without it.",
  arguments: { name: optional("NAME", "name or id of a token; without it, the app PIN", "token") },
  options: {},
  examples: [{ command: "fob pin status vpn", explanation: "type, policy and attempts left" }],
  isDelegable: ({ name }) => name !== undefined,
  run: async ({ name }, context: TokenContext & Pick<Context, "access">) =>
    name === undefined ? appStatus(context) : tokenStatus(name, context),
  text: (status, style) => formatFields(describe(status, style), style),
  json: ({ app: _app, ...status }) => status,
});

function appStatus({ access: { home } }: Pick<Context, "access">): PinStatus {
  const header = readHeader(home);
  if (header) refuseExported(header);
  const policy = header ? appPinPolicy(header) : USER_PIN_POLICY;
  const app = appPinInWords(header ?? { keychain: DEFAULT_KEYCHAIN });
  const base = {
    name: null,
    policy,
    ...NO_STATE,
    biometric: header !== null && isEnabledForApp(header),
    app,
  };
  if (!header || !appPinSlot(header))
    return { ...base, type: "none", attemptsLeft: null, locked: false };
  const failed = failedAttempts(attemptsOfApp({ home, vaultId: header.id }), policy.attempts);
  return { ...base, type: "user", ...pinState(policy, failed) };
}

/** {@link pinStatus} as an agent carries it out. */
export const tokenPinStatus = {
  arguments: { name: required("NAME", "name or id of a token", "token") },
  options: {},
  run: ({ name }: { readonly name: string }, context: TokenContext) => tokenStatus(name, context),
};

async function tokenStatus(query: string, context: TokenContext): Promise<PinStatus> {
  const vault = await existingVault(context);
  const record = vault.read((await findOne(vault, query)).id);
  const { name, pin } = record.token;
  const { guard } = record;
  const base = {
    ...NO_STATE,
    name,
    type: pin,
    ...tokenPinState(vault, record),
    wiped: isWiped(record),
  };
  if (!guard) return { ...base, policy: USER_PIN_POLICY };
  const { policy, setAt } = guard;
  const mustChange = overdueReason(guard, context.clock()) !== null;
  const biometric = guard.biometric !== null;
  return { ...base, policy, setAt, expiresAt: pinExpiry(setAt, policy), mustChange, biometric };
}

function describe(status: PinStatus, style: Style): Fields {
  const {
    name,
    type,
    policy,
    attemptsLeft,
    locked,
    wiped,
    setAt,
    expiresAt,
    mustChange,
    biometric,
    app,
  } = status;
  const state = wiped ? t("yes, and its secret was wiped") : locked ? t("yes") : t("no");
  return [
    [t("PIN of"), name === null ? t`fob (${app})` : printable(name)],
    [t("type"), pinInWords(type)],
    [t("policy"), type === "server" ? t("the server's") : describePolicy(policy)],
    [t("attempts left"), attemptsLeft === null ? "-" : String(attemptsLeft)],
    [t("locked"), state],
    [t("set"), setAt && formatMoment(setAt, style)],
    [t("expires"), expiresAt && formatMoment(expiresAt, style)],
    [t("biometrics"), biometric ? t("a finger or face stands for it") : null],
    [t("must be changed"), mustChange ? t("yes, at its next use") : null],
  ];
}

function describePolicy(policy: PinPolicy): string {
  const { minLength, maxLength, alphabet, attempts, atLimit, refuseTrivial, history, expiryDays } =
    policy;
  const rules = [
    t`${minLength} to ${maxLength} characters`,
    alphabet === "any" ? null : alphabet,
    refuseTrivial ? t("no runs, repeats or dates") : null,
    t`${attempts} attempts, then ${atLimit === "wipe" ? t("its secret is wiped") : t("it is locked")}`,
    history > 0 ? t`none of the last ${history}` : null,
    expiryDays === null ? null : t`changed every ${plural(expiryDays, "day")}`,
    policy.changeFirst ? t("changed at first use") : null,
    policy.biometric ? null : t("no biometrics"),
    policy.required ? t("asked for by the issuer") : null,
  ];
  return rules.filter(Boolean).join(", ");
}
