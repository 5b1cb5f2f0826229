import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { departuresFromDrafts } from "#enrollment/formats/key-uri-drafts.ts";
import { formatKeyUri } from "#enrollment/formats/key-uri-writer.ts";
import { arbitraryToken } from "../arbitrary-token.ts";

const BOTH = "both Internet-Drafts about Key URIs: ";
const ANDESCO = "draft-andesco-otpauth-uri: ";

describe("a Key URI departs from the Internet-Drafts", () => {
  test.each([
    ["nowhere, as their examples", "otpauth://totp/Example?secret=PB4XU&issuer=example.com", []],
    ["nowhere", "otpauth://totp/Example%3Aalice?secret=PB4XU&issuer=example.com", []],
    ["nowhere", "otpauth://hotp/Example?secret=PB4XU&counter=42&issuer=example.com", []],
    ["nowhere", "otpauth://totp/big?issuer=IETF&secret=NBSWY3DP&period=5&algorithm=SHA256", []],
    ["nowhere", "otpauth://totp/A:%20ann@acme.test?issuer=A&secret=NBSWY3DP&vendor=x", []],
    ["nowhere", "OTPAUTH://TOTP/A:ann?ISSUER=A&secret=NBSWY3DP&algorithm=sha1", []],
    [
      "with Apple's scheme",
      "apple-otpauth://totp/A:ann?issuer=A&secret=NBSWY3DP",
      [`${BOTH}the scheme is otpauth`],
    ],
    [
      "with a type of its own",
      "otpauth://ocra/A:ann?issuer=A&secret=NBSWY3DP",
      [`${BOTH}the type is totp or hotp`],
    ],
    [
      "without a label, and without an issuer",
      "otpauth://totp/?secret=NBSWY3DP",
      [`${BOTH}a label names the account`, `${BOTH}there is an issuer parameter`],
    ],
    [
      "with a colon in the account",
      "otpauth://totp/A:ann%3Ab?issuer=A&secret=NBSWY3DP",
      [`${ANDESCO}neither the issuer nor the account in the label has a colon`],
    ],
    [
      "with a secret for people",
      "otpauth://totp/A:ann?issuer=A&secret=nbsw-y3dp",
      [`${BOTH}the secret is Base32 in capital letters, without padding or separators`],
    ],
    [
      "with padding",
      "otpauth://totp/A:ann?issuer=A&secret=NBSWY3A%3D",
      [`${BOTH}the secret is Base32 in capital letters, without padding or separators`],
    ],
    [
      "with another hash function, or another spelling",
      "otpauth://totp/A:ann?issuer=A&secret=NBSWY3DP&algorithm=HmacSHA1",
      [`${BOTH}algorithm is SHA1, SHA256 or SHA512`],
    ],
    [
      "with five digits",
      "otpauth://totp/A:ann?issuer=A&secret=NBSWY3DP&digits=5",
      [`${BOTH}digits is 6 to 8`],
    ],
    [
      "with seven digits",
      "otpauth://totp/A:ann?issuer=A&secret=NBSWY3DP&digits=7",
      [`${ANDESCO}digits is 6 or 8`],
    ],
    [
      "without a counter, and with a period in its place",
      "otpauth://hotp/A:ann?issuer=A&secret=NBSWY3DP&period=30",
      [`${BOTH}type hotp has a counter`, `${BOTH}period has no effect in type hotp`],
    ],
    [
      "with a counter for nothing",
      "otpauth://totp/A:ann?issuer=A&secret=NBSWY3DP&counter=1",
      [`${BOTH}counter has no effect in type totp`],
    ],
    [
      "with a parameter twice",
      "otpauth://totp/A:ann?issuer=A&secret=NBSWY3DP&issuer=A&x=1&x=1",
      [`${ANDESCO}no parameter that it defines is given twice`],
    ],
    [
      "with characters as they are typed",
      "otpauth://totp/Ä B:ann?issuer=A&secret=NBSWY3DP",
      [`${BOTH}other characters than those of a URI are percent-encoded`],
    ],
  ])("%s: %s", (_, text, departures) => {
    expect(departuresFromDrafts(text)).toEqual(departures);
  });

  test("nowhere that fob writes one of a kind, of digits and of names that they have", () => {
    const tokens = arbitraryToken.filter(
      ({ credential }) =>
        ["totp", "hotp"].includes(credential.kind) &&
        "digits" in credential &&
        [6, 8].includes(credential.digits),
    );
    fc.assert(
      fc.property(tokens, (token) => {
        const written = formatKeyUri({ ...token, issuer: token.issuer ?? "ACME" });
        expect(departuresFromDrafts(written)).toEqual([]);
      }),
    );
  });
});
