import type { ErrorJson } from "#base/error-json.ts";

/** The output of a process that decodes a picture: the texts of its QR codes, or its error. */
export type PictureAnswer = { readonly texts: readonly string[] } | { readonly refusal: ErrorJson };
