import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import type { AgentOrder } from "#agent/protocol/order.ts";
import type { AgentStatus } from "#agent/protocol/protocol.ts";
import {
  type AgentServices,
  newClientState,
  type VaultState,
} from "#agent/server/agent-services.ts";
import { answer } from "#agent/server/answers.ts";
import { Approvals, type AskingProgram } from "#agent/server/approvals.ts";
import type { BackgroundSync } from "#agent/server/background-sync.ts";
import type { ClientLanguages } from "#agent/server/client-languages.ts";
import { ClientUses } from "#agent/server/client-uses.ts";
import type { ClientHandler } from "#agent/server/conversation.ts";
import { Lifetime } from "#agent/server/lifetime.ts";
import { PushListener } from "#agent/server/push-listener.ts";
import { UnlockedTokens } from "#agent/server/unlocked-tokens.ts";
import { UseNotes } from "#agent/server/use-notes.ts";
import { VaultPresence } from "#agent/server/vault-presence.ts";
import { typedPins } from "#cli/prompt/pin-source.ts";
import type { Pinentry } from "#cli/prompt/pinentry.ts";
import { pinentryPrompt } from "#cli/prompt/pinentry-prompt.ts";
import { type PeerProgram, peerFinder, programOf } from "#platform/agent/peer-program.ts";
import { tpmChip } from "#platform/hardware/chip.ts";
import { httpClient } from "#platform/http.ts";
import { systemNotifier } from "#platform/notification/notifier.ts";
import { oneQuestionAtATime } from "#platform/pinentry/one-question.ts";
import { systemPinentry } from "#platform/pinentry/pinentry.ts";
import { canShowPinentry } from "#platform/pinentry/surroundings.ts";
import { type Departure, watchSession } from "#platform/session/session-end.ts";
import { LocalInbox } from "#push/inbox/local-inbox.ts";
import type { Secret } from "#token/secret.ts";
import { openConfirmedGrant } from "#vault/grants/granted-tokens.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { directAuthenticator } from "#vault/tokens/authenticator.ts";
import { appendUses } from "#vault/uses/use-log.ts";
import { publicLogKey } from "#vault/uses/use-sealing.ts";
import { Vault } from "#vault/vault.ts";
import { carryOut } from "./agent-commands.ts";
import { agentSync } from "./agent-sync.ts";
import { approver, askingProgram } from "./approver.ts";

declare const FOB_VERSION: string;

/** How long to wait for the last replies to be sent, in milliseconds. */
const FAREWELL_MS = 20;

/** Further services of the agent. */
export interface HeldSurroundings extends Pick<AgentServices, "prove"> {
  readonly languages: ClientLanguages;
  /** The folder of this installation. */
  readonly folder: string;
}

/** The vault that an agent holds open for its clients. Locking it ends the process. */
export class HeldVault {
  readonly #order: AgentOrder;
  readonly #vaultKey: Secret;
  readonly #tokens: UnlockedTokens;
  readonly #lifetime: Lifetime;
  readonly #presence: VaultPresence;
  readonly #listener: PushListener | null;
  #sync: BackgroundSync | null = null;
  readonly #pinentry: Pinentry | null;
  readonly #approvals: Approvals;
  readonly #uses: UseNotes;
  readonly #clients = new Set<ClientUses>();
  /** The folder of this installation. */
  readonly #folder: string;
  readonly #findPeer: (socket: Socket) => Promise<PeerProgram | null>;
  readonly #services: AgentServices;
  #isLocked = false;
  #release: () => void = () => undefined;

  constructor(order: AgentOrder, vaultKey: Secret, { languages, prove, folder }: HeldSurroundings) {
    const layout = { home: order.home, vaultId: order.vault };
    const vault = new Vault(layout, vaultKey, false, tpmChip(process.env));
    const tokens = new UnlockedTokens(vault);
    const clock = () => new Date();
    const http = httpClient(`fob/${FOB_VERSION}`);
    const newInbox = () => new LocalInbox(tokens, { http, now: clock });
    this.#order = order;
    this.#vaultKey = vaultKey;
    this.#tokens = tokens;
    this.#lifetime = new Lifetime(order.limits, {
      wall: Date.now,
      monotonic: () => performance.now(),
    });
    this.#presence = new VaultPresence(layout);
    this.#listener = order.push
      ? new PushListener(newInbox(), order.notify ? systemNotifier(process.platform) : null)
      : null;
    this.#pinentry = pinentryFor(order);
    this.#folder = folder;
    this.#findPeer = peerFinder(folder);
    const sealedTo = publicLogKey(vaultKey, order.vault);
    this.#uses = new UseNotes((uses) => {
      // a home that was removed must not come back
      if (this.#presence.lookAgain()) appendUses(layout, sealedTo, uses);
    }, clock);
    const ways = { notifier: systemNotifier(process.platform), pinentry: this.#pinentry };
    this.#approvals = new Approvals(approver(ways), () => performance.now());
    this.#services = {
      vaultState: () => this.#state(),
      tokens: directAuthenticator(tokens, clock),
      openGrant: (text) => {
        const granted = openConfirmedGrant(vault, text, clock);
        const { grant } = granted;
        return { grant, tokens: directAuthenticator(granted, clock, grant.label) };
      },
      newInbox,
      passcodeAtOnce: (name) => tokens.passcodeAtOnce(name, clock()),
      clock,
      writeUses: () => this.#writeUses(),
      carryOut: (request) => {
        if (request.name === "access log") this.#writeUses();
        return carryOut(vault, request);
      },
      inLanguage: (language, work) => languages.speak(language, work),
      status: () => this.status(),
      prove,
      noteUse: () => this.#lifetime.use(),
      lock: () => this.lock(),
    };
  }

  /** Creates the handler of a new client. */
  newClient(socket: Socket): ClientHandler {
    const gone = new AbortController();
    let known: AskingProgram | null = null;
    const program = async () => {
      known = askingProgram(await this.#findPeer(socket));
      return known;
    };
    const uses = new ClientUses(this.#uses, {
      known: () => known?.origin,
      find: async () => (await program()).origin,
      ofFob: (pid) => fobOfPid(pid, this.#folder),
      tokenCalled: (name) => this.#tokens.findExactly(name),
    });
    this.#clients.add(uses);
    const client = newClientState(
      this.#person(gone.signal),
      (use, claims) => this.#approvals.approve(use, claims, program, gone.signal),
      {
        noteUse: (use, pid) => uses.note(use, pid),
        noteAtOnce: (name) => uses.noteAtOnce(name),
      },
    );
    return {
      answer: (line) => answer(line, this.#services, client),
      leave: () => client.command?.stop(),
      disconnect: () => {
        gone.abort();
        uses.leave();
        this.#clients.delete(uses);
      },
    };
  }

  #writeUses(): void {
    for (const client of this.#clients) client.flush();
    this.#uses.flush();
  }

  status(): AgentStatus {
    const { socket, vault, limits } = this.#order;
    return {
      pid: process.pid,
      socket,
      vault,
      unlockedAt: this.#lifetime.startedAt.toISOString(),
      endsAt: this.#lifetime.endsAt.toISOString(),
      idleSeconds: limits.idleMs / 1000,
      push: this.#listener?.status ?? null,
    };
  }

  /** Starts to poll for login requests, and to synchronise, if the order says so. */
  startBackgroundWork(): void {
    // a client may have locked it already: the key is wiped then
    if (this.#isLocked) return;
    this.#sync = agentSync(this.#order, this.#vaultKey);
    void this.#sync?.run();
    // errors of the vault are reported to the next client that uses it
    void this.#listener?.run().catch(() => undefined);
  }

  /** Locks when the machine goes to sleep, and if the order says so when its screen is locked. */
  lockWithSession(): void {
    const leave = (why: Departure) => {
      if (why === "the machine goes to sleep" || this.#order.locksWithScreen) this.lock();
    };
    // the process ends when the vault is locked
    void watchSession(leave, new AbortController().signal);
  }

  /** Whether its time is over, or the vault was removed from the disk. */
  isOver(): boolean {
    return this.#lifetime.end() !== null || !this.#presence.lookAgain();
  }

  /** Sets the function that is called when the keys are wiped. */
  releaseAtLock(release: () => void): void {
    this.#release = release;
  }

  /** Wipes the keys, and ends the process after the last replies were sent. */
  lock(): void {
    if (this.#isLocked) return;
    this.#isLocked = true;
    // first, so that the process ends even if a later step fails
    setTimeout(() => process.exit(0), FAREWELL_MS);
    this.#listener?.end();
    this.#sync?.end();
    try {
      this.#writeUses();
    } finally {
      this.#tokens.forget();
      this.#release();
    }
  }

  /** Asks the person at the desktop, until the client has gone. */
  #person(gone: AbortSignal): PinPrompt | null {
    return this.#pinentry && typedPins(pinentryPrompt(this.#pinentry, gone), null);
  }

  /** The state of the vault. Locks it when its time is over, or it was removed. */
  #state(): VaultState {
    if (!this.#isLocked && this.#lifetime.end()) this.lock();
    if (this.#isLocked) return "locked";
    if (this.#presence.isHere) return "open";
    this.lock();
    return "gone";
  }
}

/** What a client that says its PID is, if it is fob: others are looked for at their socket. */
function fobOfPid(pid: number, folder: string): string | null {
  const program = programOf(pid, folder);
  return program?.isOwn ? askingProgram(program).origin : null;
}

function pinentryFor({ pinentry: program }: AgentOrder): Pinentry | null {
  const { env, platform } = process;
  if (program === null || !canShowPinentry(platform, env)) return null;
  return oneQuestionAtATime(systemPinentry({ program: program || null, env }));
}
