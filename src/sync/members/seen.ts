import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { SeenHead } from "./head.ts";

/** The newest head of every device that is known to exist, by the device's id. */
export type SeenHeads = Readonly<Record<string, SeenHead>>;

/**
 * Checks what a remote shows against what is known to exist: seen by this device before, or by
 * another one whose signed head says so. `nameOf` names devices in messages. Throws FobError
 * `rejected` when a device's branch has gone back, is missing, or has two histories.
 */
export function checkAgainstSeen(
  shown: SeenHeads,
  known: SeenHeads,
  nameOf: (id: string) => string,
): void {
  for (const [id, { number, hash }] of Object.entries(known)) {
    const now = Object.hasOwn(shown, id) ? shown[id] : undefined;
    const name = nameOf(id);
    if (!now) throw refused(t`the remote no longer has the branch of ${name}`);
    if (now.number < number)
      throw refused(
        t`the remote has gone back: ${name} had written ${number} times, and it shows ${now.number}`,
      );
    if (now.number === number && now.hash !== hash)
      throw refused(t`the remote shows two histories of ${name}`);
  }
}

/** All that is known to exist after both. Throws as {@link checkAgainstSeen} does. */
export function joinSeen(a: SeenHeads, b: SeenHeads, nameOf: (id: string) => string): SeenHeads {
  const joined: Record<string, SeenHead> = { ...a };
  for (const [id, head] of Object.entries(b)) {
    const own = Object.hasOwn(joined, id) ? joined[id] : undefined;
    if (own && own.number === head.number && own.hash !== head.hash)
      throw refused(t`the remote shows two histories of ${nameOf(id)}`);
    if (!own || own.number < head.number) joined[id] = head;
  }
  return joined;
}

function refused(message: string): FobError {
  return new FobError("rejected", message, {
    hint: t(
      "nothing was taken over; a folder that is still being synchronised needs a moment, and `fob sync --trust-remote` accepts a remote that was restored",
    ),
  });
}
