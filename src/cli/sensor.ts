import type { Watch } from "#cli/prompt/prompt.ts";

/** The biometric sensor of the platform: a fingerprint reader, Touch ID, Face ID, Windows Hello. */
export interface Sensor {
  /**
   * Describes the sensor. Throws FobError `unavailable` with a hint when there is none, or nobody
   * is enrolled.
   */
  describe(): Promise<string>;

  /**
   * Returns when it has recognised the person. `reason` is shown in the platform's own window;
   * `watch.tell` shows instructions meanwhile. Throws FobError `denied` when it does not recognise
   * the person, `unavailable` when it cannot be reached, `interrupted` when `watch.signal` aborts.
   */
  verify(reason: string, watch: Watch): Promise<void>;
}
