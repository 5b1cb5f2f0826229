import type { ClientInterface, MessageBus } from "@jellybrick/dbus-next";

/** What a proxy tells. The package types its events by the generic emitter, which knows none. */
export interface Signals {
  on(name: string, listener: (...given: never[]) => void): unknown;
  removeAllListeners(name: string): unknown;
}

/**
 * Connects to the bus of the session or of the system for as long as `use` takes. Rejects with the
 * bus's own error when it cannot be reached, or goes away meanwhile.
 */
export async function withBus<T>(
  which: "session" | "system",
  use: (bus: MessageBus) => Promise<T>,
): Promise<T> {
  const { sessionBus, systemBus } = await import("@jellybrick/dbus-next");
  const bus = which === "session" ? sessionBus() : systemBus();
  const events: Signals = bus;
  const failed = new Promise<never>((_, reject) => events.on("error", reject));
  failed.catch(() => undefined);
  try {
    return await Promise.race([use(bus), failed]);
  } finally {
    bus.disconnect();
  }
}

/** Calls a method of a proxy: which ones it has is known when the program runs. */
export async function call<T>(
  proxy: ClientInterface,
  method: string,
  ...given: unknown[]
): Promise<T> {
  const found: ((...given: unknown[]) => Promise<T>) | undefined = Reflect.get(proxy, method);
  if (!found) throw new Error(`${proxy.$name} does not know ${method}`);
  return found.apply(proxy, given);
}
