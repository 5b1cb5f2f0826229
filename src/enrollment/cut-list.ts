import { t } from "#base/language.ts";
import { encodeBase32 } from "#token/base32.ts";
import type { Finding } from "#token/draft/parsed-token.ts";

interface FromList {
  readonly secret: Uint8Array;
  readonly findings: readonly Finding[];
}

/**
 * The tokens of a list, one Key URI a line. Where the last line has no end, and its secret is the
 * last of it and shorter than all others, the list may have been cut off: that is a finding of its
 * token. `drafts` may be of a part of the lines, in their order.
 */
export function judgeEnd<Draft extends FromList>(
  list: string,
  drafts: readonly Draft[],
): readonly Draft[] {
  const last = drafts.at(-1);
  const others = drafts.slice(0, -1);
  if (!last || others.length === 0 || !endsWithSecret(list, last.secret)) return drafts;
  if (others.some(({ secret }) => secret.length <= last.secret.length)) return drafts;
  const finding: Finding = {
    severity: "warning",
    code: "secret-cut",
    message: t(
      "the list ends in its secret, which is shorter than all others: if the list was cut off, so is the secret",
    ),
  };
  return [...others, { ...last, findings: [...last.findings, finding] }];
}

function endsWithSecret(list: string, secret: Uint8Array): boolean {
  const line = list.slice(list.lastIndexOf("\n") + 1).trim();
  const at = line.toLowerCase().lastIndexOf("secret=");
  if (at < 0) return false;
  const written = line.slice(at + "secret=".length).toUpperCase();
  // the last character of what was cut may hold a part of a byte, which is left out
  return !written.includes("&") && written.startsWith(encodeBase32(secret).slice(0, -1));
}
