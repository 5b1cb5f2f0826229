import { defineCommand, flag, optional } from "../cli/command.ts";
import type { Style } from "../cli/style.ts";
import { formatTable } from "../cli/table.ts";
import { fold } from "../token/names.ts";
import { printable } from "../token/printable.ts";
import { lastUsed, type Passcode, takePasscode } from "../vault/passcodes.ts";
import type { IndexEntry } from "../vault/token-index.ts";
import { unguardedSecretKey } from "../vault/token-pin.ts";
import type { Vault } from "../vault/vault.ts";
import { inListOrder } from "./lookup.ts";
import { kindInWords, type TokenView, viewToken } from "./token-view.ts";

interface ListedToken {
  readonly view: TokenView;
  /** Null where a passcode would use a counter up or needs a PIN. */
  readonly passcode: Passcode | null;
}

interface Listing {
  readonly tokens: readonly ListedToken[];
  readonly total: number;
  readonly withCodes: boolean;
}

/** `fob list`: the tokens, favourites then name order. */
export const list = defineCommand({
  name: "list",
  summary: "list the tokens",
  description: "PATTERN narrows the list to tokens whose name, issuer or account contains it.",
  arguments: { pattern: optional("PATTERN", "part of a name, issuer or account") },
  options: { codes: flag("add the passcodes of time-based tokens without a PIN") },
  examples: [
    { command: "fob list", explanation: "every token, favourites first" },
    { command: "fob list --json | jq -r '.[].name'", explanation: "the names, for a script" },
  ],
  async run({ pattern, codes }, context): Promise<Listing> {
    const vault = await context.findVault();
    if (!vault) return { tokens: [], total: 0, withCodes: codes };
    const entries = vault.entries();
    const chosen = inListOrder(entries.filter((entry) => contains(entry, pattern ?? "")));
    const tokens = chosen.map((entry) => listToken(vault, entry, codes ? context.clock() : null));
    return { tokens, total: entries.length, withCodes: codes };
  },
  text: formatListing,
  json: ({ tokens, withCodes }) =>
    tokens.map(({ view, passcode }) => (withCodes ? { ...view, code: passcode?.code ?? null } : view)),
  notes({ tokens, total }) {
    if (total === 0) return ["no tokens yet: `fob enroll` adds one"];
    return tokens.length === 0 ? ["no token matches"] : [];
  },
});

function listToken(vault: Vault, entry: IndexEntry, time: Date | null): ListedToken {
  // the index does not follow counters, so that making a passcode rewrites one file
  const isCounting = "counter" in entry.credential && entry.credential.counter !== null;
  const token = isCounting ? { ...entry, credential: vault.read(entry.id).token.credential } : entry;
  return { view: viewToken(token, lastUsed(vault, entry.id)), passcode: time && freePasscode(vault, entry, time) };
}

function freePasscode(vault: Vault, entry: IndexEntry, time: Date): Passcode | null {
  if (entry.credential.kind !== "totp" || entry.accessDomain !== "00") return null;
  const record = vault.read(entry.id);
  return record.guard ? null : takePasscode(vault, record, unguardedSecretKey(vault, record), time);
}

function contains({ name, issuer, account }: IndexEntry, pattern: string): boolean {
  return fold([name, issuer ?? "", account ?? ""].join("\n")).includes(fold(pattern));
}

function formatListing({ tokens, withCodes }: Listing, style: Style): string {
  if (tokens.length === 0) return "";
  const heading = ["NAME", "ISSUER", "ACCOUNT", "KIND", "STATE", ...(withCodes ? ["PASSCODE"] : [])];
  const rows = tokens.map(({ view, passcode }) => [
    printable(view.name),
    printable(view.issuer ?? "-"),
    printable(view.account ?? "-"),
    kindInWords(view.kind),
    stateInWords(view),
    ...(withCodes ? [passcode?.code ?? "-"] : []),
  ]);
  return formatTable(heading, rows, style);
}

function stateInWords({ favorite, pin, accessDomain }: TokenView): string {
  const words = [
    favorite ? "favorite" : null,
    pin === "none" ? null : `${pin === "user" ? "" : "server "}PIN`,
    accessDomain === "00" ? null : `access ${accessDomain}`,
  ];
  return words.filter(Boolean).join(", ") || "-";
}
