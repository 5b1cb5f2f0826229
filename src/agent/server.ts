import { createServer, type Server } from "node:net";
import { converse } from "./conversation.ts";

/** More clients than any machine has use for. */
const MAX_CLIENTS = 8_192;

/**
 * Listens on a socket (or named pipe) that nobody else can connect to, and answers lines with lines. The folder of the socket belongs to
 * this user alone. Rejects when the name is taken.
 */
export function listen(path: string, newClient: () => (line: string) => Promise<string>): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => converse(socket, newClient()));
  server.maxConnections = MAX_CLIENTS;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      // out of descriptors: the clients that are there go on
      server.on("error", () => undefined);
      resolve(server);
    });
  });
}
