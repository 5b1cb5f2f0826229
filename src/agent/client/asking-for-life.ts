import type { Connection } from "./connection.ts";

/** How often an agent that works on a request is asked whether it lives, in milliseconds. */
const LIFE_MS = 3_000;

/** For how long it is asked, in milliseconds: no request takes longer. */
const MAX_WORKING = 10 * 60 * 1000;

/** A request that no agent knows: it is refused at once, and counts as no use of the vault. */
const QUESTION = '{"do":"live"}';

/**
 * The same connection, but an answer may take as long as the agent lives: while it works on a
 * request, it is asked for signs of life. Requests of many clients wait for each other.
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
        // the request fails with the agent, whatever becomes of the question
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
