import { type Lab, noteRefused } from "#lab/lab.ts";
import { isOpen, type PushChallenge, type PushToken } from "#lab/lab-token.ts";
import { SSL_VERIFY } from "./challenge.ts";
import { deviceKey } from "./device-key.ts";
import { isSignedBy } from "./signature.ts";

/** The largest difference between a device's clock and ours, in milliseconds. */
const MAX_SKEW_MS = 60_000;

/**
 * A poll of a device for its open requests. `timestamp` is ISO 8601, in UTC unless it has a zone.
 */
export interface Poll {
  readonly serial: string;
  readonly timestamp: string;
  /** Covers `serial|timestamp`. */
  readonly signature: string;
}

/** Why a poll was refused, for the device and the log. */
export interface PollRefusal {
  readonly reason: string;
}

/** The open requests of a token in privacyIDEA's format. A poll changes nothing. */
export function poll(lab: Lab, { serial, timestamp, signature }: Poll): object[] | PollRefusal {
  const token = lab.store.token(serial);
  const now = lab.clock().getTime();
  const refusal = refuse();
  if (refusal === null && token?.kind === "push") {
    return token.challenges
      .filter((one) => isOpen(one, now))
      .map((one) => viewChallenge(lab, token, one));
  }
  const reason = refusal ?? "there is no push token of this serial number";
  noteRefused(lab, "push-poll", {
    user: token?.user ?? null,
    serial: token && serial,
    detail: reason,
  });
  return { reason };

  function refuse(): string | null {
    if (token?.kind !== "push" || token.device.state !== "enrolled")
      return "the token is not enrolled";
    const offset = parseTimestamp(timestamp) - now;
    if (!(Math.abs(offset) <= MAX_SKEW_MS)) return "the timestamp is more than a minute off";
    const text = `${serial}|${timestamp}`;
    return isSignedBy(deviceKey(token.device), text, signature) ? null : "the signature is wrong";
  }
}

function viewChallenge({ isOld }: Lab, token: PushToken, challenge: PushChallenge): object {
  const { nonce, question, title, signature, presence } = challenge;
  const capabilities = isOld ? null : challenge.capabilities;
  return {
    nonce,
    question,
    title,
    serial: token.serial,
    url: token.url,
    sslverify: SSL_VERIFY,
    signature,
    ...(presence ? { require_presence: presence.options.join(","), version: "2" } : {}),
    ...(capabilities
      ? { capabilities: capabilities.text, capabilities_signature: capabilities.signature }
      : {}),
  };
}

/**
 * Unix milliseconds; NaN for an invalid text. Python writes UTC without a zone, and with
 * microseconds.
 */
function parseTimestamp(text: string): number {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/.exec(text);
  return match
    ? Date.parse(`${match[1]}${match[2]?.slice(0, 4) ?? ""}${match[3] ?? "Z"}`)
    : Number.NaN;
}
