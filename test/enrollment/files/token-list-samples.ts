import { RFC } from "./reading.ts";

/** The seeds of RFC 6238 for SHA-256 and SHA-512, in hexadecimal. */
export const LONG = {
  32: `${RFC.hex}313233343536373839303132`,
  64: `${RFC.hex.repeat(3)}31323334`,
};

/** The forms that privacyIDEA's parseOATHcsv and LinOTP's document. */
const oathCsv = [
  "# made for a test",
  `tok1, ${RFC.hex}`,
  `tok2, ${RFC.hex}, totp, 6`,
  `tok3, ${RFC.hex}, hotp, 8, 42`,
  `tok4, ${RFC.hex}, totp, 8, 60`,
  `tok5, ${LONG[32]}, hotp,       8   ,`,
  `tok6, ${LONG[64]}, totp, 8, 60, sha512`,
  `tok7, ${RFC.hex}, HMAC, 8 ,, Sha256,`,
  `tok8,\t${RFC.hex},\tocra, OCRA-1:HOTP-SHA1-8:QH40`,
  "",
].join("\n");

/** Version 2 of privacyIDEA's list: user, resolver and realm stand in front. */
const oathCsv2 = [
  "# version: 2",
  `ann, users, home, tok2, ${RFC.hex}, totp, 6`,
  `,,,tok3, ${RFC.hex}, hotp, 8, 42`,
].join("\n");

/** The traditional log of the YubiKey Personalization Tool. */
const yubicoLog = [
  "LOGGING START,11.12.13 18:55",
  `OATH-HOTP,11.12.13 18:55,1,cccccccccccc,,${RFC.hex},,,0,1,0,8,16,0,0,0,0,0`,
  `OATH-HOTP,11.12.13 18:56,2,,,${RFC.hex},,,0,0,0,6,0,0,0,0,0,0`,
].join("\r\n");

/** Its log in Yubico's format. */
const yubicoFormat = [
  "# OATH mode",
  `508326,,0,${RFC.hex},,2013-12-12T08:41:07,`,
  `1382042,cccccccccccc,32,${RFC.hex},000000000000,2013-12-12T08:41:17,`,
].join("\n");

const safeNetToken = (serial: string, seed: string, factor: string) => `
  <Token serial="${serial}">
    <CaseModel>5</CaseModel><Model>101</Model>
    <ProductionDate>02/19/2009</ProductionDate><ProductName>eTPass 6.0</ProductName>
    <Applications><Application ConnectorID="{a61c4073-2fc8-4170-99d1-9f5b70a2cec6}">
      ${seed}<MovingFactor>${factor}</MovingFactor>
    </Application></Applications>
  </Token>`;

/** SafeNet's list, after privacyIDEA's aladdin.xml. */
const safeNet = `<?xml version="1.0" encoding="utf-8"?>\n<Tokens>${safeNetToken("F746414", `<Seed>${RFC.hex.toUpperCase()}</Seed>`, "1")}${safeNetToken("F734201", `<Seed>${LONG[32]}</Seed>`, "7")}</Tokens>\n`;

/** SafeWord's list, after LinOTP's parse_dat_data. */
const safeWord = [
  "# ===== SafeWord Authenticator Records $Version: 100$ =====",
  "dn: sccAuthenticatorId=ES1",
  "objectclass: sccCompatibleToken",
  "sccAuthenticatorId: ES1",
  "sccTokenType: eToken-PASS-ES",
  `sccTokenData: sccKey=${RFC.hex};sccMode=E;sccPwLen=6;sccVer=6.20;`,
  "sccSignature:MC0CFGxPAjrb0zg7",
  "",
  "dn: sccAuthenticatorId=TS2",
  "sccAuthenticatorId: TS2",
  "sccTokenType: eToken-PASS-TS",
  `sccTokenData: sccKey=${LONG[32]};sccMode=T;sccPwLen=8;sccVer=6.20;sccTick=60;sccPrTime=2013/03/12 00:00:00;crypto=HmacSHA256;`,
  "",
].join("\n");

/** The list that Microsoft documents for hardware tokens. */
const entra = [
  "upn,serial number,secret key,time interval,manufacturer,model",
  `ann@site.example,2308734000001,${RFC.base32},60,Feitian,c200`,
  `,2308734000002,${RFC.base32},30,Feitian,c200`,
].join("\r\n");

/** One of each list. */
export const LISTS = { oathCsv, oathCsv2, yubicoLog, yubicoFormat, safeNet, safeWord, entra };
