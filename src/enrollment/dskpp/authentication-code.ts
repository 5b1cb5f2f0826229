/** An authentication code in the form of RFC 6063 section 3.4.1.1, taken apart. */
export interface AuthenticationCode {
  readonly clientId: string;
  readonly password: string;
  /** Whether its checksum is right; null where it has none. */
  readonly isIntact: boolean | null;
}

const CLIENT_ID = "1";
const PASSWORD = "2";
const CHECKSUM = "3";

/**
 * Reads an authentication code, a sequence of fields: one hexadecimal digit for the type, two for
 * the length, and a value of that many hexadecimal digits. Null for any other text, such as a
 * chosen passphrase. Client id and password are the hexadecimal digits themselves.
 */
export function parseAuthenticationCode(text: string): AuthenticationCode | null {
  const values = new Map<string, string>();
  let rest = text.replace(/[\s-]/g, "").toUpperCase();
  let covered = "";
  while (rest !== "") {
    const [, type = "", length = ""] = /^([0-9A-F])([0-9A-F]{2})/.exec(rest) ?? [];
    const end = 3 + Number.parseInt(length, 16);
    const value = rest.slice(3, end);
    if (type === "" || rest.length < end || values.has(type) || !/^[0-9A-F]*$/.test(value))
      return null;
    values.set(type, value);
    if (type !== CHECKSUM) covered += rest.slice(0, end);
    rest = rest.slice(end);
  }
  const [clientId, password, checksum] = [CLIENT_ID, PASSWORD, CHECKSUM].map((type) =>
    values.get(type),
  );
  if (!clientId || !password) return null;
  return {
    clientId,
    password,
    isIntact: checksum === undefined ? null : Number.parseInt(checksum, 16) === crc16(covered),
  };
}

/**
 * The frame check sequence of ISO 3309 over the characters: CRC-16 with the polynomial x^16 + x^12
 * + x^5 + 1, bits reversed.
 */
function crc16(text: string): number {
  let register = 0xffff;
  for (const byte of Buffer.from(text, "ascii")) {
    register ^= byte;
    for (let bit = 0; bit < 8; bit++)
      register = register & 1 ? (register >>> 1) ^ 0x8408 : register >>> 1;
  }
  return register ^ 0xffff;
}
