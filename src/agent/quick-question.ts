import { connect } from "./connection.ts";

/** The passcode that the agent at `socket` gives for a token of this vault, or null when it does not. */
export async function askOnce(socket: string, vault: string, name: string): Promise<string | null> {
  const connection = await connect(socket);
  if (!connection) return null;
  const [greeting, reply] = await Promise.all([
    connection.ask(`vault ${vault}`),
    connection.ask(JSON.stringify({ do: "code", name })),
  ]);
  connection.end();
  const code = greeting === `ok ${vault}` ? JSON.parse(reply).ok?.code : null;
  return typeof code === "string" ? code : null;
}
