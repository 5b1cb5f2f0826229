/**
 * A reply code other than success. Inside the driver only: at its border it becomes a FobError, or
 * "wrong PIN".
 */
export class TpmRefusal extends Error {
  override readonly name = "TpmRefusal";
  readonly code: number;

  constructor(code: number, command: number) {
    super(`the TPM refused command 0x${command.toString(16)} with 0x${code.toString(16)}`);
    this.code = code;
  }
}

/** Reply codes (TPM 2.0 Library, part 2, section 6.6), without the position of what is wrong. */
export const REFUSALS = {
  notStarted: 0x100,
  failure: 0x101,
  disabled: 0x120,
  unknownCommand: 0x143,
  authMissing: 0x125,
  nvUnwritten: 0x14a,
  noSpace: 0x14b,
  nvDefined: 0x14c,
  objectMemory: 0x902,
  sessionMemory: 0x903,
  sessionHandles: 0x905,
  yielded: 0x908,
  testing: 0x90a,
  objectMissing: 0x910,
  nvRate: 0x920,
  lockout: 0x921,
  retry: 0x922,
  nvUnavailable: 0x923,
  hash: 0x83,
  value: 0x84,
  handle: 0x8b,
  authFail: 0x8e,
  scheme: 0x92,
  size: 0x95,
  integrity: 0x9f,
  badAuth: 0xa2,
} as const;

/** Codes after which the same command may be sent again. */
const TEMPORARY: readonly number[] = [
  REFUSALS.retry,
  REFUSALS.yielded,
  REFUSALS.testing,
  REFUSALS.nvRate,
  REFUSALS.nvUnavailable,
];

/** Whether the chip asks for the same command again. */
export function isTemporary(code: number): boolean {
  return TEMPORARY.includes(code);
}

/** Whether an error is one of these refusals. */
export function isRefusal(error: unknown, ...names: readonly (keyof typeof REFUSALS)[]): boolean {
  if (!(error instanceof TpmRefusal)) return false;
  // format one (bit 7) has the number of the handle, session or parameter in the code
  const kind = error.code & 0x80 ? error.code & 0xbf : error.code;
  return names.some((name) => REFUSALS[name] === kind);
}
