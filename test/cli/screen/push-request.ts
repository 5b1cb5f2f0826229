import type { PushRequest } from "#push/push-request.ts";

/** When it is in these tests. */
export const NOW = new Date("2026-05-04T12:00:00Z");

/** A login request that came twelve seconds ago, and is answered for two minutes. */
export function pushRequest(id: string, more: Partial<PushRequest> = {}): PushRequest {
  return {
    ...{
      id,
      tokenId: "0123456789abcdef",
      token: "vpn",
      title: `Login ${id}`,
      question: "from 192.0.2.7",
    },
    ...{ server: "pi.example.org", options: [], isQuick: true },
    receivedAt: new Date(NOW.getTime() - 12_000),
    expiresAt: new Date(NOW.getTime() + 108_000),
    ...more,
  };
}
