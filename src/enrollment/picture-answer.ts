/** What a process that decodes pictures says at its end: the texts of the QR codes, or the words of a FobError `invalid`. */
export type PictureAnswer =
  | { readonly texts: readonly string[] }
  | { readonly refusal: { readonly message: string; readonly hint: string | undefined } };
