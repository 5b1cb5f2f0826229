import { hostname } from "node:os";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import { Repository } from "#sync/git/repository.ts";
import { deviceId } from "#sync/keys/device-keys.ts";
import { type Member, membersIn } from "#sync/members/member-chain.ts";
import type { RoundWork } from "#sync/round/round.ts";
import { notSynchronised, requireSyncState, type SyncState } from "#sync/round/sync-state.ts";
import { shortenName } from "#token/clean-name.ts";
import { printable } from "#token/printable.ts";
import type { Vault } from "#vault/vault.ts";

/** What a round needs of the context. */
export type WorkContext = Pick<
  Context,
  "clock" | "git" | "look" | "pinPrompt" | "processes" | "prompt" | "sleep" | "tell"
>;

/** What opening the synchronisation needs. */
export type SessionContext = WorkContext & Pick<Context, "findVault">;

/** The open vault with its synchronisation. */
export interface Session {
  readonly state: SyncState;
  readonly work: RoundWork;
  /** The id of this device. */
  readonly device: string;
}

/** The most characters of a device's name. */
const MAX_NAME = 64;

/** How long to wait for the agent, or another `fob sync` of this home, in milliseconds. */
const PATIENCE_MS = 60_000;

/** What rounds of this vault work with. */
export function workOn(vault: Vault, context: WorkContext): RoundWork {
  const { clock, git, look, pinPrompt, processes, prompt, sleep, tell } = context;
  const tellWaiting = (place: string) => {
    if (prompt.available) tell(t`waiting for ${printable(place)}`);
  };
  return {
    vault,
    repository: new Repository(vault.layout.home, git, tellWaiting),
    pinPrompt,
    // a PIN that a script gives is that of the vault, not the new one of a token
    asksPins: pinPrompt.interactive,
    processes,
    patienceMs: PATIENCE_MS,
    look,
    sleep,
    clock,
  };
}

/** A vault, and what it knows of its synchronisation. Rejects with FobError `usage` without one. */
export async function openState(
  context: Pick<Context, "findVault">,
): Promise<{ readonly vault: Vault; readonly state: SyncState }> {
  const vault = await context.findVault();
  if (!vault) throw notSynchronised();
  return { vault, state: requireSyncState(vault) };
}

/** The synchronisation of the vault. Rejects with FobError `usage` where there is none. */
export async function openSession(context: SessionContext): Promise<Session> {
  const { vault, state } = await openState(context);
  return { state, work: workOn(vault, context), device: deviceId(state.keys) };
}

/** A name for this device: the one that was given, or that of the machine. */
export function nameOfDevice(given: string | undefined): string {
  const name = shortenName((given ?? hostname()).trim());
  if (name && name.length <= MAX_NAME) return name;
  throw new FobError("usage", t`a device's name has 1 to ${MAX_NAME} characters: --name gives one`);
}

/** The member that a person means. Throws FobError `not-found`. */
export function findMember({ chain }: Pick<SyncState, "chain">, name: string): Member {
  const members = membersIn(chain);
  const folded = name.toLowerCase();
  const found =
    members.find((member) => member.id === name || member.name === name) ??
    members.find((member) => member.name.toLowerCase() === folded);
  if (found) return found;
  throw new FobError("not-found", t`no device is called ${JSON.stringify(name)}`, {
    hint: t("`fob sync members` lists them"),
  });
}
