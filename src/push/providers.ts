import { privacyIdea } from "#push/privacyidea/privacyidea.ts";
import type { PushCredential } from "#token/credential.ts";
import type { PushProvider } from "./provider.ts";

/**
 * The protocol of a token whose server is asked for requests; null for TiQR, where the person scans
 * them. A new one is added here and nowhere else.
 */
export function providerOf({ protocol }: PushCredential): PushProvider | null {
  return protocol === "privacyidea" ? privacyIdea : null;
}
