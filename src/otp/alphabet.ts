/**
 * The alphabets of passcodes. `decimal` is that of RFC 4226; `hexadecimal`, `base32` and `base64`
 * are those of the MobilePASS family; `steam` is the 26 letters and digits of Steam Guard.
 */
export const ALPHABETS = {
  decimal: "0123456789",
  hexadecimal: "0123456789ABCDEF",
  base32: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
  base64: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
  steam: "23456789BCDFGHJKMNPQRTVWXY",
} as const;

export type Alphabet = keyof typeof ALPHABETS;
