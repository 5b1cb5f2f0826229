import { MOTP } from "./motp.ts";
import type { PinKind } from "./pin-kind.ts";
import { YANDEX } from "./yandex.ts";

/** A way to make time-based passcodes that a PIN is part of. Everything about it is fixed. */
export interface PinMethod {
  readonly algorithm: string;
  /** How many characters a passcode has. */
  readonly digits: number;
  readonly alphabet: string;
  /** The length of a time step, in seconds; step 0 begins in 1970. */
  readonly period: number;
  /** The passcode of a time step. `pin` is UTF-8. */
  passcode(input: {
    readonly secret: Uint8Array;
    readonly pin: Uint8Array;
    readonly step: bigint;
  }): string;
}

/** Every such way, by the kind of its tokens. */
export const PIN_METHODS: Readonly<Record<PinKind, PinMethod>> = { motp: MOTP, yandex: YANDEX };
