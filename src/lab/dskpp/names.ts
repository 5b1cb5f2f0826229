import { type Prf, prfAes, prfSha256 } from "./prf.ts";

/** The XML namespaces of DSKPP messages and their contents. */
export const NAMESPACES = {
  "@xmlns:dskpp": "urn:ietf:params:xml:ns:keyprov:dskpp",
  "@xmlns:pskc": "urn:ietf:params:xml:ns:keyprov:pskc",
  "@xmlns:ds": "http://www.w3.org/2000/09/xmldsig#",
  "@xmlns:xenc": "http://www.w3.org/2001/04/xmlenc#",
  "@xmlns:xenc11": "http://www.w3.org/2009/xmlenc11#",
  "@xmlns:pkcs5": "http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#",
  "@xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
} as const;

/** The only version of DSKPP. */
export const VERSION = "1.0";

/** The media type of every message. */
export const MEDIA_TYPE = "application/dskpp+xml";

export const PASSPHRASE_WRAP = "urn:ietf:params:xml:schema:keyprov:dskpp:passphrase-wrap";
export const PSKC_CONTAINER = "urn:ietf:params:xml:ns:keyprov:dskpp:pskc-key-container";
export const AES128_CBC = "http://www.w3.org/2001/04/xmlenc#aes128-cbc";
/** In the spelling of XML Encryption, and in that of the examples in RFC 6063. */
export const RSA_1_5: readonly string[] = [
  "http://www.w3.org/2001/04/xmlenc#rsa-1_5",
  "http://www.w3.org/2001/04/xmlenc#rsa_1_5",
];
export const RSA_OAEP = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";

/** A PRF by its name, with the length of its keys in octets. */
export interface MacAlgorithm {
  readonly name: string;
  readonly prf: Prf;
  readonly keyLength: number;
}

/** The two realizations in appendix D. */
export const MAC_ALGORITHMS: readonly MacAlgorithm[] = [
  { name: "urn:ietf:params:xml:ns:keyprov:dskpp:prf-sha256", prf: prfSha256, keyLength: 32 },
  { name: "urn:ietf:params:xml:ns:keyprov:dskpp:prf-aes-128", prf: prfAes, keyLength: 16 },
];
