import { FobError } from "../../fob-error.ts";

interface Refusal {
  readonly message: string;
  readonly hint?: string;
}

const ASK = "ask who issued it for a new one";
const UPDATE = "show the issuer the log that --trace writes";

/** What a server means that does not go on, by its Status (RFC 6063 section 3.3). */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  Abort: { message: "ended the enrollment without saying why", hint: ASK },
  AccessDenied: { message: "does not let us enroll (AccessDenied)", hint: ASK },
  MalformedRequest: { message: "cannot read what we send (MalformedRequest)", hint: UPDATE },
  UnknownRequest: { message: "does not know what we ask for (UnknownRequest)", hint: UPDATE },
  UnknownCriticalExtension: { message: "wants an extension that we lack (UnknownCriticalExtension)", hint: UPDATE },
  UnsupportedVersion: { message: "speaks another version of DSKPP than 1.0 (UnsupportedVersion)", hint: UPDATE },
  NoSupportedKeyTypes: { message: "makes no kind of token that we can use (NoSupportedKeyTypes)", hint: UPDATE },
  NoSupportedEncryptionAlgorithms: {
    message: "shares no encryption algorithm with us (NoSupportedEncryptionAlgorithms)",
    hint: UPDATE,
  },
  NoSupportedMacAlgorithms: { message: "shares no MAC algorithm with us (NoSupportedMacAlgorithms)", hint: UPDATE },
  NoProtocolVariants: {
    message: "wants neither four passes nor two with a passphrase (NoProtocolVariants)",
    hint: UPDATE,
  },
  NoSupportedKeyPackages: { message: "packs tokens in no way that we can open (NoSupportedKeyPackages)", hint: UPDATE },
  AuthenticationDataMissing: {
    message: "wants user id and passphrase, and the string lacks one (AuthenticationDataMissing)",
    hint: ASK,
  },
  AuthenticationDataInvalid: {
    message: "does not accept user id and passphrase of the string (AuthenticationDataInvalid)",
    hint: `a string works once: ${ASK}`,
  },
  InitializationFailed: { message: "could not make a token of what we sent (InitializationFailed)", hint: ASK },
  ProvisioningPeriodExpired: {
    message: "says that the time to enroll is over (ProvisioningPeriodExpired)",
    hint: "register there again, and get a new string",
  },
};

/** The status after which a new run may succeed, as the standard has it. */
export const TRY_AGAIN = "InitializationFailed";

/** A server's refusal as FobError `rejected`, and `invalid` for a status that there is not. */
export function describeStatus(status: string, server: string): FobError {
  const refusal = Object.hasOwn(REFUSALS, status) ? REFUSALS[status] : undefined;
  if (!refusal) {
    const shown = JSON.stringify(status.slice(0, 40));
    return new FobError("invalid", `the status of the server's reply is ${shown}, which there is not`);
  }
  const { message, hint } = refusal;
  return new FobError("rejected", `${server} ${message}`, hint === undefined ? {} : { hint });
}
