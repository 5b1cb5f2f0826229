/** What messages call every program that writes these databases. */
export const KEEPASS = "KeePass";
