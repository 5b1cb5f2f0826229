import { claimant, type Holder } from "#agent/protocol/claim.ts";
import type { AgentOrder } from "#agent/protocol/order.ts";
import { type AgentStatus, decodeReply } from "#agent/protocol/protocol.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Life } from "#base/processes.ts";
import { forget, type Secret } from "#token/secret.ts";
import { readHeader } from "#vault/keys/header.ts";
import type { Vault } from "#vault/vault.ts";
import { askingForLife } from "./asking-for-life.ts";
import { type Connection, connect } from "./connection.ts";
import { type Found, findAgent, MAX_PROVING_ALIVE } from "./find-agent.ts";

/** What an agent needs of the machine. */
export interface AgentHost {
  /** Where shells find the agent of this home, whether there is one or not. */
  readonly forShells: string;
  /**
   * A place for a new agent, whose folder is for this user alone. Throws FobError `unavailable`.
   */
  newPlace(): Pick<AgentOrder, "socket" | "link">;
  /** Whether a claim was made for this home, and not for one that this is a copy of. */
  isOfThisHome(holder: Holder): boolean;
  /**
   * Where to look for the agent that made a claim; only places that this user alone can have made.
   */
  addressesOf(holder: Holder): readonly string[];
  /** Where to look for an agent whose claim cannot be read. */
  likelyAddresses(): readonly string[];
  /**
   * Starts the agent's process, hands the order and the vault key over, and returns the line that
   * it answers with.
   */
  startProcess(order: AgentOrder, vaultKey: Secret): Promise<string>;
  /** Whether the process that made a claim still runs. */
  lifeOf(holder: Holder): Life;
  /** Sends a signal to a process, which may have ended. */
  end(holder: Holder, signal: "SIGTERM" | "SIGKILL"): void;
}

/** How long an agent holds the vault open, and what it does by itself. */
export type AgentOptions = Pick<AgentOrder, "limits" | "push" | "notify">;

/**
 * The agent of a vault: its status, and the address of another program that answers in its place.
 */
export interface AgentReport {
  readonly status: AgentStatus | null;
  readonly stranger: string | null;
}

/**
 * What came of ending the agent: whether one ran, and the address of another program that answers
 * in its place.
 */
export interface Ending {
  readonly wasRunning: boolean;
  readonly stranger: string | null;
}

/** How long an agent may take to lock before it is ended, in milliseconds. */
const MAX_LOCKING = 2_000;

/** How long an agent may take until it listens, in milliseconds. */
const MAX_STARTING = 2_000;

/**
 * How long an agent may take to make a claim anew that was damaged or lost, in milliseconds: it
 * looks once a second, twice, and gives a file of the last two seconds time to be finished.
 */
const MAX_MENDING = 6_000;

/** The same where nobody answers at its address: there is hardly an agent then. */
const MAX_MENDING_UNHEARD = 2_000;

/** The agent of the vault below `home`. */
export class AgentControl {
  readonly #home: string;
  readonly #host: AgentHost;

  constructor(home: string, host: AgentHost) {
    this.#home = home;
    this.#host = host;
  }

  /** Where shells find the agent; empty where they cannot reach one. */
  get forShells(): string {
    return this.#host.forShells;
  }

  /**
   * A connection to the agent that holds this vault and has proved it, or null when there is none.
   * Throws FobError `unavailable` for one that runs and does not answer: whoever would do without
   * it would take PINs that were meant for it as PINs of the app.
   */
  async connect(): Promise<Connection | null> {
    const holder = readHeader(this.#home) && this.#ownClaim();
    if (!holder) return null;
    const found = await this.#findPatiently(holder);
    if (found && "agent" in found) return askingForLife(found.agent);
    if (found?.isSilent && this.#host.lifeOf(holder) === "running") throw doesNotAnswer(holder);
    return null;
  }

  #findPatiently(holder: Holder): Promise<Found> {
    const patience = this.#host.lifeOf(holder) === "running" ? MAX_PROVING_ALIVE : undefined;
    return findAgent(holder, this.#host.addressesOf(holder), patience);
  }

  async #find(): Promise<Found> {
    const holder = this.#ownClaim();
    return holder && findAgent(holder, this.#host.addressesOf(holder));
  }

  /** The claim of an agent of this very home; null without one that can be read. */
  #ownClaim(): Holder | null {
    const holder = this.#claim();
    if (!holder || holder === "damaged" || !this.#host.isOfThisHome(holder)) return null;
    return holder;
  }

  /** What the agent says of itself, or null when none holds this vault. */
  async status(): Promise<AgentStatus | null> {
    return (await this.report()).status;
  }

  /** {@link status}, and the program that answers in its place, if any. */
  async report(): Promise<AgentReport> {
    const found = readHeader(this.#home) && (await this.#find());
    if (!found) return { status: null, stranger: null };
    if ("stranger" in found) return { status: null, stranger: found.stranger };
    const line = await found.agent.ask("status");
    found.agent.end();
    // it may have locked in between
    const status = line.startsWith("ok ")
      ? (JSON.parse(line.slice("ok ".length)) as AgentStatus)
      : null;
    return { status, stranger: null };
  }

  /** Starts an agent that holds `vault`; one that is there already is ended first. */
  async start(vault: Vault, options: AgentOptions): Promise<AgentStatus> {
    // one that cannot be found, or hangs, ends by itself when it sees that another one has the
    // vault
    await this.stop().catch(() => undefined);
    return this.#launch(vault, options);
  }

  async #launch(vault: Vault, options: AgentOptions): Promise<AgentStatus> {
    const place = this.#host.newPlace();
    const order: AgentOrder = {
      home: this.#home,
      vault: vault.layout.vaultId,
      ...place,
      ...options,
    };
    const key = Buffer.from(vault.vaultKey);
    const line = await this.#host.startProcess(order, key);
    forget(key);
    return decodeReply(line) as AgentStatus;
  }

  /**
   * The agent that is there, or one that `open`'s vault is given to. Of several that are started at
   * once, all get the same.
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
   * Ends the agent, so that nothing of the vault is in memory when this returns. Throws FobError
   * `unavailable` where an agent cannot be ended, or nobody can tell whether there is one.
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
      // one that hangs proves nothing
      await this.#endProcess(holder);
      return { wasRunning: true, stranger: null };
    }
    // a pipe of Windows ends with its process
    if (state === "unknown" && (found || process.platform !== "win32")) throw cannotTell(holder);
    return { wasRunning: false, stranger: found?.stranger ?? null };
  }

  /** The process is the agent's as long as it keeps the connection. */
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

  /** By number and start: an agent that hangs, or whose socket is gone. */
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
      // nothing but ending an agent needs it
      if (error instanceof FobError) return "damaged";
      throw error;
    }
  }

  /**
   * The claim, for which an agent that is alive cares: one that is damaged or missing while
   * somebody answers may come anew.
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

  /** An address where somebody says that it is the agent of this vault. */
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

  /**
   * Empty where there is no vault, or its header is damaged: an agent can be ended all the same.
   */
  #vaultId(): string {
    try {
      return readHeader(this.#home)?.id ?? "";
    } catch {
      // whoever opens the vault says what is wrong with it
      return "";
    }
  }

  /** Another process may have been faster, and may not listen yet. */
  async #awaitStatus(): Promise<AgentStatus | null> {
    for (let waited = 0; waited < MAX_STARTING; waited += 50) {
      const status = await this.status();
      if (status) return status;
      await pause(50);
    }
    return null;
  }
}

/** Tells the person of a program that answers in the agent's place. */
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
