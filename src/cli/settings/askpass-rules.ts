/** A rule of `fob askpass`: which prompts are answered, of which host, with which token. */
export interface AskpassRule {
  /** The whole prompt, in any letter case; `*` stands for any characters. */
  readonly pattern: string;
  /** The host that asks, with `*` likewise; null for any, or none. */
  readonly host: string | null;
  /** A NAME of the token. */
  readonly token: string;
}

const MAX_RULES = 64;

const ARROW = " => ";
const AT = " @";
/** What stands for a host, right or wrong: words of a prompt have blanks between them. */
const WORD = /^\S*$/;
const HOST = /^[A-Za-z0-9*._:[\]-]{1,255}$/;

/** The rules of a setting, with semicolons or line ends between them; null where one is no rule. */
export function parseAskpassRules(setting: string): readonly AskpassRule[] | null {
  const lines = setting.split(/[;\n]/).map((line) => line.trim());
  const rules = lines.filter(Boolean).map(parseRule);
  if (rules.length > MAX_RULES) return null;
  return rules.every((rule) => rule !== null) ? rules : null;
}

/** `PATTERN @HOST => TOKEN`, or without a host; null for what has two arrows, or a wrong host. */
function parseRule(line: string): AskpassRule | null {
  const [left, token = "", ...more] = line.split(ARROW).map((part) => part.trim());
  // a blank before it, so that a host without a pattern is found, too
  const before = ` ${left}`;
  const at = before.lastIndexOf(AT);
  const named = before.slice(at + AT.length);
  const host = at >= 0 && WORD.test(named) ? named : null;
  const pattern = (host === null ? before : before.slice(0, at)).trim();
  const isToken = token !== "" && !token.startsWith("=>") && more.length === 0;
  const isRule = pattern !== "" && isToken && (host === null || HOST.test(host));
  return isRule ? { pattern, host, token } : null;
}

/** The first rule that answers a prompt, or null. */
export function ruleFor(prompt: string, rules: readonly AskpassRule[]): AskpassRule | null {
  const host = hostOf(prompt);
  const text = prompt.trim();
  const fits = ({ pattern, host: wanted }: AskpassRule) =>
    isLike(text, pattern) && (wanted === null || (host !== null && isLike(host, wanted)));
  return rules.find(fits) ?? null;
}

/**
 * The host that a prompt names where the program that asks has put it: at the beginning, as ssh
 * does, `(ann@host) `, or in quotes at the end, as git does, `'https://ann@host': `. What a server
 * writes into its own prompt comes behind or before that.
 */
export function hostOf(prompt: string): string | null {
  const [, ofSsh] = /^\([^()@\s]{1,255}@([^()@\s]{1,255})\) /.exec(prompt) ?? [];
  if (ofSsh !== undefined) return ofSsh;
  const [, ofGit] =
    /^(?:Password|Username) for '(https?:\/\/[^'\s]{1,1000})': ?$/.exec(prompt) ?? [];
  return ofGit !== undefined && URL.canParse(ofGit) ? new URL(ofGit).host : null;
}

/** Whether a text is like a pattern in which `*` stands for any characters. Linear in both. */
function isLike(text: string, pattern: string): boolean {
  const [first = "", ...rest] = pattern.toLowerCase().split("*");
  const lower = text.toLowerCase();
  const last = rest.pop();
  if (last === undefined) return lower === first;
  if (!lower.startsWith(first) || !lower.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = lower.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at + last.length <= lower.length;
}
