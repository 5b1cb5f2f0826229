import type { AgentStatus, Request } from "#agent/protocol/protocol.ts";
import type { PushInbox } from "#push/inbox/inbox.ts";
import { type Grant, type Right, refuseWithout } from "#token/grant.ts";
import { cannotBeAsked } from "#vault/pins/approval.ts";
import type { PinPrompt, TokenUse } from "#vault/pins/pin-prompt.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import type { NotedUse } from "#vault/uses/noting.ts";
import type { DelegatedCommand } from "./delegated-command.ts";

/**
 * Whether an agent still holds its vault. It is `gone` for the request at which the agent notices
 * that the vault is no longer on disk, and `locked` after that.
 */
export type VaultState = "open" | "locked" | "gone";

/** The functions with which an agent answers its clients. */
export interface AgentServices {
  /** Called once for each line, before anything else. */
  vaultState(): VaultState;
  readonly tokens: Authenticator;
  /** The tokens of a grant of which this vault keeps a half. Throws FobError `denied`. */
  openGrant(text: string): GrantOfClient;
  /** An inbox for one client's login requests. */
  newInbox(): PushInbox;
  /** A passcode that needs no reading and no waiting; null where it needs them. */
  passcodeAtOnce(name: string): string | null;
  clock(): Date;
  /** Writes the uses to the log that are still to be written. */
  writeUses(): void;
  /** Runs a command of fob. Throws FobError `usage` for a command that an agent does not run. */
  carryOut(request: Extract<Request, { do: "command" }>): DelegatedCommand;
  /** Runs `work` with texts in a language, `de` or `de_AT`; null for English. */
  inLanguage<T>(language: string | null, work: () => T): T;
  status(): AgentStatus;
  /** The answer to a challenge that only this agent can give. */
  prove(challenge: string): string;
  /** Records a use of the vault. Questions about the agent itself are no use. */
  noteUse(): void;
  /** Ends the agent after its present answer is sent. */
  lock(): void;
}

/** What a client may use that has shown a grant. */
export interface GrantOfClient {
  readonly tokens: Authenticator;
  readonly grant: Grant;
}

/** What a client says of a use. */
export interface AskingClaims {
  /** It has asked the person at its own terminal. */
  readonly asked: boolean;
  /** A person types its command at its own terminal. */
  readonly typed?: boolean;
  /** It asks the person itself if the agent would have to. */
  readonly quick: boolean;
}

/** What the agent knows of one client. */
export interface ClientState {
  /** It asked for another vault than the agent's, and gets no more answers. */
  isElsewhere: boolean;
  /** The grant that it has shown; all its requests are for that grant's tokens then. */
  granted: GrantOfClient | null;
  /**
   * Its inbox, created at its first request about logins. Each client has its own, because its PINs
   * must not open tokens for other clients.
   */
  inbox: PushInbox | null;
  /** The command that the agent runs for it. */
  command: DelegatedCommand | null;
  /**
   * Whether it asks for PINs itself, as the functions of `fob shellenv` do where the agent refuses.
   */
  asksItself: boolean;
  /**
   * Asks the person at the desktop for the PINs that this client does not send; null for nobody.
   */
  readonly person: PinPrompt | null;
  /**
   * Returns when this client may use a token that asks first. Throws FobError `denied`, or `locked`
   * for a client that wants no question.
   */
  approve(use: TokenUse, claims: AskingClaims): Promise<void>;
  /** Notes a use for the log; `pid` is what a client says that is fob. */
  noteUse(use: NotedUse, pid: number | null): void;
  /** Notes that a passcode was given at once to this NAME. */
  noteAtOnce(name: string): void;
}

/** What an agent does with the uses of one client. */
export type UsesOfClient = Pick<ClientState, "noteUse" | "noteAtOnce">;

const UNNOTED: UsesOfClient = { noteUse: () => undefined, noteAtOnce: () => undefined };

/** The state of a client that has asked nothing yet. */
export function newClientState(
  person: PinPrompt | null = null,
  approve: ClientState["approve"] = async (use) => {
    throw cannotBeAsked(use);
  },
  uses: UsesOfClient = UNNOTED,
): ClientState {
  return {
    isElsewhere: false,
    granted: null,
    inbox: null,
    command: null,
    asksItself: false,
    person,
    approve,
    ...uses,
  };
}

/**
 * The tokens that a client may use, for passcodes or answers where it wants to do that. Throws
 * FobError `denied` where its grant lacks the right.
 */
export function tokensOf(
  { granted }: Pick<ClientState, "granted">,
  { tokens }: Pick<AgentServices, "tokens">,
  right: Right | null = null,
): Authenticator {
  if (!granted) return tokens;
  if (right !== null) refuseWithout(granted.grant, right);
  return granted.tokens;
}
