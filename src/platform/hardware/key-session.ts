import type { StorageKey } from "./storage-key.ts";
import type { Tpm } from "./tpm.ts";
import type { HmacSession } from "./tpm-session.ts";

/** A storage key, and a session that only it could have started. */
export interface Below {
  readonly tpm: Tpm;
  readonly parent: StorageKey;
  readonly session: HmacSession;
}

/** Starts the session. */
export async function inSession(tpm: Tpm, parent: StorageKey): Promise<Below> {
  return { tpm, parent, session: await tpm.startSession(parent) };
}
