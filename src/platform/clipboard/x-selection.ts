import type { Duplex } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import type { XClient, XEvent } from "x11";
import { connectToDisplay } from "./x-connection.ts";

/** How long a server may take until the clipboard is owned, in milliseconds. */
const MAX_STARTING = 5_000;

/** How long a server may take to confirm the end, in milliseconds. */
const MAX_ENDING = 1_000;

/** Numbers of the X protocol. */
const INPUT_ONLY = 2;
const PROPERTY_CHANGES = 0x400000;
const [REPLACE, APPEND] = [0, 2];
const [ANY, ATOM, INTEGER, STRING] = [0, 4, 19, 31];

/** How many types a program may ask for at once: there are no more. */
const MAX_PAIRS = 32;
const PAIR_BYTES = 8;

/** The types of the text for which another program asks when it pastes. */
const TEXT_TYPES = ["UTF8_STRING", "text/plain;charset=utf-8", "text/plain", "STRING"];
/** KDE's mark of a secret, which clipboard managers obey. */
const HINT = "x-kde-passwordManagerHint";

/** A text that this process holds on the clipboard of an X server. */
export interface OwnedSelection {
  /** Resolves when another program has copied, after the one paste, or when the server is gone. */
  readonly over: Promise<void>;
  /** Gives the clipboard up, which empties it where it is still owned. */
  release(): Promise<void>;
}

/**
 * Takes the CLIPBOARD of an X server (ICCCM section 2) with a text and the mark of a secret. Null
 * where that fails or takes too long.
 */
export async function ownSelection(
  display: string,
  text: Buffer,
  isForOnePaste: boolean,
  withinMs = MAX_STARTING,
): Promise<OwnedSelection | null> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), withinMs);
  try {
    const stream = await connectToDisplay(display, limit.signal);
    return stream && (await ownThrough(stream, display, text, isForOnePaste));
  } finally {
    clearTimeout(timer);
  }
}

/** Null when the stream ends first: whoever limits the time destroys it. */
async function ownThrough(
  stream: Duplex,
  display: string,
  text: Buffer,
  isForOnePaste: boolean,
): Promise<OwnedSelection | null> {
  const { createClient } = await import("x11");
  const broken = new Promise<null>((resolve) => {
    stream.once("end", () => resolve(null)).once("close", () => resolve(null));
    stream.on("error", () => resolve(null));
  });
  const owning = new Promise<OwnedSelection | null>((resolve) => {
    const client = createClient(
      { display, stream, auth: undefined, disableBigRequests: true },
      (error, { screen, client: ready } = { screen: [], client }) => {
        const root = screen[0]?.root;
        if (error || root === undefined) return resolve(null);
        void own(ready, root, text, isForOnePaste, broken).then(resolve, () => resolve(null));
      },
    );
    // a program that asked and is gone by now; a broken connection is noticed by its end
    client.on("error", () => undefined);
  });
  const owned = await Promise.race([owning, broken]);
  if (owned === null) stream.destroy();
  return owned;
}

async function own(
  client: XClient,
  root: number,
  text: Buffer,
  isForOnePaste: boolean,
  broken: Promise<null>,
): Promise<OwnedSelection | null> {
  const names = ["CLIPBOARD", "TARGETS", "MULTIPLE", "ATOM_PAIR", "TIMESTAMP", HINT, ...TEXT_TYPES];
  const atoms = await Promise.all(names.map((name) => atomOf(client, name)));
  const [clipboard = 0, targets = 0, multiple = 0, pair = 0, timestamp = 0, hint = 0, ...texts] =
    atoms;
  const window = client.AllocID();
  client.CreateWindow(window, root, 0, 0, 1, 1, 0, 0, INPUT_ONLY, 0, {
    eventMask: PROPERTY_CHANGES,
  });
  const since = await serverTime(client, window, hint);
  let isServed = false;
  const over = new Promise<void>((resolve) => {
    void broken.then(() => resolve());
    client.on("event", (event) => {
      if (event.name === "SelectionClear" && event.selection === clipboard) resolve();
      if (event.name !== "SelectionRequest") return;
      if (event.target === multiple) answerAll(client, event, pair, giveAll);
      else answer(client, event, giveAll([event.target])[0] ?? null);
    });
    /** What is asked for at once is one paste. */
    const giveAll = (wanted: readonly number[]) => {
      const values = wanted.map((target) => (isForOnePaste && isServed ? null : valueFor(target)));
      if (isForOnePaste && wanted.some((target) => texts.includes(target))) {
        isServed = true;
        resolve();
      }
      return values;
    };
  });
  const valueFor = (target: number): Value | null => {
    if (target === targets) return [ATOM, 32, [targets, multiple, timestamp, hint, ...texts]];
    if (target === timestamp) return [INTEGER, 32, [since]];
    if (target === hint) return [STRING, 8, Buffer.from("secret")];
    return texts.includes(target) ? [target, 8, text] : null;
  };
  client.SetSelectionOwner(window, clipboard, since);
  const owner = await ownerOf(client, clipboard);
  if (owner !== window) return null;
  const close = async () => {
    // another program's later copy stays, because `since` is older
    client.SetSelectionOwner(0, clipboard, since);
    // who asked before that is answered until the server has reached it, or would wait for ever
    await ownerOf(client, clipboard);
    await new Promise((closed) => client.close(closed));
  };
  const release = () =>
    Promise.race([broken, close(), pause(MAX_ENDING, undefined, { ref: false })]).then(
      () => undefined,
    );
  return { over, release };
}

type Value = readonly [type: number, bits: number, data: Buffer | readonly number[]];

/** Puts the value into the property that was asked for and says so; null refuses. */
function answer(client: XClient, event: XEvent, value: Value | null): void {
  // clients of old name no property
  const property = event.property || event.target;
  if (value) client.ChangeProperty(REPLACE, event.requestor, property, ...value);
  tell(client, event, value ? property : 0);
}

/**
 * Answers a request for several values (ICCCM section 2.6.2): its property has pairs of a type and
 * of the property for it, and those that are refused are marked there.
 */
function answerAll(
  client: XClient,
  event: XEvent,
  pairType: number,
  giveAll: (targets: readonly number[]) => readonly (Value | null)[],
): void {
  const { requestor, property } = event;
  const words = (MAX_PAIRS * PAIR_BYTES) / 4;
  client.GetProperty(0, requestor, property, ANY, 0, words, (error, found) => {
    const pairs = error ? [] : pairsOf(found.data);
    const values = giveAll(pairs.map(([target]) => target));
    const told = pairs.flatMap(([target, place], i) => {
      const value = place === 0 ? null : values[i];
      if (value) client.ChangeProperty(REPLACE, requestor, place, ...value);
      return [target, value ? place : 0];
    });
    if (!error) client.ChangeProperty(REPLACE, requestor, property, pairType, 32, told);
    tell(client, event, error ? 0 : property);
    return true;
  });
}

function pairsOf(data: Buffer): (readonly [target: number, place: number])[] {
  const count = Math.min(MAX_PAIRS, Math.floor(data.length / PAIR_BYTES));
  return Array.from({ length: count }, (_, i) => {
    const at = i * PAIR_BYTES;
    return [data.readUInt32LE(at), data.readUInt32LE(at + PAIR_BYTES / 2)] as const;
  });
}

/** Tells the program that asked in which property its answer is; 0 for none. */
function tell(client: XClient, event: XEvent, property: number): void {
  const { time, requestor, selection, target } = event;
  const told = { time, requestor, selection, target, property };
  client.SendEvent(requestor, 0, 0, { name: "SelectionNotify", ...told });
}

/** The window that owns a selection, 0 for none. */
function ownerOf(client: XClient, selection: number): Promise<number> {
  return new Promise((resolve, reject) =>
    client.GetSelectionOwner(selection, (error, owner) => {
      if (error) reject(error);
      else resolve(owner);
      return true;
    }),
  );
}

function atomOf(client: XClient, name: string): Promise<number> {
  return new Promise((resolve, reject) =>
    client.InternAtom(false, name, (error, atom) => {
      if (error) reject(error);
      else resolve(atom);
      return true;
    }),
  );
}

/** The server's time, which it tells with the change of a property (ICCCM section 2.1). */
function serverTime(client: XClient, window: number, property: number): Promise<number> {
  return new Promise((resolve) => {
    client.on("event", ({ name, time }) => {
      if (name === "PropertyNotify") resolve(time);
    });
    client.ChangeProperty(APPEND, window, property, STRING, 8, Buffer.alloc(0));
  });
}
