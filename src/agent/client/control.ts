import { claimant, type Holder } from "#agent/protocol/claim.ts";
import type { AgentOrder } from "#agent/protocol/order.ts";
import { type AgentStatus, decodeReply, encodeRequest } from "#agent/protocol/protocol.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Life } from "#base/processes.ts";
import { forget, type Secret } from "#token/secret.ts";
import { readHeader } from "#vault/keys/header.ts";
import type { Vault } from "#vault/vault.ts";
import { askingForLife } from "./asking-for-life.ts";
import { type Connection, connect } from "./connection.ts";
import { type Found, findAgent, MAX_PROVING_ALIVE } from "./find-agent.ts";
import { handOver } from "./hand-over.ts";

/** The system functions that the control of an agent needs. */
export interface AgentHost {
  /** The address at which shells find the agent of this home, whether one runs or not. */
  readonly forShells: string;
  /** Whether an address is a socket, or a link to it. */
  leadsTo(address: string, socket: string): boolean;
  /** Where a service may wait for the vault; null where none does. */
  serviceAt(): string | null;
  /** An address for a new agent, in a folder for this user only. Throws FobError `unavailable`. */
  newPlace(): Pick<AgentOrder, "socket" | "link">;
  /** Whether a claim was made in this home, and not in the home that this is a copy of. */
  isOfThisHome(holder: Holder): boolean;
  /**
   * The addresses of the agent that made a claim; only in folders that no other user can write to.
   */
  addressesOf(holder: Holder): readonly string[];
  /** The addresses where an agent may listen whose claim cannot be read. */
  likelyAddresses(): readonly string[];
  /**
   * Starts the agent's process, sends it the order and the vault key, and returns its reply line.
   */
  startProcess(order: AgentOrder, vaultKey: Secret): Promise<string>;
  /** The user whose agent it is, in words, where that is another one than this process's. */
  foreignOwnerOf(holder: Holder): string | null;
  /** Whether the process that made a claim still runs. */
  lifeOf(holder: Holder): Life;
  /** Sends a signal to a process, which may have ended. */
  end(holder: Holder, signal: "SIGTERM" | "SIGKILL"): void;
}

/** How long an agent holds the vault open, and what it does by itself. */
export type AgentOptions = Pick<
  AgentOrder,
  "limits" | "push" | "notify" | "syncMs" | "pinentry" | "locksWithScreen"
>;

/**
 * The agent of a vault: its status, and the address of another program that answers instead of it.
 */
export interface AgentReport {
  readonly status: AgentStatus | null;
  readonly stranger: string | null;
}

/**
 * The result of ending the agent: whether one ran, and the address of another program that answers
 * instead of it.
 */
export interface Ending {
  readonly wasRunning: boolean;
  readonly stranger: string | null;
}

/** How long an agent may take to lock before its process is ended, in milliseconds. */
const MAX_LOCKING = 2_000;

/** How long an agent may take until it listens, in milliseconds. */
const MAX_STARTING = 2_000;

/**
 * How long an agent may take to restore a damaged or lost claim, in milliseconds: it checks once a
 * second, acts at the second check, and waits for a file that was written less than two seconds
 * ago.
 */
const MAX_MENDING = 6_000;

/** The same if no program answers at its address: an agent is unlikely then. */
const MAX_MENDING_UNHEARD = 2_000;

/** The agent of the vault below `home`. */
export class AgentControl {
  readonly #home: string;
  readonly #host: AgentHost;

  constructor(home: string, host: AgentHost) {
    this.#home = home;
    this.#host = host;
  }

  /** The address at which shells find the agent; empty where they cannot reach one. */
  get forShells(): string {
    return this.#host.forShells;
  }

  /**
   * A connection to the agent that holds this vault and has proved its identity; null when there is
   * none. Throws FobError `unavailable` for one that runs and does not answer: without it, a caller
   * would take the PIN for the agent's token as the app PIN.
   */
  async connect(): Promise<Connection | null> {
    const found = await this.#find();
    return found && "agent" in found ? askingForLife(found.agent) : null;
  }

  /** The address at which shells find an agent that runs, for as long as they can. */
  addressOf({ socket }: AgentStatus): string {
    return this.#host.leadsTo(this.forShells, socket) ? this.forShells : socket;
  }

  /**
   * Throws FobError `unavailable` for an agent of this home that runs and does not answer, or
   * serves another user.
   */
  async #find(): Promise<Found> {
    const holder = readHeader(this.#home) && this.#ownClaim();
    if (!holder) return null;
    const isRunning = this.#host.lifeOf(holder) === "running";
    const patience = isRunning ? MAX_PROVING_ALIVE : undefined;
    const found = await findAgent(holder, this.#host.addressesOf(holder), patience);
    const owner = found === null && isRunning ? this.#host.foreignOwnerOf(holder) : null;
    if (owner !== null) throw belongsTo(holder, owner);
    const isSilent = found !== null && "isSilent" in found && found.isSilent;
    if (isSilent && this.#host.lifeOf(holder) === "running") throw doesNotAnswer(holder);
    return found;
  }

  /** The claim of an agent of this home; null where there is none that can be read. */
  #ownClaim(): Holder | null {
    const holder = this.#claim();
    if (!holder || holder === "damaged" || !this.#host.isOfThisHome(holder)) return null;
    return holder;
  }

  /** The agent's status; null when no agent holds this vault. Throws as {@link connect} does. */
  async status(): Promise<AgentStatus | null> {
    return (await this.report()).status;
  }

  /** {@link status}, and the program that answers instead of the agent. Throws as it does. */
  async report(): Promise<AgentReport> {
    const found = await this.#find();
    if (!found) return { status: null, stranger: null };
    if ("stranger" in found) return { status: null, stranger: found.stranger };
    const line = await found.agent.ask("status");
    found.agent.end();
    // it may have locked meanwhile
    const status = line.startsWith("ok ")
      ? (JSON.parse(line.slice("ok ".length)) as AgentStatus)
      : null;
    return { status, stranger: null };
  }

  /** Has the agent write the uses to the log that it still has; nothing without an agent. */
  async writeUses(): Promise<void> {
    const agent = await this.connect();
    if (!agent) return;
    await agent.ask(encodeRequest({ do: "write-uses" }));
    agent.end();
  }

  /** Starts an agent that holds `vault`, after ending a running one. */
  async start(vault: Vault, options: AgentOptions): Promise<AgentStatus> {
    // an agent that is not found, or hangs, ends itself when it sees another agent's claim
    await this.stop().catch(() => undefined);
    return this.#launch(vault, options);
  }

  async #launch(vault: Vault, options: AgentOptions): Promise<AgentStatus> {
    const key = Buffer.from(vault.vaultKey);
    const order = { home: this.#home, vault: vault.layout.vaultId, ...options };
    try {
      const service = this.#host.serviceAt();
      const handed = service === null ? null : await handOver(service, order, key);
      if (handed) return handed;
      const line = await this.#host.startProcess({ ...order, ...this.#host.newPlace() }, key);
      return decodeReply(line) as AgentStatus;
    } finally {
      forget(key);
    }
  }

  /**
   * The running agent, or a new one with the vault from `open`. Concurrent calls get the same
   * agent.
   */
  async join(open: () => Promise<Vault>, options: AgentOptions): Promise<AgentStatus> {
    const present = await this.status();
    if (present) return present;
    const vault = await open();
    try {
      return await this.#launch(vault, options);
    } catch (error) {
      const faster = await this.#awaitStatus();
      if (faster) return faster;
      throw error;
    }
  }

  /**
   * Ends the agent: when this returns, no agent has keys of the vault in memory. Throws FobError
   * `unavailable` where an agent cannot be ended, or it is unknown whether one runs.
   */
  async stop(): Promise<Ending> {
    const holder = await this.#awaitClaim();
    if (!holder || !this.#host.isOfThisHome(holder)) return { wasRunning: false, stranger: null };
    const found = await findAgent(holder, this.#host.addressesOf(holder));
    if (found && "agent" in found) {
      await this.#endProven(holder, found.agent);
      return { wasRunning: true, stranger: null };
    }
    const state = this.#host.lifeOf(holder);
    if (state === "running") {
      // a hanging agent cannot prove its identity
      await this.#endProcess(holder);
      return { wasRunning: true, stranger: null };
    }
    // a named pipe of Windows ends with its process
    if (state === "unknown" && (found || process.platform !== "win32")) throw cannotTell(holder);
    return { wasRunning: false, stranger: found?.stranger ?? null };
  }

  /** As long as it keeps the connection, the process is the agent's. */
  async #endProven(holder: Holder, agent: Connection): Promise<void> {
    let isConnected = true;
    void agent.ended.then(() => {
      isConnected = false;
    });
    agent.ask("lock").catch(() => undefined);
    const hasEnded = () => !isConnected && this.#host.lifeOf(holder) !== "running";
    if (await until(hasEnded, MAX_LOCKING)) return;
    if (isConnected) this.#host.end(holder, "SIGKILL");
    const isOver = await until(hasEnded, MAX_LOCKING);
    agent.end();
    if (!isOver) throw cannotBeEnded(holder);
  }

  /**
   * Ends the process by its id and start time: for an agent that hangs, or whose socket is gone.
   */
  async #endProcess(holder: Holder): Promise<void> {
    const hasEnded = () => this.#host.lifeOf(holder) !== "running";
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      this.#host.end(holder, signal);
      if (await until(hasEnded, MAX_LOCKING)) return;
    }
    throw cannotBeEnded(holder);
  }

  #claim(): Holder | "damaged" | null {
    try {
      return claimant({ home: this.#home, vaultId: this.#vaultId() });
    } catch (error) {
      // only ending an agent needs the claim
      if (error instanceof FobError) return "damaged";
      throw error;
    }
  }

  /**
   * The claim. A running agent restores a damaged or missing one, so this waits while a program
   * answers.
   */
  async #awaitClaim(): Promise<Holder | null> {
    let claim = this.#claim();
    if (claim !== null && claim !== "damaged") return claim;
    const address = await this.#whoAnswers();
    if (claim === null && address === null) return null;
    await until(
      () => {
        claim = this.#claim();
        return claim !== null && claim !== "damaged";
      },
      address === null ? MAX_MENDING_UNHEARD : MAX_MENDING,
    );
    if (claim !== "damaged") {
      if (claim === null) throw cannotProve(String(address));
      return claim;
    }
    throw new FobError(
      "unavailable",
      t("the claim of the agent is damaged: nobody can tell whether one holds the vault"),
      {
        hint: t(
          "`fob doctor --repair` mends the claim; an agent that hangs is a process called serve-agent.cjs",
        ),
      },
    );
  }

  /** An address where a program claims to be the agent of this vault. */
  async #whoAnswers(): Promise<string | null> {
    const vault = this.#vaultId();
    for (const address of vault === "" ? [] : this.#host.likelyAddresses()) {
      const connection = await connect(address);
      const reply = await connection?.ask(`vault ${vault}`, MAX_MENDING).catch(() => "");
      connection?.end();
      if (reply === `ok ${vault}`) return address;
    }
    return null;
  }

  /** Empty where there is no vault, or its header is damaged: an agent can be ended even then. */
  #vaultId(): string {
    try {
      return readHeader(this.#home)?.id ?? "";
    } catch {
      // opening the vault reports the damage
      return "";
    }
  }

  /** The status of an agent that another process has started, once it listens. */
  async #awaitStatus(): Promise<AgentStatus | null> {
    for (let waited = 0; waited < MAX_STARTING; waited += 50) {
      const status = await this.status();
      if (status) return status;
      await pause(50);
    }
    return null;
  }
}

/** A message about a program that answers instead of the agent. */
export function describeStranger(address: string): string {
  return t`whoever answers at ${address} cannot prove to be the agent of this vault, and was not believed`;
}

function cannotTell({ pid, socket }: Holder): FobError {
  return new FobError(
    "unavailable",
    t`nobody can tell whether the agent (process ${pid}, ${socket}) still holds the vault`,
    {
      hint: t`end process ${pid} if it is a fob agent: its command line has serve-agent.cjs`,
    },
  );
}

function cannotProve(address: string): FobError {
  return new FobError("unavailable", describeStranger(address), {
    hint: t("end the program that listens there"),
  });
}

function doesNotAnswer({ pid }: Holder): FobError {
  return new FobError("unavailable", t`the agent (process ${pid}) runs and does not answer`, {
    hint: t("`fob lock` ends it, `fob unlock` starts another one"),
  });
}

function belongsTo({ pid }: Holder, owner: string): FobError {
  return new FobError(
    "unavailable",
    t`the agent (process ${pid}) that holds this vault belongs to user ${owner}`,
    { hint: t("run fob as that user; `fob lock` as root ends the agent") },
  );
}

function cannotBeEnded({ pid }: Holder): FobError {
  return new FobError("unavailable", t`the agent (process ${pid}) cannot be ended`);
}

async function until(isSo: () => boolean, milliseconds: number): Promise<boolean> {
  for (const end = performance.now() + milliseconds; performance.now() < end; ) {
    if (isSo()) return true;
    await pause(10);
  }
  return isSo();
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
