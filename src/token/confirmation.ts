/**
 * When a person is asked before a token gives a passcode or an answer: never; for programs other
 * than fob at the person's terminal; for every use.
 */
export const CONFIRMATIONS = ["never", "others", "always"] as const;

/** One of {@link CONFIRMATIONS}. */
export type Confirmation = (typeof CONFIRMATIONS)[number];

/** The confirmation with this name; null when there is none. */
export function parseConfirmation(text: string): Confirmation | null {
  return CONFIRMATIONS.find((one) => one === text) ?? null;
}

/** Whether `one` asks for fewer uses than `other`. */
export function asksLess(one: Confirmation, other: Confirmation): boolean {
  return CONFIRMATIONS.indexOf(one) < CONFIRMATIONS.indexOf(other);
}
