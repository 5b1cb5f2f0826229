import type { ClientInterface, MessageBus } from "@jellybrick/dbus-next";
import { t } from "#base/language.ts";

/**
 * How long the bus, or a program on it, may take to say anything, in milliseconds. The program may
 * have to be started first.
 */
const MAX_SILENCE = 10_000;

/** The events of a proxy. The package types them by the generic emitter, which has none. */
export interface Signals {
  on(name: string, listener: (...given: never[]) => void): unknown;
  removeAllListeners(name: string): unknown;
}

/** What the package does not tell of its connection, but needs to be known. */
interface BusConnection extends Signals {
  /** Absent until the bus is found. */
  readonly stream?: { destroy(): unknown };
}

/**
 * Connects to the session bus or the system bus while `use` runs. Rejects with the bus's own error
 * when it cannot be reached, or the connection is lost. `use` limits its own time: see {@link
 * promptly}.
 */
export async function withBus<T>(
  which: "session" | "system",
  use: (bus: MessageBus) => Promise<T>,
): Promise<T> {
  const { sessionBus, systemBus } = await import("@jellybrick/dbus-next");
  const bus = which === "session" ? sessionBus() : systemBus();
  const events: Signals = bus;
  const connection: BusConnection = Reflect.get(bus, "_connection");
  const failed = new Promise<never>((_, reject) => {
    events.on("error", reject);
    connection.on("end", () => reject(new Error(t("the bus has gone"))));
  });
  failed.catch(() => undefined);
  try {
    return await Promise.race([use(bus), failed]);
  } finally {
    bus.disconnect();
    // the package ends its own half, and a bus that leaves the other one open would keep this
    // process running
    connection.stream?.destroy();
  }
}

/**
 * What `work` on a bus resolves with, unless that takes too long. The timer keeps no process
 * running: a connection does, and without one {@link withBus} rejects.
 */
export async function promptly<T>(work: Promise<T>, milliseconds = MAX_SILENCE): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new Error(t`no answer within ${milliseconds / 1000} s`));
    timer = setTimeout(giveUp, milliseconds).unref();
  });
  return Promise.race([work, silence]).finally(() => clearTimeout(timer));
}

/** Calls a method of a proxy, whose methods are only known at run time. */
export async function call<T>(
  proxy: ClientInterface,
  method: string,
  ...given: unknown[]
): Promise<T> {
  const found: ((...given: unknown[]) => Promise<T>) | undefined = Reflect.get(proxy, method);
  if (!found) throw new Error(`${proxy.$name} does not know ${method}`);
  return found.apply(proxy, given);
}
