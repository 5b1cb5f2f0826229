/** The kinds of tokens whose passcodes a PIN is part of. */
export const PIN_KINDS = ["motp", "yandex"] as const;

export type PinKind = (typeof PIN_KINDS)[number];
