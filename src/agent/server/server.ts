import { createServer, type Server } from "node:net";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { type ClientHandler, converse } from "./conversation.ts";

/** Far more clients than a machine has. */
const MAX_CLIENTS = 8_192;

/**
 * How many clients may wait to be let in, where the system allows as many: Node's own 511 turns
 * many clients away.
 */
const MAX_WAITING = 4_096;

/**
 * Listens on a socket (or named pipe) of this user, and answers lines with
 * lines. The folder of the socket belongs to this user alone. Rejects with FobError `unavailable`
 * when the name is taken, or longer than a socket's may be.
 */
export function listen(path: string, newClient: () => ClientHandler): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => converse(socket, newClient()));
  server.maxConnections = MAX_CLIENTS;
  return new Promise((resolve, reject) => {
    const fail = ({ message }: Error) =>
      reject(new FobError("unavailable", t`the agent cannot listen: ${message}`));
    server.once("error", fail);
    server.listen({ path, backlog: MAX_WAITING }, () => {
      server.off("error", fail);
      // out of descriptors: the clients that are there go on
      server.on("error", () => undefined);
      resolve(server);
    });
  });
}
