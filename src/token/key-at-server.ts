import type { Token } from "./token.ts";

/**
 * What tells a token at its server: one that is enrolled there again takes the place of the former
 * one. Null for tokens of which no server knows that.
 */
export function keyAtServer({
  serial,
  credential,
}: Pick<Token, "serial" | "credential">): string | null {
  if (serial === null || credential.kind !== "push" || credential.protocol !== "privacyidea")
    return null;
  return privacyIdeaKey(serial, new URL(credential.url));
}

/** {@link keyAtServer} of the token of privacyIDEA that has this serial at the server of `url`. */
export function privacyIdeaKey(serial: string, url: URL): string {
  return JSON.stringify(["privacyidea", url.host, serial]);
}
