import type { NotedUse } from "#vault/uses/noting.ts";
import type { UseNotes } from "./use-notes.ts";

/**
 * How long after its first use a client is looked for, in milliseconds. Most programs have gone by
 * then, and are not worth a process that looks for them.
 */
const LOOK_MS = 100;

/** How many different uses of one client wait for its name. */
const MAX_WAITING = 64;

/** What an agent knows of the program behind a client, and how it finds out more. */
export interface ClientName {
  /** The program as it was found for a question; undefined before. */
  known(): string | null | undefined;
  /** Looks for the program; null where it has gone, or the system does not tell. */
  find(): Promise<string | null>;
  /** The fob with this PID, if it is one; null otherwise. */
  ofFob(pid: number): string | null;
  /** The token that a NAME means. */
  tokenCalled(name: string): NotedUse["token"] | null;
}

/** A passcode that is given at once needs no question, and no grant gives it. */
const AT_ONCE = { purpose: "code", grant: null, isAllowed: true, isAsked: false } as const;

/** Collects the uses of one client until its name is known, or the client has gone. */
export class ClientUses {
  readonly #notes: UseNotes;
  readonly #name: ClientName;
  readonly #waiting = new Map<string, { readonly use: NotedUse; times: number }>();
  /** How many passcodes were given at once, by NAME. */
  readonly #atOnce = new Map<string, number>();
  /** The name that was found, or null for a client that has none. */
  #found: string | null | undefined = undefined;
  #timer: NodeJS.Timeout | null = null;
  #hasLeft = false;

  constructor(notes: UseNotes, name: ClientName) {
    this.#notes = notes;
    this.#name = name;
  }

  /** Notes a use. `pid` is what a client says that is fob itself. */
  note(use: NotedUse, pid: number | null = null): void {
    const key = JSON.stringify(use);
    const waiting = this.#waiting.get(key);
    if (waiting) waiting.times++;
    else this.#waiting.set(key, { use, times: 1 });
    if (pid !== null) this.#found ??= this.#name.ofFob(pid) ?? undefined;
    this.#wait(this.#waiting.size);
  }

  /** Notes that a passcode was given at once: only counted, because there may be very many. */
  noteAtOnce(name: string): void {
    this.#atOnce.set(name, (this.#atOnce.get(name) ?? 0) + 1);
    if (this.#timer === null) this.#wait(this.#atOnce.size);
  }

  #wait(count: number): void {
    if (this.#hasLeft || count > MAX_WAITING) this.flush();
    else this.#timer ??= setTimeout(() => void this.#look(), LOOK_MS);
  }

  /** The client has disconnected. */
  leave(): void {
    this.#hasLeft = true;
    this.flush();
  }

  async #look(): Promise<void> {
    this.#found ??= this.#name.known();
    if (this.#found === undefined && !this.#hasLeft) this.#found = await this.#name.find();
    this.flush();
  }

  /** Hands over everything that waits, with the name that is known. */
  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const program = this.#found ?? this.#name.known() ?? null;
    for (const { use, times } of this.#waiting.values()) this.#notes.note(use, program, times);
    this.#waiting.clear();
    for (const [name, times] of this.#atOnce) {
      const token = this.#tokenCalled(name);
      if (token) this.#notes.note({ ...AT_ONCE, token }, program, times);
    }
    this.#atOnce.clear();
  }

  /** Null where the list of tokens cannot be read, too: the next request says so. */
  #tokenCalled(name: string): NotedUse["token"] | null {
    try {
      return this.#name.tokenCalled(name);
    } catch {
      return null;
    }
  }
}
