import type { Connection } from "./connection.ts";

/** How often an agent is asked for a sign of life during a request, in milliseconds. */
const LIFE_MS = 3_000;

/** How long it is asked, in milliseconds: no request takes longer. */
const MAX_WORKING = 10 * 60 * 1000;

/** An unknown request: it is refused at once, and is no use of the vault. */
const QUESTION = '{"do":"live"}';

/**
 * The same connection, but an answer may take as long as the agent lives, at most ten minutes:
 * during a request it is asked for signs of life. An agent may be busy with the requests of other
 * clients.
 */
export function askingForLife(connection: Connection): Connection {
  return {
    ended: connection.ended,
    get isOpen() {
      return connection.isOpen;
    },
    async ask(line, patience) {
      const until = performance.now() + MAX_WORKING;
      const life = setInterval(() => {
        // if the agent dies, the request fails as well; this error is not needed
        if (performance.now() < until) connection.ask(QUESTION).catch(() => undefined);
      }, LIFE_MS);
      try {
        return await connection.ask(line, patience);
      } finally {
        clearInterval(life);
      }
    },
    end: () => connection.end(),
  };
}
