import { hotp } from "#otp/hotp.ts";
import { CLIENT_ID, PASSWORD } from "../enrollment/dskpp/dskpp-server.ts";

/** The activation string of a server at this address. */
export const stringFor = ({ href }: URL) =>
  Buffer.from(`EnrollmentURL=${href}\nUserID=${CLIENT_ID}\nPassphrase=${PASSWORD}`).toString(
    "base64",
  );

/** A server that makes event-based tokens. */
export const EVENT_BASED = { algorithm: "hotp", keyType: "hotp" } as const;

/** The same, whose tokens need a PIN of their user's choice. */
export const WITH_PIN = {
  ...EVENT_BASED,
  policy:
    '<pskc:Policy><pskc:PINPolicy MinLength="6" MaxFailedAttempts="5" PINUsageMode="Local"/></pskc:Policy>',
} as const;

/** The first passcode of the token that the server has made last. */
export const firstCode = ({ secrets }: { readonly secrets: readonly Buffer[] }) =>
  hotp({
    secret: secrets.at(-1) ?? Buffer.of(),
    algorithm: "SHA1",
    digits: 6,
    alphabet: "decimal",
    counter: 0n,
  });
