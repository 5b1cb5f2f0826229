import { defineCommand, optional } from "../cli/command.ts";
import type { Context } from "../cli/context.ts";
import { formatFields } from "../cli/table.ts";
import { type PinPolicy, USER_PIN_POLICY } from "../token/pin-policy.ts";
import { printable } from "../token/printable.ts";
import { failedAttempts } from "../vault/attempts.ts";
import { readHeader } from "../vault/header.ts";
import { appPinPolicy, appPinSlot } from "../vault/open.ts";
import { type PinState, pinState, tokenPinState } from "../vault/token-pin.ts";
import { existingVault, findInVault } from "./lookup.ts";

interface PinStatus extends PinState {
  /** Null for the app. */
  readonly name: string | null;
  readonly type: "none" | "user" | "server";
  readonly policy: PinPolicy;
  readonly biometric: boolean;
}

/** `fob pin status`: which PIN there is, what it must be like, and how many attempts are left. */
export const pinStatus = defineCommand({
  name: "pin status",
  summary: "tell about the app PIN, or one token's PIN",
  description: "The state of the app PIN can be read without it.",
  arguments: { name: optional("NAME", "name or id of a token; without it, the app PIN") },
  options: {},
  examples: [{ command: "fob pin status vpn", explanation: "type, policy and attempts left" }],
  run: async ({ name }, context) => (name === undefined ? appStatus(context) : tokenStatus(name, context)),
  text: (status, style) => formatFields(describe(status), style),
  json: (status) => status,
});

function appStatus({ access: { home } }: Context): PinStatus {
  const header = readHeader(home);
  const policy = header ? appPinPolicy(header) : USER_PIN_POLICY;
  const base = { name: null, policy, biometric: false };
  if (!header || !appPinSlot(header)) return { ...base, type: "none", attemptsLeft: null, locked: false };
  return { ...base, type: "user", ...pinState(policy, failedAttempts({ home, vaultId: header.id }, "app")) };
}

async function tokenStatus(query: string, context: Context): Promise<PinStatus> {
  const vault = await existingVault(context);
  const record = vault.read(findInVault(vault, query).id);
  const { name, pin } = record.token;
  const policy = record.guard?.policy ?? USER_PIN_POLICY;
  return { name, type: pin, policy, ...tokenPinState(vault, record), biometric: false };
}

function describe({ name, type, policy, attemptsLeft, locked }: PinStatus): [string, string][] {
  const { minLength, maxLength, alphabet, attempts, refuseTrivial } = policy;
  const rules = [
    `${minLength} to ${maxLength} characters`,
    alphabet === "any" ? null : alphabet,
    refuseTrivial ? "no runs, repeats or dates" : null,
    `${attempts} attempts`,
  ];
  return [
    ["PIN of", name === null ? "fob (app PIN)" : printable(name)],
    ["type", type],
    ["policy", rules.filter(Boolean).join(", ")],
    ["attempts left", attemptsLeft === null ? "-" : String(attemptsLeft)],
    ["locked", locked ? "yes" : "no"],
  ];
}
