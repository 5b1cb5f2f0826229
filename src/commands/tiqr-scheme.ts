import type { Context } from "#cli/context.ts";
import { hasOtherScheme, parseTiqrSchemes, withTiqrScheme } from "#push/tiqr/tiqr-schemes.ts";

/**
 * A text with TiQR's own scheme in place of one that the setting `tiqr.schemes` names; any other
 * text is unchanged.
 */
export function withKnownScheme(text: string, { settings }: Pick<Context, "settings">): string {
  // settings that cannot be read hinder nothing that needs none
  if (!hasOtherScheme(text)) return text;
  return withTiqrScheme(text, parseTiqrSchemes(settings.choose("tiqr.schemes")));
}
