import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import { forget, type Secret } from "../token/secret.ts";
import { readHeader } from "../vault/header.ts";
import type { Vault } from "../vault/vault.ts";
import { claimant, type Holder } from "./claim.ts";
import { type Connection, connect } from "./connection.ts";
import type { AgentOrder } from "./order.ts";
import { type AgentStatus, decodeReply } from "./protocol.ts";

/** What an agent needs of the machine. */
export interface AgentHost {
  /** Where the agent of this home listens, unless it was started elsewhere. */
  readonly socket: string;
  /** Whether only this user could have put the socket there. */
  isOurs(socket: string): boolean;
  /** Makes the folder of the socket, for this user alone. Throws FobError `unavailable`. */
  makeFolder(socket: string): void;
  /** Starts the agent's process, hands the order and the vault key over, and returns the line that it answers with. */
  startProcess(order: AgentOrder, vaultKey: Secret): Promise<string>;
  isRunning(holder: Holder): boolean;
  /** Ends a process at once. */
  kill(holder: Holder): void;
}

/** How long an agent holds the vault open, and what it does by itself. */
export type Duties = Pick<AgentOrder, "limits" | "push" | "notify">;

/** How long an agent may take to lock before it is ended, in milliseconds. */
const MAX_LOCKING = 2_000;

/** How long an agent may take until it listens, in milliseconds. */
const MAX_STARTING = 2_000;

/** The agent of the vault below `home`. */
export class AgentControl {
  readonly #home: string;
  readonly #host: AgentHost;

  constructor(home: string, host: AgentHost) {
    this.#home = home;
    this.#host = host;
  }

  get socket(): string {
    return this.#host.socket;
  }

  /** A connection to the agent that holds this vault, or null when there is none. */
  async connect(): Promise<Connection | null> {
    const vault = readHeader(this.#home)?.id;
    if (vault === undefined || !this.#host.isOurs(this.socket)) return null;
    const connection = await connect(this.socket);
    if (!connection) return null;
    const isHere = (await connection.ask(`vault ${vault}`).catch(() => "error")) === `ok ${vault}`;
    if (isHere) return connection;
    connection.end();
    return null;
  }

  /** What the agent says of itself, or null when none holds this vault. */
  async status(): Promise<AgentStatus | null> {
    const connection = await this.connect();
    const line = (await connection?.ask("status")) ?? "";
    connection?.end();
    // it may have locked in between
    return line.startsWith("ok ") ? (JSON.parse(line.slice("ok ".length)) as AgentStatus) : null;
  }

  /** Starts an agent that holds `vault`; one that is there already is ended first. */
  async start(vault: Vault, duties: Duties): Promise<AgentStatus> {
    await this.stop();
    return this.#launch(vault, duties);
  }

  async #launch(vault: Vault, duties: Duties): Promise<AgentStatus> {
    this.#host.makeFolder(this.socket);
    const order: AgentOrder = { home: this.#home, vault: vault.layout.vaultId, socket: this.socket, ...duties };
    const key = Buffer.from(vault.vaultKey);
    const line = await this.#host.startProcess(order, key);
    forget(key);
    return decodeReply(line) as AgentStatus;
  }

  /** The agent that is there, or one that `open`'s vault is given to. Of several that are started at once, all get the same. */
  async join(open: () => Promise<Vault>, duties: Duties): Promise<AgentStatus> {
    const present = await this.status();
    if (present) return present;
    const vault = await open();
    try {
      return await this.#launch(vault, duties);
    } catch (error) {
      const faster = await this.#awaitStatus();
      if (faster) return faster;
      throw error;
    }
  }

  /** Ends the agent, so that nothing of the vault is in memory when this returns. Returns whether there was one. */
  async stop(): Promise<boolean> {
    const header = readHeader(this.#home);
    const holder = header && claimant({ home: this.#home, vaultId: header.id });
    if (!holder || !this.#host.isRunning(holder)) return false;
    const connection = this.#host.isOurs(holder.socket) ? await connect(holder.socket) : null;
    connection?.ask("lock").catch(() => undefined);
    const hasEnded = await this.#awaitEnd(holder);
    connection?.end();
    if (!hasEnded) this.#host.kill(holder);
    if (!hasEnded && !(await this.#awaitEnd(holder)))
      throw new FobError("unavailable", t`the agent (process ${holder.pid}) cannot be ended`);
    return true;
  }

  /** Another process may have been faster, and may not listen yet. */
  async #awaitStatus(): Promise<AgentStatus | null> {
    for (let waited = 0; waited < MAX_STARTING; waited += 50) {
      const status = await this.status();
      if (status) return status;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return null;
  }

  async #awaitEnd(holder: Holder): Promise<boolean> {
    for (let waited = 0; waited < MAX_LOCKING; waited += 10) {
      if (!this.#host.isRunning(holder)) return true;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return false;
  }
}
