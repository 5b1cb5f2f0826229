import type { HashAlgorithm } from "#otp/algorithm.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import type { Credential } from "#token/credential.ts";

/** The hash function of a token's HMACs; null where its passcodes are made in another way. */
export function hmacAlgorithmOf(credential: Credential): HashAlgorithm | null {
  switch (credential.kind) {
    case "totp":
    case "hotp":
      return credential.algorithm;
    case "ocra":
      return parseOcraSuite(credential.suite).algorithm;
    case "motp":
    case "yandex":
    case "push":
    case "list":
      return null;
  }
}
