import type { EnrollmentDraft, OnlineEnrollment } from "./draft.ts";

/** Exports overlap, and a code may be scanned twice: the same token counts once. */
export function withoutRepetitions(drafts: readonly EnrollmentDraft[]): EnrollmentDraft[] {
  const seen = new Map<string, EnrollmentDraft>();
  for (const draft of drafts) {
    const { issuer, account, credential, secret } = draft;
    const key = [issuer, account, ...Object.values(credential), Buffer.from(secret).toString("base64")]
      .map(String)
      .join("\0");
    if (!seen.has(key)) seen.set(key, draft);
  }
  return [...seen.values()];
}

/** A server takes a string once: the same one counts once. */
export function withoutRepeatedStrings(enrollments: readonly OnlineEnrollment[]): OnlineEnrollment[] {
  return [...new Map(enrollments.map((one) => [JSON.stringify([one.format, one.server, one.fields]), one])).values()];
}
