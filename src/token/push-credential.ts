import * as v from "valibot";
import { isOcraSuite } from "#otp/ocra-suite.ts";

/**
 * Login requests of a privacyIDEA server. The secret is the token's RSA private key (PKCS #8, DER);
 * the server knows the token by its serial.
 */
export interface PrivacyIdeaCredential {
  readonly kind: "push";
  readonly protocol: "privacyidea";
  /** The server's address for polling and answers. */
  readonly url: string;
  /**
   * The public key that verifies the server's signature on each request (SubjectPublicKeyInfo, DER,
   * Base64); it comes from the enrollment.
   */
  readonly serverKey: string;
  readonly isQuick: boolean;
  readonly isInsecure: boolean;
}

/**
 * Login requests of a TiQR server, which shows them as QR codes; the answer is an OCRA response.
 * The secret is the OCRA key.
 */
export interface TiqrCredential {
  readonly kind: "push";
  readonly protocol: "tiqr";
  /** The service: the host name in its requests. */
  readonly service: string;
  /** The user's name at the service. */
  readonly identity: string;
  readonly suite: string;
  /** The server's address for answers. */
  readonly url: string;
  readonly isQuick: boolean;
  readonly isInsecure: boolean;
}

/**
 * A token that answers login requests. `isQuick` says that a notification's button may approve a
 * request; `isInsecure` that the user accepted a server without a trusted certificate.
 */
export type PushCredential = PrivacyIdeaCredential | TiqrCredential;

/** The protocols of login requests; src/push/ has the code of each. */
export type PushProtocol = PushCredential["protocol"];

/** The credential of one protocol. */
export type PushCredentialOf<P extends PushProtocol> = Extract<PushCredential, { protocol: P }>;

/**
 * The schema for push credentials in foreign files: known fields only. A function, so that programs
 * that do not read such files do not build the schema.
 */
export function pushCredentialSchema() {
  const text = v.string();
  const server = { url: v.pipe(text, v.url()), isQuick: v.boolean(), isInsecure: v.boolean() };
  const kind = v.literal("push");
  const protocols = {
    privacyidea: v.strictObject({
      kind,
      protocol: v.literal("privacyidea"),
      serverKey: v.pipe(text, v.base64()),
      ...server,
    }),
    tiqr: v.strictObject({
      kind,
      protocol: v.literal("tiqr"),
      service: text,
      identity: text,
      suite: v.pipe(text, v.check(isOcraSuite)),
      ...server,
    }),
  } satisfies { readonly [P in PushProtocol]: v.GenericSchema<unknown, PushCredentialOf<P>> };
  return v.variant("protocol", Object.values(protocols));
}
