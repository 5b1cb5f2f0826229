import { ownValue } from "#base/own-value.ts";
import { refuseTooMany } from "#enrollment/lines.ts";
import type { AppFormat, AppItem } from "./app-file.ts";
import { isHexSeed, readHexSeed, seedFault } from "./hex-seed.ts";

/** The time-based tokens of this list count from the year 2000. In seconds since 1970. */
const T0 = Date.UTC(2000, 0, 1) / 1000;

/** The line that every record of a token has. */
const TOKEN_DATA = /^[ \t]*sccTokenData[ \t]*:/m;

/**
 * The list of SafeWord and eToken PASS that LinOTP imports as an eToken DAT file: records of an
 * LDAP directory, separated by empty lines.
 */
export const safeWordList = {
  id: "safeword-list",
  app: "SafeWord list",
  async read(file) {
    if (!TOKEN_DATA.test(file.text)) return null;
    // what a directory has beside tokens is not taken apart, however much of it there is
    const records = file.text
      .replaceAll("\r", "")
      .split(/\n[ \t]*\n/)
      .filter((record) => TOKEN_DATA.test(record));
    refuseTooMany(records.length);
    return records.flatMap((record) => itemOf(fieldsOf(record)) ?? []);
  },
} as const satisfies AppFormat;

type Fields = Readonly<Record<string, string>>;

/** The fields of a record, and those within its token data. Behind a # stands a remark. */
function fieldsOf(record: string): Fields {
  const lines = record.split("\n").filter((line) => !line.startsWith("#"));
  const outer = Object.fromEntries(lines.map((line) => pairOf(line, ":")));
  const data = (ownValue(outer, "sccTokenData") ?? "").split("#", 1)[0] ?? "";
  return { ...outer, ...Object.fromEntries(data.split(";").map((part) => pairOf(part, "="))) };
}

function pairOf(text: string, divider: string): [string, string] {
  const at = text.indexOf(divider);
  return at < 0 ? ["", ""] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

function itemOf(fields: Fields): AppItem | null {
  const [serial, data, seed = ""] = ["sccAuthenticatorId", "sccTokenData", "sccKey"].map((name) =>
    ownValue(fields, name),
  );
  if (data === undefined) return null;
  if (!isHexSeed(seed)) return { fault: seedFault(seed), account: serial };
  const isTimed = ownValue(fields, "sccMode")?.toUpperCase() === "T";
  const hash = /^Hmac(SHA\d+)$/i.exec(ownValue(fields, "crypto") ?? "")?.[1];
  const { secret } = readHexSeed(seed);
  return {
    ...{ type: isTimed ? "totp" : "hotp", secret, serial },
    algorithm: hash ?? "SHA1",
    digits: ownValue(fields, "sccPwLen"),
    period: ownValue(fields, "sccTick"),
    t0: isTimed ? T0 : null,
  };
}
