import { counterOf } from "#token/counter.ts";
import type { EnrollmentDraft, OnlineEnrollment } from "./draft.ts";

/**
 * Exports overlap, and a code may be scanned twice: the same token counts once. Of a counter-based
 * token, the copy with the highest counter is kept: two copies would give every passcode twice.
 */
export function withoutRepetitions(drafts: readonly EnrollmentDraft[]): EnrollmentDraft[] {
  const seen = new Map<string, EnrollmentDraft>();
  for (const draft of drafts) {
    const { issuer, account, serial, credential, secret } = draft;
    const { counter, ...parameters } = { counter: undefined, ...credential };
    const key = [
      issuer,
      account,
      // a manufacturer's tokens have no user yet and differ by serial
      account === null ? serial : null,
      ...Object.values(parameters),
      Buffer.from(secret).toString("base64"),
    ]
      .map(String)
      .join("\0");
    const known = seen.get(key);
    if (!known || (counterOf(known.credential) ?? 0n) < (counter ?? 0n)) seen.set(key, draft);
  }
  return [...seen.values()];
}

/** A server accepts a string once, so a repeated string counts once. */
export function withoutRepeatedStrings(
  enrollments: readonly OnlineEnrollment[],
): OnlineEnrollment[] {
  return [
    ...new Map(
      enrollments.map((one) => [JSON.stringify([one.format, one.server, one.fields]), one]),
    ).values(),
  ];
}
