import { FobError } from "#base/fob-error.ts";
import { type Text, type Texts, t, translated } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";

/** The meaning of a Status with which a server ends the protocol (RFC 6063 section 3.3). */
const REFUSALS: Texts = {
  Abort: "ended the enrollment without saying why",
  AccessDenied: "does not let us enroll (AccessDenied)",
  MalformedRequest: "cannot read what we send (MalformedRequest)",
  UnknownRequest: "does not know what we ask for (UnknownRequest)",
  UnknownCriticalExtension: "wants an extension that we lack (UnknownCriticalExtension)",
  UnsupportedVersion: "speaks another version of DSKPP than 1.0 (UnsupportedVersion)",
  NoSupportedKeyTypes: "makes no kind of token that we can use (NoSupportedKeyTypes)",
  NoSupportedEncryptionAlgorithms:
    "shares no encryption algorithm with us (NoSupportedEncryptionAlgorithms)",
  NoSupportedMacAlgorithms: "shares no MAC algorithm with us (NoSupportedMacAlgorithms)",
  NoProtocolVariants: "wants neither four passes nor two with a passphrase (NoProtocolVariants)",
  NoSupportedKeyPackages: "packs tokens in no way that we can open (NoSupportedKeyPackages)",
  AuthenticationDataMissing:
    "wants user id and passphrase, and the string lacks one (AuthenticationDataMissing)",
  AuthenticationDataInvalid:
    "does not accept user id and passphrase of the string (AuthenticationDataInvalid)",
  InitializationFailed: "could not make a token of what we sent (InitializationFailed)",
  ProvisioningPeriodExpired: "says that the time to enroll is over (ProvisioningPeriodExpired)",
};

const ASK: Text = "ask who issued it for a new one";

/** What to do about it; for the others, {@link UPDATE}. */
const HINTS: Texts = {
  Abort: ASK,
  AccessDenied: ASK,
  AuthenticationDataMissing: ASK,
  AuthenticationDataInvalid: "a string works once: ask who issued it for a new one",
  InitializationFailed: ASK,
  ProvisioningPeriodExpired: "register there again, and get a new string",
};

const UPDATE: Text = "show the issuer the log that --trace writes";

/** The status after which a new run may succeed, as the standard has it. */
export const TRY_AGAIN = "InitializationFailed";

/** A server's refusal as FobError `rejected`, or `invalid` for an unknown status. */
export function describeStatus(status: string, server: string): FobError {
  const refusal = Object.hasOwn(REFUSALS, status) ? REFUSALS[status] : undefined;
  if (!refusal) {
    const shown = JSON.stringify(status.slice(0, 40));
    return new FobError(
      "invalid",
      t`the status of the server's reply is ${shown}, which there is not`,
    );
  }
  const hint = translated(ownValue(HINTS, status) ?? UPDATE);
  return new FobError("rejected", t`${server} ${translated(refusal)}`, { hint });
}
