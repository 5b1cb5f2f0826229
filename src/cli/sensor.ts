import type { Watch } from "#cli/prompt/prompt.ts";

/**
 * What the platform has to recognise a person: a fingerprint reader, Touch ID, Face ID, Windows
 * Hello.
 */
export interface Sensor {
  /**
   * What it is, in words. Throws FobError `unavailable` with a hint when there is none, or when it
   * knows nobody yet.
   */
  describe(): Promise<string>;

  /**
   * Returns when it has recognised the person. `reason` is what the platform's own window says;
   * `tell` gets what the person should do, while it goes on. Throws FobError `denied` when it does
   * not, `unavailable` when it cannot be reached, `interrupted` when `signal` says so.
   */
  verify(reason: string, watch: Watch): Promise<void>;
}
