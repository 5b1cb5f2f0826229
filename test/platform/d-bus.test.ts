import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { fingerprintReader } from "#platform/biometric/fingerprint-reader.ts";
import { desktopNotifier } from "#platform/notification/desktop-notifier.ts";

const USERS: readonly [string, () => Promise<string>][] = [
  ["notifications", () => desktopNotifier().describe()],
  ["fingerprints", () => fingerprintReader().describe()],
];

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

/** A bus, for the session and for the system, that does no more than `serve` says. */
async function busThat(serve: (client: Socket) => void): Promise<{ client: Promise<Socket> }> {
  const folder = mkdtempSync(join(tmpdir(), "fob-bus-"));
  const server = createServer({ allowHalfOpen: true }, serve);
  server.listen(join(folder, "bus"));
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  for (const which of ["SESSION", "SYSTEM"])
    vi.stubEnv(`DBUS_${which}_BUS_ADDRESS`, `unix:path=${join(folder, "bus")}`);
  return { client: once(server, "connection").then(([client]) => client) };
}

describe.skipIf(process.platform === "win32").each(USERS)("%s", (_, use) => {
  test("are given up on a bus that says nothing, and nothing of it is kept", async () => {
    const bus = await busThat((client) => client.on("error", () => undefined).resume());
    // the bus itself takes real time
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const used = use();
    const refused = expect(used).rejects.toMatchObject({ code: "unavailable" });
    const client = await bus.client;
    await vi.advanceTimersByTimeAsync(10_000);
    await refused;
    // a client that had ended its own half alone would take this
    client.write("OK\r\n");
    await new Promise((resolve) => client.once("close", resolve));
  });

  test("are given up at once on a bus that hangs up", async () => {
    await busThat((client) => client.on("error", () => undefined).end());
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await expect(use()).rejects.toMatchObject({ code: "unavailable" });
  });

  test("keep no timer for a bus that is not there", async () => {
    for (const which of ["SESSION", "SYSTEM"])
      vi.stubEnv(`DBUS_${which}_BUS_ADDRESS`, "unix:path=/nonexistent/bus");
    const before = timers();
    await expect(use()).rejects.toMatchObject({ code: "unavailable" });
    expect(timers()).toBe(before);
  });
});

/** How many timers keep this process running. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
}
