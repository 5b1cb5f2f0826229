import { agentTokens } from "./agent/agent-tokens.ts";
import type { AgentControl } from "./agent/control.ts";
import type { Prompt } from "./cli/context.ts";
import type { Globals } from "./cli/globals.ts";
import { createFirstVault } from "./cli/keychain-choice.ts";
import { FobError } from "./fob-error.ts";
import { t } from "./language.ts";
import type { PushDesk } from "./push/desk.ts";
import type { PushServices } from "./push/provider.ts";
import type { Right } from "./token/grant.ts";
import { type Authenticator, directAuthenticator } from "./vault/authenticator.ts";
import { type GrantedTokens, openGrant } from "./vault/granted-tokens.ts";
import { type KeychainKind, readHeader } from "./vault/header.ts";
import { openVault, type VaultAccess } from "./vault/open.ts";
import type { TokenStore } from "./vault/token-store.ts";
import type { Vault } from "./vault/vault.ts";

/** What leads to the tokens: the global options, the vault's keys, and the agent that may hold them. */
export interface Ways {
  readonly globals: Globals;
  readonly access: VaultAccess;
  agent(): Promise<AgentControl>;
}

/** The open vault, or null when there is none yet. Whoever set FOB_GRANT wants it to count: nothing else is tried in its place. */
export async function openWhole({ globals: { grant }, access }: Ways): Promise<Vault | null> {
  if (grant === null) return openVault(access);
  throw new FobError("denied", t("a grant opens its tokens for passcodes and challenges, and nothing else"), {
    hint: t("unset FOB_GRANT to use the vault itself"),
  });
}

/** A new vault, whose key the configured keychain keeps. */
export function makeVault({ globals, access }: Ways, prompt: Prompt): Promise<Vault> {
  return createFirstVault(newVaultKeychain(globals), access, prompt);
}

/** Who keeps the key of a vault that is made; null where nobody has said so. */
function newVaultKeychain({ settings }: Globals): KeychainKind | null {
  const { value, source } = settings.look("keychain");
  return source === "default" ? null : value;
}

/** The tokens of the grant, or of the vault; see {@link import("./cli/context.ts").Context.findTokens}. */
export async function findTokens(ways: Ways, right: Right | null): Promise<Authenticator | null> {
  const { globals, access } = ways;
  if (globals.grant !== null) {
    const granted = openGranted(globals, globals.grant, right);
    return directAuthenticator(granted, () => new Date(), granted.grant.label);
  }
  const open = async () => {
    const vault = await openVault(access);
    return vault && authenticate(vault);
  };
  const held = await findAgent(ways);
  return held ? agentTokens(held.connection, held.layout, open) : open();
}

/** Where login requests are answered; see {@link import("./cli/context.ts").Context.findPush}. */
export async function findPush(ways: Ways, services: PushServices): Promise<PushDesk | null> {
  const { globals, access } = ways;
  const { DirectDesk } = await import("./push/direct-desk.ts");
  if (globals.grant !== null) {
    const granted = openGranted(globals, globals.grant, "push");
    return new DirectDesk(granted, services, granted.grant.label);
  }
  const open = async () => {
    const vault = await openVault(access);
    return vault && new DirectDesk(vault, services);
  };
  const held = await findAgent(ways);
  if (!held) return open();
  const { AgentDesk } = await import("./agent/agent-desk.ts");
  return new AgentDesk(held.connection, open);
}

async function findAgent({ globals: { home }, agent }: Ways) {
  const header = readHeader(home);
  const connection = header && (await (await agent()).connect());
  return header && connection ? { connection, layout: { home, vaultId: header.id } } : null;
}

function authenticate(store: TokenStore): Authenticator {
  return directAuthenticator(store, () => new Date());
}

function openGranted({ home }: Globals, text: string, right: Right | null): GrantedTokens {
  const tokens = openGrant(home, text, () => new Date());
  if (right === null || tokens.grant.rights.includes(right)) return tokens;
  throw new FobError("denied", t`the grant ${tokens.grant.label} does not carry the right ${right}`);
}
