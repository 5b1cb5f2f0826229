import { FobError } from "../fob-error.ts";
import { retold } from "../language.ts";
import { connect } from "./connection.ts";

/**
 * What the agent at `socket` answers to one request about this vault, or undefined when it does not. Rejects with the agent's refusal
 * where that was done which was asked for, and must not be asked for again.
 */
export async function askOnce(socket: string, vault: string, request: { readonly do: string }): Promise<unknown> {
  const connection = await connect(socket);
  if (!connection) return undefined;
  const [greeting, reply] = await Promise.all([
    connection.ask(`vault ${vault}`),
    connection.ask(JSON.stringify(request)),
  ]);
  connection.end();
  if (greeting !== `ok ${vault}`) return undefined;
  const { ok, error } = JSON.parse(reply);
  if (error?.isDone !== true) return ok;
  throw new FobError(error.code, retold(error.message), { hint: retold(error.hint ?? ""), isDone: true });
}
