import { t } from "#base/language.ts";
import type { Finding } from "#token/draft/parsed-token.ts";
import type { AppFormat, AppItem } from "./app-file.ts";
import { isHexSeed, readHexSeed, seedFault } from "./hex-seed.ts";

/** The first cell of a row about a token in the traditional log. */
const EVENTS = /^(?:OATH-HOTP|Yubico OTP|Static Password|Challenge-Response)/i;

/** A serial number, and the time at which the key was written, six columns later. */
const SERIAL = /^\d{1,12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

/**
 * What the YubiKey Personalization Tool logs of the keys that it has written, in its traditional
 * format and in Yubico's. Only OATH-HOTP can be computed here.
 */
export const yubicoCsv = {
  id: "yubico-csv",
  app: "Yubico CSV",
  async read(file) {
    const rows = (await file.rows())?.map((row) => row.map((cell) => cell.trim())) ?? [];
    const items = rows.map((row) => traditional(row) ?? yubico(row));
    return items.some((item) => item !== null) ? items.flatMap((item) => item ?? []) : null;
  },
} as const satisfies AppFormat;

/** Kind, time, slot, public id, private id, key, ..., digits (12th), moving factor (13th). */
function traditional(row: readonly string[]): AppItem | null {
  const [event = "", , , publicId = "", , key = ""] = row;
  if (!EVENTS.test(event) || row.length < 6) return null;
  if (!/^OATH-HOTP/i.test(event)) return { fault: notOath(), account: publicId };
  const [digits, counter] = [row[11], row[12]];
  return itemOf(key, publicId, { digits, counter, findings: [] });
}

/** Serial number, public id, moving factor or private id, key, access code, time. */
function yubico([serial = "", , third = "", key = "", , time = ""]: readonly string[]) {
  if (!SERIAL.test(serial) || !TIME.test(time)) return null;
  // a private id has twelve hexadecimal digits; a static password has none
  if (!/^\d{1,7}$/.test(third)) return { fault: notOath(), account: serial };
  const findings = [
    assumed(
      "kind-assumed",
      t("the list writes HOTP and HMAC challenge-response alike: HOTP is assumed"),
    ),
    assumed("digits-assumed", t("the list does not say how many digits: 6 are assumed")),
  ];
  return itemOf(key, serial, { digits: 6, counter: third, findings });
}

function itemOf(
  key: string,
  serial: string,
  parts: Pick<Extract<AppItem, { type: string }>, "digits" | "counter" | "findings">,
): AppItem {
  if (!isHexSeed(key)) return { fault: seedFault(key), account: serial };
  return { type: "hotp", secret: readHexSeed(key).secret, serial, ...parts };
}

function notOath(): string {
  return t("it is no OATH token, and only its YubiKey computes with it");
}

function assumed(code: string, message: string): Finding {
  return { severity: "warning", code, message };
}
