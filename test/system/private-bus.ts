import { spawnSync } from "node:child_process";
import { until } from "../waiting.ts";

/** The configuration of a bus of our own, on which everybody may do everything. */
export function busConfiguration(type: "session" | "system", address: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
    <busconfig><type>${type}</type><listen>${address}</listen><policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/><allow user="*"/></policy></busconfig>`;
}

/** Waits until a name has its owner on the bus that the environment names. */
export async function onBus(
  type: "session" | "system",
  env: NodeJS.ProcessEnv,
  name: string,
): Promise<void> {
  const call = [
    "-d",
    "org.freedesktop.DBus",
    "-o",
    "/",
    "-m",
    "org.freedesktop.DBus.GetNameOwner",
    name,
  ];
  const isOwned = () =>
    spawnSync("gdbus", ["call", `--${type}`, ...call], { env, stdio: "ignore" }).status === 0;
  await until(`${name} is on the bus`, isOwned, { everyMs: 50 });
}
