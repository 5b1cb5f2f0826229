import { matchesPassword, type PasswordHash } from "./password.ts";

/**
 * The possible passcodes in a text typed at login, with the PIN before or after the passcode: none
 * when the PIN is wrong or missing. Without a PIN the whole text is the passcode. `length` is the
 * length of the passcode.
 */
export async function passcodesIn(
  typed: string,
  length: number,
  pin: PasswordHash | null,
): Promise<string[]> {
  if (pin === null) return typed.length === length ? [typed] : [];
  if (typed.length <= length) return [];
  const splits = [
    { passcode: typed.slice(-length), rest: typed.slice(0, -length) },
    { passcode: typed.slice(0, length), rest: typed.slice(length) },
  ];
  const found: string[] = [];
  for (const { passcode, rest } of splits) if (await isPin(rest, pin)) found.push(passcode);
  return found;
}

/** Whether a text is the PIN alone; without a PIN, whether it is empty. */
export async function isPinAlone(typed: string, pin: PasswordHash | null): Promise<boolean> {
  return pin === null ? typed === "" : isPin(typed, pin);
}

function isPin(text: string, pin: PasswordHash): Promise<boolean> {
  return matchesPassword(Buffer.from(text.normalize("NFC")), pin);
}
