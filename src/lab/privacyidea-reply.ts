import type { Lab } from "./lab.ts";

/** privacyIDEA's number for a parameter that is missing or wrong. */
const PARAMETER_ERROR = 905;

/** The result of a request, in the names of privacyIDEA's API. */
export interface PrivacyIdeaResult {
  readonly value: unknown;
  readonly authentication?: "ACCEPT" | "REJECT" | "CHALLENGE";
}

/** A result in the frame that privacyIDEA puts around every one. */
export function privacyIdeaReply(
  { clock }: Lab,
  result: PrivacyIdeaResult,
  detail: object | null,
): object {
  return { ...FRAME, result: { status: true, ...result }, detail, time: clock().getTime() / 1000 };
}

/** A request that could not be done, in privacyIDEA's frame. */
export function privacyIdeaError(message: string): object {
  return {
    ...FRAME,
    result: { status: false, error: { code: PARAMETER_ERROR, message } },
    detail: null,
  };
}

const FRAME = { id: 1, jsonrpc: "2.0", version: "fob lab" } as const;
