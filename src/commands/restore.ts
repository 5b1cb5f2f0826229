import { defineCommand, optional } from "../cli/command.ts";
import { formatTable } from "../cli/table.ts";
import { printable } from "../token/printable.ts";
import { RESTORABLE_DAYS, removedTokens, restoreToken } from "../vault/removal.ts";
import type { TokenRecord } from "../vault/token-record.ts";
import { existingVault, findToken } from "./lookup.ts";

interface Restorable {
  readonly id: string;
  readonly name: string;
  readonly removedAt: Date;
  readonly restorableUntil: Date;
}

type Restoration =
  | { readonly kind: "restored"; readonly id: string; readonly name: string }
  | { readonly kind: "restorable"; readonly tokens: readonly Restorable[] };

/** `fob restore`: brings a removed token back, or lists those that can be. */
export const restore = defineCommand({
  name: "restore",
  summary: "bring back a removed token; without NAME, list those that can be",
  arguments: { name: optional("NAME", "name or id of a removed token") },
  options: {},
  examples: [
    { command: "fob restore", explanation: "what was removed in the last 30 days" },
    { command: "fob restore old-vpn", explanation: "brings it back, counter and all" },
  ],
  async run({ name }, context): Promise<Restoration> {
    const vault = await existingVault(context);
    const removed = removedTokens(vault);
    if (name === undefined) return { kind: "restorable", tokens: removed.flatMap(toRestorable) };
    // of several with one name, the one removed last is meant
    const latest = removed.find(({ token }) => token.name === name)?.token;
    const token =
      latest ??
      findToken(
        name,
        removed.map((record) => record.token),
      );
    const restored = restoreToken(vault, token.id);
    return { kind: "restored", id: restored.id, name: restored.name };
  },
  text(result, style) {
    if (result.kind === "restored") return printable(`restored ${result.name}`);
    if (result.tokens.length === 0) return "";
    const rows = result.tokens.map(({ id, name, removedAt }) => [printable(name), removedAt.toISOString(), id]);
    return formatTable(["NAME", "REMOVED", "ID"], rows, style);
  },
  json: (result) => (result.kind === "restored" ? { id: result.id, name: result.name } : result.tokens),
  notes: (result) => (result.kind === "restorable" && result.tokens.length === 0 ? ["nothing can be restored"] : []),
});

function toRestorable({ token: { id, name }, removedAt }: TokenRecord): Restorable[] {
  if (!removedAt) return [];
  return [{ id, name, removedAt, restorableUntil: new Date(removedAt.getTime() + RESTORABLE_DAYS * 86_400_000) }];
}
