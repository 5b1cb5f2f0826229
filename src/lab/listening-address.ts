import { connect } from "node:net";

/** How long a server may take to accept a connection, in milliseconds. */
const PATIENCE_MS = 1_000;

/**
 * The first of these addresses, the newest first, at which something listens: a server may have
 * ended since it wrote its own down. The newest one where nothing listens; null for none.
 */
export async function listeningAddress(addresses: readonly string[]): Promise<string | null> {
  for (const address of addresses) if (await isListening(new URL(address))) return address;
  return addresses[0] ?? null;
}

function isListening({ hostname, port }: URL): Promise<boolean> {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port || 80), timeout: PATIENCE_MS });
    const end = (isAccepted: boolean) => {
      socket.destroy();
      resolve(isAccepted);
    };
    socket.once("connect", () => end(true));
    for (const event of ["error", "timeout"]) socket.once(event, () => end(false));
  });
}
