import { connect } from "./connection.ts";

/** What the agent at `socket` answers to one request about this vault, or undefined when it does not. */
export async function askOnce(socket: string, vault: string, request: { readonly do: string }): Promise<unknown> {
  const connection = await connect(socket);
  if (!connection) return undefined;
  const [greeting, reply] = await Promise.all([
    connection.ask(`vault ${vault}`),
    connection.ask(JSON.stringify(request)),
  ]);
  connection.end();
  return greeting === `ok ${vault}` ? JSON.parse(reply).ok : undefined;
}
