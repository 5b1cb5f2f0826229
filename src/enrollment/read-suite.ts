import { FobError } from "#base/fob-error.ts";
import { type OcraSuite, parseOcraSuite } from "#otp/ocra-suite.ts";
import { OtpError } from "#otp/otp-error.ts";

/** {@link parseOcraSuite} for foreign text: throws FobError `invalid` for what is no suite. */
export function readSuite(text: string): OcraSuite {
  try {
    return parseOcraSuite(text);
  } catch (error) {
    if (error instanceof OtpError) throw new FobError("invalid", error.message, { cause: error });
    throw error;
  }
}
