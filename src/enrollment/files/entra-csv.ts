import { decodeBase32 } from "#token/base32.ts";
import type { AppFormat } from "./app-file.ts";
import { base32OfHex, isHexSeed } from "./hex-seed.ts";

/**
 * The list of hardware tokens for Microsoft Entra ID, as their makers (Feitian, Token2, Deepnet)
 * deliver it: time-based, with six digits.
 */
export const entraCsv = {
  id: "entra-csv",
  app: "Microsoft Entra ID (hardware tokens)",
  async read(file) {
    const table = await file.table(
      (names) => names.has("serial number") && names.has("secret key"),
    );
    if (!table) return null;
    const keys = table.rows.map((row) => row.cell("secret key"));
    const isHex = keys.some((key) => isHexSeed(key) && !isBase32(key));
    return table.rows.map((row, i) => {
      const key = keys[i] ?? "";
      return {
        type: "totp",
        secret: isHex && isHexSeed(key) ? base32OfHex(key) : key,
        account: row.cell("upn"),
        serial: row.cell("serial number"),
        period: row.cell("time interval", "timeinterval"),
      };
    });
  },
} as const satisfies AppFormat;

function isBase32(text: string): boolean {
  return Buffer.isBuffer(decodeBase32(text));
}
