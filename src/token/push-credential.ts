import * as v from "valibot";
import { isOcraSuite } from "#otp/ocra-suite.ts";

/**
 * Pushed login requests of a privacyIDEA server. The token's secret is its RSA private key (PKCS
 * #8, DER); its serial is the token's.
 */
export interface PrivacyIdeaCredential {
  readonly kind: "push";
  readonly protocol: "privacyidea";
  /** Where requests are asked for and answered. */
  readonly url: string;
  /**
   * The server's public key from the enrollment (SubjectPublicKeyInfo, DER, Base64), which signs
   * every request.
   */
  readonly serverKey: string;
  readonly isQuick: boolean;
  readonly isInsecure: boolean;
}

/**
 * Login requests of a TiQR server, which hands them out as QR codes and is answered with OCRA. The
 * token's secret is the OCRA key.
 */
export interface TiqrCredential {
  readonly kind: "push";
  readonly protocol: "tiqr";
  /** Which service it is for: the host name that its requests carry. */
  readonly service: string;
  /** Who the user is there. */
  readonly identity: string;
  readonly suite: string;
  /** Where requests are answered. */
  readonly url: string;
  readonly isQuick: boolean;
  readonly isInsecure: boolean;
}

/**
 * Login requests that are approved or denied. `isQuick` says that a notification's button may
 * approve one; `isInsecure` that its user chose to talk to a server that nothing vouches for.
 */
export type PushCredential = PrivacyIdeaCredential | TiqrCredential;

/** The protocols of login requests; what else is particular to each is in src/push/. */
export type PushProtocol = PushCredential["protocol"];

/** What a token of one protocol computes with. */
export type PushCredentialOf<P extends PushProtocol> = Extract<PushCredential, { protocol: P }>;

/**
 * What is taken for a credential from files of others: its fields and no more. A function, so that
 * programs that do not read such files need not hold the schemas.
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
