import type { Socket } from "node:net";
import { dirname, join } from "node:path";
import type { AgentOptions } from "#agent/client/control.ts";
import type { AgentOrder } from "#agent/protocol/order.ts";
import { newAgentSecret } from "#agent/protocol/proof.ts";
import { leaveSecret, openOrder } from "#agent/protocol/waiting.ts";
import { ClientLanguages } from "#agent/server/client-languages.ts";
import type { ClientHandler } from "#agent/server/conversation.ts";
import { listen } from "#agent/server/server.ts";
import { type WaitingServices, waitingClient } from "#agent/server/waiting-answers.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { sharedWork } from "#base/shared-work.ts";
import { forget, type Secret } from "#token/secret.ts";
import { appPinSlot } from "#vault/keys/app-pin-slot.ts";
import { readHeader } from "#vault/keys/header.ts";
import type { Vault } from "#vault/vault.ts";
import type { HeldVault } from "./held-vault.ts";
import { holdVault } from "./hold-vault.ts";

/** The first descriptor that systemd passes (sd_listen_fds(3)). */
const FIRST_DESCRIPTOR = 3;

/** How long a service without clients and without a vault stays, in milliseconds. */
const LINGER_MS = 10_000;

/** What the service needs to know, and how it opens the vault: a person may be asked. */
export interface WaitingOptions {
  readonly home: string;
  /** Where it listens, as clients know it. */
  readonly socket: string;
  /** The folder of the built program. */
  readonly folder: string;
  readonly options: AgentOptions;
  open(end: AbortSignal): Promise<Vault>;
}

/**
 * Throws FobError `usage` unless systemd has passed a socket to this process, which is then taken
 * out of the environment: no other program shall believe that it was passed to it.
 */
export function takePassedSocket(env: NodeJS.ProcessEnv): number {
  const { LISTEN_PID, LISTEN_FDS } = env;
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) delete env[name];
  if (Number(LISTEN_PID) === process.pid && LISTEN_FDS === "1") return FIRST_DESCRIPTOR;
  throw new FobError(
    "usage",
    t("the socket of this service comes from systemd, and it has passed none"),
    {
      hint: t("`fob agent install` has systemd start it; `fob unlock` starts an agent without it"),
    },
  );
}

/**
 * Answers clients at the socket of systemd. It holds no key until one of them needs the vault, or
 * `fob unlock` brings it; from then on it is the agent, and its process ends when the vault is
 * locked: systemd keeps the socket, and starts the next process at the next connection. Never
 * resolves.
 */
export async function serveWaiting(descriptor: number, options: WaitingOptions): Promise<never> {
  process.umask(0o077);
  process.on("SIGHUP", () => undefined);
  const agent = new WaitingAgent(options);
  await listen({ fd: descriptor }, (socket) => {
    socket.once("close", agent.enter());
    return agent.newClient(socket);
  });
  return new Promise(() => undefined);
}

class WaitingAgent {
  readonly #options: WaitingOptions;
  readonly #secret: Secret = newAgentSecret();
  readonly #languages: ClientLanguages;
  #held: HeldVault | null = null;
  /** All who ask meanwhile wait for the same question, which ends when all of them have gone. */
  readonly #open = sharedWork((end) => this.#openOnce(end));
  #holding: Promise<HeldVault> | null = null;
  #clients = 0;
  #lingering: NodeJS.Timeout;
  /** The vault for which the secret was written down. */
  #known: string | null = null;

  constructor(options: WaitingOptions) {
    this.#options = options;
    this.#languages = new ClientLanguages(join(options.folder, "../messages"));
    this.#vault();
    this.#lingering = this.#linger();
  }

  newClient(socket: Socket): ClientHandler {
    const services: WaitingServices = {
      vault: () => this.#vault(),
      needsPerson: () => this.#needsPerson(),
      open: (gone) => this.#open(gone),
      hold: (sealed) => this.#take(sealed),
      newAgentClient: () => this.#held?.newClient(socket) ?? null,
    };
    return waitingClient(services);
  }

  /** Counts a client until the returned function is called. */
  enter(): () => void {
    this.#clients++;
    clearTimeout(this.#lingering);
    return () => {
      this.#clients--;
      if (this.#clients === 0) this.#lingering = this.#linger();
    };
  }

  #linger(): NodeJS.Timeout {
    return setTimeout(() => {
      if (this.#held === null && this.#clients === 0) process.exit(0);
    }, LINGER_MS);
  }

  #vault(): string | null {
    const id = readHeader(this.#options.home)?.id ?? null;
    if (id !== null && id !== this.#known) {
      leaveSecret({ home: this.#options.home, vaultId: id }, this.#secret);
      this.#known = id;
    }
    return id;
  }

  #needsPerson(): boolean {
    const header = readHeader(this.#options.home);
    return header !== null && appPinSlot(header) !== null;
  }

  async #openOnce(end: AbortSignal): Promise<void> {
    const { layout, vaultKey } = await this.#options.open(end);
    await this.#hold({ ...this.#options.options, vault: layout.vaultId }, Buffer.from(vaultKey));
  }

  async #take(sealed: string): Promise<string> {
    const vault = this.#vault();
    const opened = vault === null ? null : openOrder(this.#secret, vault, sealed);
    if (!opened) throw new FobError("denied", t("this vault was not sealed for this service"));
    const { order, vaultKey } = opened;
    return JSON.stringify(await this.#hold(order, vaultKey));
  }

  async #hold(order: AgentOptions & Pick<AgentOrder, "vault">, vaultKey: Secret) {
    const before = this.#held ?? this.#holding;
    if (before) {
      // the agent has the key already
      forget(vaultKey);
      return (await before).status();
    }
    this.#holding = this.#claim(order, vaultKey).finally(() => {
      this.#holding = null;
    });
    return (await this.#holding).status();
  }

  async #claim(order: AgentOptions & Pick<AgentOrder, "vault">, vaultKey: Secret) {
    const { home, socket } = this.#options;
    try {
      const whole = { ...order, home, socket, link: null };
      // the socket is systemd's, and stays
      const taken = { release: () => undefined };
      const at = { languages: this.#languages, folder: dirname(this.#options.folder) };
      this.#held = await holdVault(whole, vaultKey, at, async () => taken);
      return this.#held;
    } catch (error) {
      forget(vaultKey);
      throw error;
    }
  }
}
