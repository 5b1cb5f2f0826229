import { randomBytes } from "node:crypto";
import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { decrypt, encrypt } from "#base/gcm.ts";
import { t } from "#base/language.ts";
import { hashOf, type PublicKeys } from "#sync/keys/device-keys.ts";
import { fingerprintWords } from "#sync/keys/words.ts";
import { padJson } from "#sync/tokens/padding.ts";
import { parseJson } from "#token/bounded-json.ts";
import { deriveKey } from "#vault/keys/keys.ts";
import { PublicKeysSchema } from "./member-chain.ts";

/** How long an invitation is good for, in milliseconds. */
export const INVITATION_MS = 15 * 60_000;

/**
 * What a new device needs: where the repository is, which synchronisation is meant, and a secret
 * that nobody else knows. The secret encrypts and authenticates the request, so that a host cannot
 * put in a key of its own.
 */
export interface Invitation {
  /** Follows from all the rest, so that no character can be mistyped. It tells nothing of it. */
  readonly id: string;
  readonly remote: string;
  /** The hash of the first entry of the member list. */
  readonly genesis: string;
  /** 32 bytes in Base64. */
  readonly secret: string;
  readonly expires: number;
}

/** What a new device says of itself. */
export interface JoinRequest {
  readonly name: string;
  readonly keys: PublicKeys;
}

const PREFIX = "fob-sync:";

/** Longer than any remote's address needs. */
const MAX_LENGTH = 4_096;

const InvitationSchema = v.strictObject({
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
  remote: v.pipe(v.string(), v.minLength(1), v.maxLength(2_048)),
  genesis: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  secret: v.pipe(v.string(), v.length(44), v.base64()),
  expires: v.pipe(v.number(), v.safeInteger()),
});

const RequestSchema = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  keys: PublicKeysSchema,
});

/** A new invitation. */
export function newInvitation(remote: string, genesis: string, now: Date): Invitation {
  const rest = {
    remote,
    genesis,
    secret: randomBytes(32).toString("base64"),
    expires: now.getTime() + INVITATION_MS,
  };
  return { id: idOf(rest), ...rest };
}

function idOf({ remote, genesis, secret, expires }: Omit<Invitation, "id">): string {
  return hashOf({ remote, genesis, secret, expires }).slice(0, 16);
}

/** The text of an invitation, which is also that of its QR code. */
export function formatInvitation(invitation: Invitation): string {
  return PREFIX + Buffer.from(JSON.stringify(invitation)).toString("base64url");
}

/** Reverses {@link formatInvitation}. Throws FobError `invalid` for any other text. */
export function parseInvitation(text: string): Invitation {
  const trimmed = text.trim();
  if (trimmed.startsWith(PREFIX) && trimmed.length <= MAX_LENGTH) {
    const json = Buffer.from(trimmed.slice(PREFIX.length), "base64url").toString("utf8");
    const parsed = v.safeParse(InvitationSchema, damagedAsNull(json));
    if (parsed.success && idOf(parsed.output) === parsed.output.id) return parsed.output;
  }
  throw new FobError("invalid", t("this is no invitation, or not one as it was printed"), {
    hint: t("`fob sync invite` on a device that is a member prints one: fob-sync:..."),
  });
}

/** A request, encrypted and authenticated with the invitation's secret. */
export function sealRequest(request: JoinRequest, invitation: Invitation): Buffer {
  return encrypt(keyOf(invitation), padJson(JSON.stringify(request)), invitation.id);
}

/** Reverses {@link sealRequest}. Null for what was not made with the invitation's secret. */
export function openRequest(bytes: Buffer, invitation: Invitation): JoinRequest | null {
  const opened = decrypt(keyOf(invitation), bytes, invitation.id);
  const parsed = opened && v.safeParse(RequestSchema, damagedAsNull(opened.toString("utf8")));
  return parsed?.success ? parsed.output : null;
}

/** The words that both screens show for a request. */
export function requestWords(request: JoinRequest, { id, genesis, secret }: Invitation): string {
  return fingerprintWords(hashOf({ request, id, genesis, secret }));
}

function keyOf({ secret, genesis }: Invitation): Buffer {
  return deriveKey(Buffer.from(secret, "base64"), genesis, "sync request");
}

function damagedAsNull(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    // damaged: the schema refuses null
    return null;
  }
}
