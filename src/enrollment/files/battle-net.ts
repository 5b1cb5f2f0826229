import * as v from "valibot";
import { t } from "#base/language.ts";
import { attribute, children, type Element, text as textOf } from "#enrollment/pskc/xml.ts";
import type { AppFormat, AppItem } from "./app-file.ts";
import { base32OfHex } from "./hex-seed.ts";

/**
 * What the apps combine their values with before they store them: no secret, but a fixed mask that
 * every copy of the app has.
 */
const MASK = Buffer.from(
  "398e27fc50276a656065b0e525f4c06c04c61075286b8e7aeda59da9813b5dd6" +
    "c80d2fb38068773fa59ba47c17ca6c6479015c1d5b8b8f6b9a",
  "hex",
);

/** A secret of 20 bytes, in hexadecimal. */
const SECRET_DIGITS = 40;

const NAMES = {
  secret: "com.blizzard.messenger.AUTHENTICATOR_DEVICE_SECRET",
  serial: "com.blizzard.messenger.AUTHENTICATOR_SERIAL",
  // secret and serial number in one, in the app before
  both: "com.blizzard.bma.AUTH_STORE.HASH",
} as const;

/** What Blizzard's server answers, as tools that ask it save it: a region, and twelve digits. */
const AnswerSchema = v.object({
  deviceSecret: v.string(),
  serial: v.pipe(v.string(), v.regex(/^[A-Z]{2}(?:-?\d{4}){3}$/i)),
});

/** The settings of Blizzard's apps (XML), and the answer of its server (JSON). */
export const battleNet = {
  id: "battle-net",
  app: "Battle.net",
  async read(file) {
    const answer = v.safeParse(AnswerSchema, file.json(), { abortEarly: true });
    if (answer.success) return [itemOf(answer.output.deviceSecret, answer.output.serial)];
    const settings = settingsIn(await file.xml("map"));
    const [secret, serial, both] = [NAMES.secret, NAMES.serial, NAMES.both].map((name) => {
      const masked = settings.get(name);
      return masked === undefined ? undefined : unmask(masked);
    });
    if (secret !== undefined) return [itemOf(secret, serial)];
    if (both === undefined) return null;
    return [itemOf(both?.slice(0, SECRET_DIGITS) ?? null, both?.slice(SECRET_DIGITS))];
  },
} as const satisfies AppFormat;

function settingsIn(map: Element | null): ReadonlyMap<string, string> {
  const entries = children(map, "string").flatMap((one): [string, string][] => {
    const [name, value] = [attribute(one, "name"), textOf(one)];
    return name === null || value === null ? [] : [[name, value]];
  });
  return new Map(entries);
}

/** The text of a masked hexadecimal value, or null where it is none. */
function unmask(masked: string): string | null {
  if (!/^(?:[0-9a-f]{2})+$/i.test(masked) || masked.length > 2 * MASK.length) return null;
  const bytes = Buffer.from(masked, "hex");
  return Buffer.from(bytes.map((byte, i) => byte ^ (MASK[i] ?? 0))).toString("latin1");
}

/** Battle.net computes eight digits. */
function itemOf(hex: string | null, serial: string | null | undefined): AppItem {
  const names = { issuer: "Battle.net", account: null };
  if (hex === null || !/^[0-9a-f]{40}$/i.test(hex))
    return { fault: t("its secret is not what Battle.net stores"), ...names };
  return { type: "totp", secret: base32OfHex(hex), digits: 8, serial, ...names };
}
