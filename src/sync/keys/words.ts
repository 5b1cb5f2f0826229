const CONSONANTS = "bdfghjklmnprstvz";
const VOWELS = "aiou";

/** How many words a fingerprint has: 16 bits each. */
const WORDS = 4;

/**
 * A fingerprint that two people can read to each other: words of five letters, each of them 16 bits
 * ("proquints", D. S. Wilkerson). The same on every screen, in every language.
 */
export function fingerprintWords(hash: string): string {
  const bytes = Buffer.from(hash, "hex");
  return Array.from({ length: WORDS }, (_, i) => word(bytes.readUInt16BE(2 * i))).join("-");
}

function word(bits: number): string {
  const consonant = (shift: number) => CONSONANTS[(bits >> shift) & 15];
  const vowel = (shift: number) => VOWELS[(bits >> shift) & 3];
  return [consonant(12), vowel(10), consonant(6), vowel(4), consonant(0)].join("");
}
