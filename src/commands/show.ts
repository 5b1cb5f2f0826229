import { defineCommand, required } from "../cli/command.ts";
import { formatMoment } from "../cli/moments.ts";
import type { Style } from "../cli/style.ts";
import { formatFields } from "../cli/table.ts";
import { printable } from "../token/printable.ts";
import { lastUseOf, lastUses } from "../vault/last-uses.ts";
import { existingTokens, findAmong } from "./lookup.ts";
import { kindInWords, type TokenView, viewToken } from "./token-view.ts";

/** `fob show`: one token's details, never its secret. */
export const show = defineCommand({
  name: "show",
  summary: "show one token's details, never its secret",
  arguments: { name: required("NAME", "name or id of a token", "token") },
  options: {},
  examples: [{ command: "fob show vpn", explanation: "kind, algorithm, counter, PIN and where it came from" }],
  async run({ name }, context): Promise<TokenView> {
    const tokens = await existingTokens(null, context);
    const { id } = await findAmong(tokens, name);
    const { token } = await tokens.look(id);
    return viewToken(token, lastUseOf(lastUses(tokens), id));
  },
  text: (view, style) => formatFields(describeFields(view, style), style),
  json: (view) => view,
});

function describeFields(view: TokenView, style: Style): [string, string][] {
  const fields: [string, string | null | undefined][] = [
    ["name", view.name],
    ["issuer", view.issuer],
    ["account", view.account],
    ["kind", kindInWords(view.kind)],
    ["suite", view.suite],
    ["algorithm", view.algorithm],
    [
      "digits",
      view.digits === null ? null : `${view.digits}${view.alphabet === "decimal" ? "" : ` (${view.alphabet})`}`,
    ],
    ["server", view.server],
    ["protocol", view.protocol],
    ["period", view.period === undefined ? null : `${view.period} s`],
    ["counter", view.counter?.toString()],
    ["serial", view.serial],
    ["PIN", view.pin],
    ["access domain", view.accessDomain],
    ["favorite", view.favorite ? "yes" : "no"],
    ["format", view.format],
    ["enrolled", formatMoment(view.enrolledAt, style)],
    ["last used", view.lastUsedAt ? formatMoment(view.lastUsedAt, style) : "never"],
    ["id", view.id],
  ];
  return fields.flatMap(([name, value]) => (value ? [[name, printable(value)]] : []));
}
