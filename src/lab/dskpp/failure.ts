/** How a run can end before its time (RFC 6063 section 3.3). */
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

/** A run that ends: the status goes to the client, the message to the log. */
export class DskppFailure extends Error {
  override readonly name = "DskppFailure";
  readonly status: FailureStatus;

  constructor(status: FailureStatus, message: string) {
    super(message);
    this.status = status;
  }
}
