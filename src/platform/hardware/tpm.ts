import { randomBytes } from "node:crypto";
import { malformedReply, sized, TpmReader, u16, u32 } from "./tpm-bytes.ts";
import { DIGEST_BYTES, newSalt, type SaltKey } from "./tpm-crypto.ts";
import { isTemporary, REFUSALS, TpmRefusal } from "./tpm-refusal.ts";
import { type Hidden, HmacSession } from "./tpm-session.ts";
import type { TpmLimits, Transport } from "./tpm-transport.ts";

/** A handle in a command, and the name that its authorization covers. */
export interface TpmHandle {
  readonly handle: number;
  readonly name: Uint8Array;
}

/** How a command is authorized: for a handle without an auth value, or within the session. */
type Authorization =
  | "none"
  | "empty"
  | { readonly session: HmacSession; readonly auth: Uint8Array; readonly hidden: Hidden };

/** A command for the chip. */
interface TpmCommand {
  readonly code: number;
  readonly handles: readonly TpmHandle[];
  readonly parameters: Buffer;
  readonly authorization: Authorization;
  /** Whether its reply begins with a handle. */
  readonly givesHandle?: boolean;
}

/** The reply to a command: its handle, where it gives one, and its parameters in clear. */
interface TpmReply {
  readonly handle: number;
  readonly parameters: TpmReader;
}

/** Codes of commands (part 2, section 6.5.2). */
export const COMMANDS = {
  evictControl: 0x120,
  nvUndefine: 0x122,
  nvDefine: 0x12a,
  createPrimary: 0x131,
  nvIncrement: 0x134,
  sequenceComplete: 0x13e,
  startup: 0x144,
  nvRead: 0x14e,
  objectChangeAuth: 0x150,
  create: 0x153,
  hmac: 0x155,
  load: 0x157,
  hmacStart: 0x15b,
  sequenceUpdate: 0x15c,
  unseal: 0x15e,
  flushContext: 0x165,
  nvReadPublic: 0x169,
  readPublic: 0x173,
  startAuthSession: 0x176,
  getCapability: 0x17a,
} as const;

const TAG_PLAIN = 0x8001;
const TAG_SESSIONS = 0x8002;
const PASSWORD_SESSION = 0x40000009;
const NULL_HANDLE = 0x40000007;

/** The hierarchy of storage keys and of counters: its owner is the machine's. */
export const OWNER: TpmHandle = { handle: 0x40000001, name: u32(0x40000001) };

/** Kinds of capabilities (part 2, section 6.12). */
const CAPABILITY = { algorithms: 0, handles: 1, properties: 6 } as const;

/** Where handles of transient objects and of loaded HMAC sessions begin. */
const TRANSIENT = 0x80000000;
const LOADED_SESSIONS = 0x02000000;

/** The most entries that are read of a list of the chip. */
const MOST_ENTRIES = 64;

/** The longest pause before a command is sent again, in milliseconds. */
const MOST_PAUSE_MS = 100;

/** A connection to a TPM 2.0: sends commands, checks replies, and flushes what it has loaded. */
export class Tpm {
  readonly #transport: Transport;
  readonly #timeoutMs: number;
  readonly #loaded = new Set<number>();

  constructor(transport: Transport, { timeoutMs }: TpmLimits) {
    this.#transport = transport;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Sends a command, again where the chip asks for that. Throws TpmRefusal for a code other than
   * success, FobError `unavailable` for no reply or one that cannot be trusted.
   */
  async run(command: TpmCommand): Promise<TpmReply> {
    const { code, handles, authorization, parameters: plain } = command;
    const sent = authorize(command);
    const parameters = sent?.parameters ?? plain;
    const body = [
      u32(code),
      ...handles.map(({ handle }) => u32(handle)),
      ...(sent ? [u32(sent.area.length), sent.area] : []),
      parameters,
    ];
    const tag = authorization === "none" ? TAG_PLAIN : TAG_SESSIONS;
    const length = 6 + body.reduce((sum, { length }) => sum + length, 0);
    const bytes = Buffer.concat([u16(tag), u32(length), ...body]);
    const reader = await this.#exchange(bytes, code, tag);
    const handle = command.givesHandle ? reader.u32() : 0;
    if (command.givesHandle) this.#loaded.add(handle);
    if (!sent) return { handle, parameters: reader };
    const received = reader.take(reader.u32());
    const clear = sent.receive({ parameters: received, area: reader.rest() });
    return { handle, parameters: new TpmReader(clear) };
  }

  /** Starts a session whose salt only the holder of this storage key can read. */
  async startSession(parent: TpmHandle & { readonly saltKey: SaltKey }): Promise<HmacSession> {
    const salt = newSalt(parent.saltKey);
    const caller = randomBytes(DIGEST_BYTES);
    const { handle, parameters } = await this.run({
      code: COMMANDS.startAuthSession,
      handles: [parent, { handle: NULL_HANDLE, name: u32(NULL_HANDLE) }],
      parameters: Buffer.concat([
        sized(caller),
        sized(salt.encrypted),
        Buffer.from([0]),
        // AES-128-CFB, SHA-256
        Buffer.from("000600800043000b", "hex"),
      ]),
      authorization: "none",
      givesHandle: true,
    });
    const tpm = parameters.sized();
    parameters.end();
    if (tpm.length < 16 || tpm.length > DIGEST_BYTES) throw malformedReply();
    return new HmacSession(handle, salt, { caller, tpm });
  }

  /** Takes an object or session out of the chip. */
  async flush(handle: number): Promise<void> {
    await this.run({
      code: COMMANDS.flushContext,
      handles: [],
      parameters: u32(handle),
      authorization: "none",
    });
    this.#loaded.delete(handle);
  }

  /** Forgets that an object was loaded: the chip has flushed it by itself. */
  forgetLoaded(handle: number): void {
    this.#loaded.delete(handle);
  }

  /** The algorithms that the chip has, by their identifiers. */
  async algorithms(): Promise<ReadonlySet<number>> {
    const read = (reader: TpmReader) => ({ id: reader.u16(), attributes: reader.u32() });
    return new Set((await this.#capability(CAPABILITY.algorithms, 0, read)).map(({ id }) => id));
  }

  /** The chip's properties from `first` on. */
  async properties(first: number): Promise<ReadonlyMap<number, number>> {
    const read = (reader: TpmReader) => [reader.u32(), reader.u32()] as const;
    return new Map(await this.#capability(CAPABILITY.properties, first, read));
  }

  /**
   * Takes out of the chip what a process that was killed has left: without a resource manager
   * nobody else does it. Only for a connection that no one else can have at the same time.
   */
  async flushLeftovers(): Promise<void> {
    for (const first of [TRANSIENT, LOADED_SESSIONS])
      for (const handle of await this.handlesFrom(first)) await this.flush(handle);
  }

  /** The handles that are in use, of the kind of `first`, from that one on. */
  async handlesFrom(first: number): Promise<readonly number[]> {
    const found = await this.#capability(CAPABILITY.handles, first, (reader) => reader.u32());
    return found.filter((handle) => handle >= first);
  }

  /**
   * Flushes what is still loaded, and closes the connection. A resource manager flushes by itself.
   */
  async close(): Promise<void> {
    try {
      if (this.#transport.place.isShared) return;
      for (const handle of [...this.#loaded].reverse()) await this.flush(handle);
    } finally {
      await this.#transport.close();
    }
  }

  async #capability<T>(
    kind: number,
    first: number,
    read: (reader: TpmReader) => T,
  ): Promise<readonly T[]> {
    const { parameters } = await this.run({
      code: COMMANDS.getCapability,
      handles: [],
      parameters: Buffer.concat([u32(kind), u32(first), u32(MOST_ENTRIES)]),
      authorization: "none",
    });
    parameters.take(1);
    const [answered, count] = [parameters.u32(), parameters.u32()];
    if (answered !== kind || count > MOST_ENTRIES) throw malformedReply();
    return Array.from({ length: count }, () => read(parameters));
  }

  /** Sends bytes until the chip does not ask for them again; returns what follows the header. */
  async #exchange(bytes: Buffer, command: number, tag: number): Promise<TpmReader> {
    const end = performance.now() + this.#timeoutMs;
    let hasStarted = false;
    for (let pause = 1; ; pause = Math.min(2 * pause, MOST_PAUSE_MS)) {
      const reader = new TpmReader(await this.#transport.exchange(bytes));
      const answered = reader.u16();
      reader.u32();
      const code = reader.u32();
      if (code === 0 && answered === tag) return reader;
      if (code === 0) throw malformedReply();
      if (code === REFUSALS.notStarted && !hasStarted && command !== COMMANDS.startup) {
        hasStarted = true;
        await this.#startUp();
      } else if (!isTemporary(code) || performance.now() > end) throw new TpmRefusal(code, command);
      else await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** Starts a chip that nobody has started: an emulator without a firmware. */
  #startUp(): Promise<unknown> {
    return this.run({
      code: COMMANDS.startup,
      handles: [],
      parameters: u16(0),
      authorization: "none",
    });
  }
}

/** What authorizes a command, and reads its reply; null for one that needs no authorization. */
function authorize({ code, handles, parameters, authorization }: TpmCommand) {
  if (authorization === "none") return null;
  if (authorization === "empty") {
    const area = Buffer.concat([u32(PASSWORD_SESSION), sized(), Buffer.from([1]), sized()]);
    const receive = (reply: { readonly parameters: Buffer }) => reply.parameters;
    return { area, parameters, receive };
  }
  const { session, auth, hidden } = authorization;
  const names = handles.map(({ name }) => name);
  return session.send({ code, names, parameters, auth, hidden });
}
