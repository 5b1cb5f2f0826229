import { PIN_COSTS } from "#vault/keys/keys.ts";

/**
 * New PINs cost 3 ms in a test process in place of 400. A vault says what its PINs cost, so that
 * programs which a test starts in its home try them as fast. What such a program makes has the real
 * costs, which test/e2e/pin-costs.test.ts knows.
 */
Object.assign(PIN_COSTS, { N: 2 ** 10 });
