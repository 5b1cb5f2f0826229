import { t } from "#base/language.ts";
import type { Finding } from "#token/draft/parsed-token.ts";

/**
 * Letters of other scripts that look like one of the Latin alphabet in most fonts (the nearest ones
 * of Unicode's confusables, UTS #39).
 */
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  [
    [
      "aаα",
      "bЬ",
      "cсϲ",
      "dԁ",
      "eеҽ",
      "gɡց",
      "hһհ",
      "iіıι",
      "jјϳ",
      "kκ",
      "lӏΙІ",
      "nո",
      "oоοօ",
      "pрρ",
      "qԛ",
    ],
    [
      "sѕ",
      "uυս",
      "vνѵ",
      "wԝ",
      "xх",
      "yуγ",
      "AАΑ",
      "BВΒ",
      "CСϹ",
      "EЕΕ",
      "HНΗ",
      "IІΙӀ",
      "JЈ",
      "KКΚ",
      "MМΜ",
      "NΝ",
    ],
    ["OОΟՕ", "PРΡ", "SЅՏ", "TТΤ", "UՍ", "XХΧ", "YУΥҮ", "ZΖ"],
  ]
    .flat()
    .flatMap((letters) =>
      [...letters].slice(1).map((letter): [string, string] => [letter, letters[0] ?? ""]),
    ),
);

const SCRIPTS: readonly RegExp[] = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
];

/**
 * Findings about names that look like others: letters of several alphabets in one word, and words
 * of another alphabet that look like Latin ones.
 */
export function judgeNames(names: {
  readonly issuer: string | null;
  readonly account: string | null;
}): Finding[] {
  return [judgeName("issuer", names.issuer), judgeName("account", names.account)].filter(
    (finding) => finding !== null,
  );
}

function judgeName(part: string, name: string | null): Finding | null {
  if (name === null || /^[ -~]*$/.test(name)) return null;
  const look = lookOf(name);
  const isLatinInDisguise = look !== name && /^[ -~]*$/.test(look);
  if (!isLatinInDisguise && !words(name).some(isMixed)) return null;
  const message = isLatinInDisguise
    ? t`the ${part} looks like ${JSON.stringify(look)}, and is written with other letters`
    : t`the ${part} has letters of several alphabets in one word`;
  return { severity: "warning", code: "confusable-name", message };
}

/**
 * The name in the letters that a reader takes it for: full-width and mathematical ones are those of
 * ASCII, too.
 */
function lookOf(name: string): string {
  return [...name.normalize("NFKC")].map((letter) => LOOKALIKES.get(letter) ?? letter).join("");
}

function words(name: string): string[] {
  return name.split(/[^\p{L}\p{M}]/u).filter(Boolean);
}

function isMixed(word: string): boolean {
  return SCRIPTS.filter((script) => script.test(word)).length > 1;
}
