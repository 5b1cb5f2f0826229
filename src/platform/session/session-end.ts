import type { Message, MessageBus } from "@jellybrick/dbus-next";
import { sleep } from "#base/long-timer.ts";
import { promptly, withBus } from "#platform/d-bus.ts";

/** Why logind says that nobody may sit at this machine any more. */
export type Departure = "the machine goes to sleep" | "the screen is locked";

const LOGIND = "org.freedesktop.login1";
const SESSION = `${LOGIND}.Session`;
const PROPERTIES = "org.freedesktop.DBus.Properties";

/** Where logind has its sessions. */
const SESSIONS = "/org/freedesktop/login1/session";

/** How long to wait before the bus is looked for again, in milliseconds. */
const RETRY_MS = 60_000;

/**
 * The signals of logind that are listened to (org.freedesktop.login1(5)). A desktop that locks its
 * screen by itself sends no `Lock`, but changes the property LockedHint.
 */
const RULES = [
  `type='signal',sender='${LOGIND}',interface='${LOGIND}.Manager',member='PrepareForSleep'`,
  `type='signal',sender='${LOGIND}',interface='${SESSION}',member='Lock'`,
  `type='signal',sender='${LOGIND}',interface='${PROPERTIES}',member='PropertiesChanged',path_namespace='${SESSIONS}',arg0='${SESSION}'`,
];

/**
 * Calls `leave` whenever logind says that the machine goes to sleep, or that the screen of a
 * session of this user is locked. Looks for the bus again when there is none. Resolves when `end`
 * aborts, and never rejects; returns at once where there is no logind (other systems than Linux).
 */
export async function watchSession(
  leave: (why: Departure) => void,
  end: AbortSignal,
  listening: () => void = () => undefined,
): Promise<void> {
  if (process.platform !== "linux") return;
  while (!end.aborted) {
    try {
      await withBus("system", (bus) => hear(bus, leave, end, listening));
    } catch {
      // there is no bus, or it has ended; an agent is of use without it
    }
    await sleep(RETRY_MS, end);
  }
}

async function hear(
  bus: MessageBus,
  leave: (why: Departure) => void,
  end: AbortSignal,
  listening: () => void,
): Promise<void> {
  // one after the other, in the order in which they came
  let last = Promise.resolve();
  bus.on("message", (message: Message) => {
    last = last.then(async () => {
      const why = await meaningOf(message, bus).catch(() => null);
      if (why !== null) leave(why);
    });
  });
  for (const rule of RULES)
    await promptly(call(bus, ["org.freedesktop.DBus", "AddMatch", "s", [rule]]));
  listening();
  await untilAborted(end);
}

/** Null for what means nothing here: a wake-up, another user's session, another sender. */
async function meaningOf(message: Message, bus: MessageBus): Promise<Departure | null> {
  const meaning = readSignal(message);
  if (meaning === null) return null;
  // any program on the bus may send us a signal
  const [owner] = await call(bus, ["org.freedesktop.DBus", "GetNameOwner", "s", [LOGIND]]);
  if (message.sender !== owner) return null;
  if (meaning === "the machine goes to sleep") return meaning;
  return (await isOurs(message.path ?? "", bus)) ? meaning : null;
}

function readSignal({ interface: of, member, body }: Message): Departure | null {
  if (of === `${LOGIND}.Manager` && member === "PrepareForSleep")
    return body[0] === true ? "the machine goes to sleep" : null;
  if (of === SESSION && member === "Lock") return "the screen is locked";
  const isOfSession = of === PROPERTIES && member === "PropertiesChanged" && body[0] === SESSION;
  return isOfSession && isHinted(body[1]) ? "the screen is locked" : null;
}

/** Whether the changed properties of a session say that it is locked now. */
function isHinted(changed: unknown): boolean {
  if (typeof changed !== "object" || changed === null || !("LockedHint" in changed)) return false;
  return valueIn(changed.LockedHint) === true;
}

/** Whether a session belongs to this user. One that logind does not describe may. */
async function isOurs(path: string, bus: MessageBus): Promise<boolean> {
  try {
    const [user] = await call(bus, [LOGIND, "Get", "ss", [SESSION, "User"]], path);
    const [uid] = valueIn(user) as readonly unknown[];
    return uid === process.getuid?.();
  } catch {
    // it has ended meanwhile
    return true;
  }
}

type Call = readonly [destination: string, member: string, signature: string, body: unknown[]];

async function call(
  bus: MessageBus,
  [destination, member, signature, body]: Call,
  path = "/org/freedesktop/DBus",
): Promise<readonly unknown[]> {
  const { Message } = await import("@jellybrick/dbus-next");
  const of = member === "Get" ? PROPERTIES : "org.freedesktop.DBus";
  const reply = await promptly(
    bus.call(new Message({ destination, path, interface: of, member, signature, body })),
  );
  return reply?.body ?? [];
}

function valueIn(variant: unknown): unknown {
  return typeof variant === "object" && variant !== null && "value" in variant
    ? variant.value
    : undefined;
}

async function untilAborted(end: AbortSignal): Promise<void> {
  if (end.aborted) return;
  await new Promise<void>((resolve) =>
    end.addEventListener("abort", () => resolve(), { once: true }),
  );
}
