import type { ErrorCode } from "#base/fob-error.ts";

/**
 * What a process that decodes pictures says at its end: the texts of the QR codes, or a FobError.
 */
export type PictureAnswer =
  | { readonly texts: readonly string[] }
  | {
      readonly refusal: {
        readonly code: ErrorCode;
        readonly message: string;
        readonly hint: string | undefined;
      };
    };
