import type { Lab } from "./lab.ts";

/** privacyIDEA's error code for a missing or wrong parameter. */
const PARAMETER_ERROR = 905;

/** The result of a request, with the names of privacyIDEA's API. */
export interface PrivacyIdeaResult {
  readonly value: unknown;
  readonly authentication?: "ACCEPT" | "REJECT" | "CHALLENGE";
}

/** A result in the JSON envelope of privacyIDEA. */
export function privacyIdeaReply(
  { clock }: Lab,
  result: PrivacyIdeaResult,
  detail: object | null,
): object {
  return { ...FRAME, result: { status: true, ...result }, detail, time: clock().getTime() / 1000 };
}

/** An error in the JSON envelope of privacyIDEA. */
export function privacyIdeaError(message: string): object {
  return {
    ...FRAME,
    result: { status: false, error: { code: PARAMETER_ERROR, message } },
    detail: null,
  };
}

const FRAME = { id: 1, jsonrpc: "2.0", version: "fob lab" } as const;
