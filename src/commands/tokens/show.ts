import { t } from "#base/language.ts";
import { defineCommand, required } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { formatMoment } from "#cli/output/moments.ts";
import type { Style } from "#cli/output/style.ts";
import { type Fields, formatFields } from "#cli/output/table.ts";
import { existingTokens, findOne } from "#commands/lookup.ts";
import { printable } from "#token/printable.ts";
import { lastUses } from "#vault/tokens/last-uses.ts";
import { kindInWords, pinInWords, type TokenView, viewToken } from "./token-view.ts";

/** `fob show`: one token's details, never its secret. */
export const show = defineCommand({
  name: "show",
  summary: "show one token's details, never its secret",
  arguments: { name: required("NAME", "name or id of a token", "token") },
  options: {},
  examples: [
    {
      command: "fob show vpn",
      explanation: "kind, algorithm, counter, PIN and where it came from",
    },
  ],
  async run({ name }, context: Pick<Context, "findTokens">): Promise<TokenView> {
    const tokens = await existingTokens(null, context);
    const { id } = await findOne(tokens, name);
    const { token, isWiped } = await tokens.look(id);
    return viewToken(token, lastUses(tokens).of(id), isWiped);
  },
  text: (view, style) => formatFields(describeFields(view, style), style),
  json: (view) => view,
});

function describeFields(view: TokenView, style: Style): Fields {
  const fields: Fields = [
    [t("name"), view.name],
    [t("issuer"), view.issuer],
    [t("account"), view.account],
    [t("kind"), kindInWords(view.kind)],
    [t("suite"), view.suite],
    [t("algorithm"), view.algorithm],
    [
      t("digits"),
      view.digits === null
        ? null
        : `${view.digits}${view.alphabet === "decimal" ? "" : ` (${view.alphabet})`}`,
    ],
    [t("server"), view.server],
    [t("protocol"), view.protocol],
    [t("period"), view.period === undefined ? null : `${view.period} s`],
    [t("counter"), view.counter?.toString()],
    [t("serial"), view.serial],
    [t("PIN"), pinInWords(view.pin)],
    [
      t("secret"),
      view.wiped ? t("wiped after too many wrong PINs: a new enrollment is the way out") : null,
    ],
    [t("access domain"), view.accessDomain],
    [t("favorite"), view.favorite ? t("yes") : t("no")],
    [t("format"), view.format],
    [t("enrolled"), formatMoment(view.enrolledAt, style)],
    [t("last used"), view.lastUsedAt ? formatMoment(view.lastUsedAt, style) : t("never")],
    [t("id"), view.id],
  ];
  return fields.map(([name, value]) => [name, value ? printable(value) : null]);
}
