/** The error status of a run (RFC 6063 section 3.3). */
export type FailureStatus =
  | "Abort"
  | "AccessDenied"
  | "MalformedRequest"
  | "UnknownRequest"
  | "UnknownCriticalExtension"
  | "UnsupportedVersion"
  | "NoSupportedKeyTypes"
  | "NoSupportedEncryptionAlgorithms"
  | "NoSupportedMacAlgorithms"
  | "NoProtocolVariants"
  | "NoSupportedKeyPackages"
  | "AuthenticationDataMissing"
  | "AuthenticationDataInvalid"
  | "InitializationFailed"
  | "ProvisioningPeriodExpired";

/** Ends a run: the status is sent to the client, the message is logged. */
export class DskppFailure extends Error {
  override readonly name = "DskppFailure";
  readonly status: FailureStatus;

  constructor(status: FailureStatus, message: string) {
    super(message);
    this.status = status;
  }
}
