import { createServer, type Server, type Socket } from "node:net";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { type ClientHandler, converse } from "./conversation.ts";

/** Far more clients than one machine has. */
const MAX_CLIENTS = 8_192;

/**
 * Length of the queue of pending connections, where the system allows it: Node's default of 511
 * refuses clients under load.
 */
const MAX_WAITING = 4_096;

/** The path of a socket or named pipe, or the descriptor of a socket that another program made. */
export type ListenAt = { readonly path: string } | { readonly fd: number };

/**
 * Listens on a socket (or named pipe) and answers lines with lines. The socket's folder is
 * accessible to this user only. Rejects with FobError `unavailable` when the address is in use, or
 * too long for a socket.
 */
export function listen(
  at: ListenAt,
  newClient: (socket: Socket) => ClientHandler,
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) =>
    converse(socket, newClient(socket)),
  );
  server.maxConnections = MAX_CLIENTS;
  return new Promise((resolve, reject) => {
    const fail = ({ message }: Error) =>
      reject(new FobError("unavailable", t`the agent cannot listen: ${message}`));
    server.once("error", fail);
    // a backlog in the options would not count for a descriptor
    server.listen(at, MAX_WAITING, () => {
      server.off("error", fail);
      // out of file descriptors: connected clients are still served
      server.on("error", () => undefined);
      resolve(server);
    });
  });
}
