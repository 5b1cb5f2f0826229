import type { AgentControl } from "#agent/client/control.ts";
import type { Means } from "#agent/client/delegation.ts";
import { claimant } from "#agent/protocol/claim.ts";
import type { CommandInput } from "#agent/protocol/command-protocol.ts";
import { whenEnding } from "#base/ending.ts";
import type { Globals } from "#cli/globals.ts";
import { createFirstVault } from "#cli/prompt/keychain-choice.ts";
import type { PinSource } from "#cli/prompt/pin-source.ts";
import type { Prompt } from "#cli/prompt/prompt.ts";
import { nothingEnrolled } from "#commands/lookup.ts";
import type { PushInbox } from "#push/inbox/inbox.ts";
import type { PushServices } from "#push/provider.ts";
import { notGranted, type Right, refuseWithout } from "#token/grant.ts";
import type { VaultLayout } from "#vault/cells/layout.ts";
import { parseGrantSecret, refuseEmptyGrant } from "#vault/grants/grant-secret.ts";
import { type GrantedTokens, needsAgent, openGrant } from "#vault/grants/granted-tokens.ts";
import { appPinSlot } from "#vault/keys/app-pin-slot.ts";
import { type Header, readHeader } from "#vault/keys/header.ts";
import type { KeychainKind } from "#vault/keys/keychain-kind.ts";
import { type OpenedVault, openToChange, openVault } from "#vault/keys/open.ts";
import { addRecoveryCode } from "#vault/keys/recovery.ts";
import type { VaultAccess } from "#vault/keys/vault-access.ts";
import { currentHeader } from "#vault/pins/app-pin.ts";
import { type Authenticator, directAuthenticator } from "#vault/tokens/authenticator.ts";
import type { TokenStore } from "#vault/tokens/token-store.ts";
import type { Vault } from "#vault/vault.ts";

/**
 * What is needed to open tokens: the global options, the vault's keys, and the agent that may hold
 * them.
 */
export interface OpeningOptions {
  readonly globals: Globals;
  readonly access: VaultAccess & { readonly pinPrompt: PinSource };
  agent(): Promise<AgentControl>;
  /** Opens the whole vault, once for all parts of a command; null when there is none yet. */
  open(): Promise<Vault | null>;
}

/**
 * Opens the vault; null when there is none yet. Throws when FOB_GRANT is set: a grant is never
 * silently ignored.
 */
export async function openWhole({
  globals: { grant },
  open,
}: Pick<OpeningOptions, "globals" | "open">): Promise<Vault | null> {
  refuseGrant(grant);
  return open();
}

/** {@link openWhole} with its own keys and prompts. Throws FobError where there is no vault. */
export async function openOrRefuse({ grant }: Globals, access: VaultAccess): Promise<Vault> {
  refuseGrant(grant);
  return (await openVault(access)) ?? nothingEnrolled();
}

/** {@link openWhole} for commands that change the PINs or keys of the vault. */
export async function openPinsAndKeys(
  { globals: { grant }, access }: OpeningOptions,
  how: { readonly byPin: boolean },
): Promise<OpenedVault | null> {
  refuseGrant(grant);
  return openToChange(access, how);
}

/**
 * Creates a vault, with its key in the configured keychain. If no keychain keeps the key, the
 * person sees a recovery code.
 */
export async function makeVault(
  { globals, access }: OpeningOptions,
  prompt: Prompt,
): Promise<NewVault> {
  const { vault, isNew } = await createFirstVault(newVaultKeychain(globals), access, prompt);
  const header = isNew ? currentHeader(vault) : null;
  // nobody can bring back a passphrase, or a chip that was cleared
  const needsCode = header?.keychain === "none" || header?.keychain === "tpm";
  if (!header || !needsCode) return { vault, recoveryCode: () => null };
  if (!globals.json) {
    if (access.recoveryCodes) addRecoveryCode(vault, header, access.recoveryCodes);
    return { vault, recoveryCode: () => null };
  }
  return { vault, recoveryCode: () => codeForResult(vault, header) };
}

/**
 * A new vault, and its recovery code for the JSON result; null when there is none, or a person has
 * seen it.
 */
export interface NewVault {
  readonly vault: Vault;
  recoveryCode(): string | null;
}

function codeForResult(vault: Vault, header: Header): string | null {
  let shown: string | null = null;
  addRecoveryCode(vault, header, {
    show: (code) => {
      shown = code;
    },
    conclude: (trouble) => {
      if (trouble) throw trouble;
    },
  });
  return shown;
}

function refuseGrant(grant: string | null): void {
  if (grant === null) return;
  refuseEmptyGrant(grant);
  throw notGranted();
}

/** The configured keychain for a new vault; null when none is configured. */
function newVaultKeychain({ settings }: Globals): KeychainKind | null {
  const { value, source } = settings.look("keychain");
  return source === "default" ? null : value;
}

/**
 * Opens the tokens of the grant, or of the vault; see {@link
 * import("#cli/context.ts").Context.findTokens}.
 */
export async function findTokens(
  options: OpeningOptions,
  right: Right | null,
): Promise<Authenticator | null> {
  const { globals, access } = options;
  if (globals.grant !== null && parseGrantSecret(globals.grant).isHalf)
    return confirmedTokens(options, globals.grant, right);
  if (globals.grant !== null) {
    const granted = openGranted(globals, globals.grant, right);
    return (await import("./noted-tokens.ts")).notedTokens(
      granted,
      directAuthenticator(granted, () => new Date(), granted.grant.label),
    );
  }
  const held = await findAgent(options);
  // a token that wants the app PIN for each use has it asked for each time
  const again = async () => authenticated(await openVault(access));
  if (!held) return authenticated(await options.open());
  const { agentTokens } = await import("#agent/client/agent-tokens.ts");
  return agentTokens(held.connection, held.layout, again);
}

/** Opens the login requests; see {@link import("#cli/context.ts").Context.findPush}. */
export async function findPush(
  options: OpeningOptions,
  services: PushServices,
): Promise<PushInbox | null> {
  const { globals, access } = options;
  const { LocalInbox } = await import("#push/inbox/local-inbox.ts");
  if (globals.grant !== null) {
    // such a grant never has this right
    if (parseGrantSecret(globals.grant).isHalf)
      await confirmedTokens(options, globals.grant, "push");
    const granted = openGranted(globals, globals.grant, "push");
    return new LocalInbox(granted, services, granted.grant.label);
  }
  const open = async () => {
    const vault = await openVault(access);
    return vault && new LocalInbox(vault, services);
  };
  const held = await findAgent(options);
  if (!held) return open();
  const { AgentInbox } = await import("#agent/client/agent-inbox.ts");
  return new AgentInbox(held.connection, open);
}

/** Runs a command in the agent; see {@link import("#cli/context.ts").Context.delegate}. */
export async function delegateToAgent(
  options: OpeningOptions,
  command: string,
  input: CommandInput,
  means: Omit<Means, "whenEnding">,
): Promise<{ readonly result: unknown } | null> {
  const { grant, home } = options.globals;
  const header = grant === null ? readHeader(home) : null;
  if (!header || !appPinSlot(header)) return null;
  const held = await findAgent(options);
  if (!held) return null;
  const { delegate } = await import("#agent/client/delegation.ts");
  return delegate(held.connection, command, input, { ...means, whenEnding });
}

async function findAgent({ globals: { home }, access, agent }: OpeningOptions) {
  const header = readHeader(home);
  if (!header) return null;
  const layout = { home, vaultId: header.id };
  // where no agent has claimed the vault, nothing need be loaded that looks for it
  const connection = isUnclaimed(layout) ? null : await (await agent()).connect();
  if (!connection) return null;
  if (appPinSlot(header)) access.pinPrompt.passOverAppPin();
  return { connection, layout };
}

function isUnclaimed(layout: VaultLayout): boolean {
  try {
    return claimant(layout) === null;
  } catch {
    // a damaged claim may be one of an agent that runs
    return false;
  }
}

function authenticated(store: TokenStore | null): Authenticator | null {
  return store && directAuthenticator(store, () => new Date());
}

function openGranted({ home }: Globals, text: string, right: Right | null): GrantedTokens {
  const tokens = openGrant(home, text, () => new Date());
  if (right !== null) refuseWithout(tokens.grant, right);
  return tokens;
}

/** The tokens of a grant that asks a person: the agent has its other half, and asks. */
async function confirmedTokens(
  options: OpeningOptions,
  text: string,
  right: Right | null,
): Promise<Authenticator> {
  const held = await findAgent(options);
  // without a vault or an agent this throws why
  if (!held) throw refusedByFiles(options.globals, text);
  const { agentTokens, showGrant } = await import("#agent/client/agent-tokens.ts");
  const { label } = await showGrant(held.connection, text, right);
  const nothing = async () => null;
  return agentTokens(held.connection, held.layout, nothing, label);
}

function refusedByFiles({ home }: Globals, text: string): never {
  openGrant(home, text, () => new Date());
  throw needsAgent();
}
