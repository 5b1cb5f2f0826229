import type { AgentStatus, Request } from "#agent/protocol/protocol.ts";
import type { PushInbox } from "#push/inbox/inbox.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import type { DelegatedCommand } from "./delegated-command.ts";

/**
 * Whether an agent still holds its vault. It is `gone` for the line at which the agent finds out
 * that the vault is no longer on the disk, and `locked` from then on.
 */
export type VaultState = "open" | "locked" | "gone";

/** What an agent answers its clients with. */
export interface AgentServices {
  /** To be asked once for each line, before anything else. */
  vaultState(): VaultState;
  readonly tokens: Authenticator;
  /** An inbox for one client's login requests. */
  newInbox(): PushInbox;
  /** A passcode that needs no reading and no waiting; null where it needs them. */
  passcodeAtOnce(name: string): string | null;
  clock(): Date;
  /** Carries out a command of fob. Throws FobError `usage` for one that an agent does not. */
  carryOut(request: Extract<Request, { do: "command" }>): DelegatedCommand;
  /** Does work whose texts are in a language, `de` or `de_AT`; null for English. */
  inLanguage<T>(language: string | null, work: () => T): T;
  status(): AgentStatus;
  /** The answer to a challenge that only this agent can give. */
  prove(challenge: string): string;
  /** Notes that the vault is used, which looking at the agent is not. */
  noteUse(): void;
  /** Ends the agent when its present answer is sent. */
  lock(): void;
}

/** What the agent knows of one client. */
export interface ClientState {
  /** It asked for another vault than the agent's: it gets no more answers. */
  isElsewhere: boolean;
  /**
   * Its inbox, from the first login request that it asks for: what its PINs opened is not for other
   * clients.
   */
  inbox: PushInbox | null;
  /** The command that is carried out for it. */
  command: DelegatedCommand | null;
}

/** The state of a client that has asked nothing yet. */
export function newClientState(): ClientState {
  return { isElsewhere: false, inbox: null, command: null };
}
