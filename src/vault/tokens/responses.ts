import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { hmac } from "#otp/algorithm.ts";
import { type Challenge, type OcraInput, ocraMessage, ocraText } from "#otp/ocra.ts";
import { formatOcraSuite, type OcraSuite, parseOcraSuite } from "#otp/ocra-suite.ts";
import { OtpError } from "#otp/otp-error.ts";
import { equalPasscodes } from "#otp/verify.ts";
import { refuseByDomain } from "#token/access-domain.ts";
import type { OcraCredential } from "#token/credential.ts";
import { forget, type Secret } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import { takeCount } from "#vault/chip/counting.ts";
import { heldMac } from "#vault/chip/held-macs.ts";
import { takeEntry } from "./list-entries.ts";
import { refuseUsedUp, secretOf } from "./passcodes.ts";
import type { TokenRecord } from "./token-record.ts";
import type { TokenStore } from "./token-store.ts";

/**
 * The input of a challenge-response token. `serverChallenge` and `serverResponse` are for mutual
 * challenge-response.
 */
export interface ChallengeInput {
  readonly challenge: string;
  readonly serverChallenge: string | null;
  readonly serverResponse: string | null;
  readonly session: Uint8Array | null;
  readonly unixSeconds: number;
  readonly pin: Secret | null;
}

/** The response to a challenge, and the counter that it used, where the suite has one. */
export interface Response {
  readonly response: string;
  readonly counter: bigint | null;
}

/**
 * Answers a challenge, which is the number of an entry for a list. The counter is advanced durably
 * before this returns; a challenge that does not fit the suite uses up none. Throws FobError
 * `invalid` for an input that does not fit, `rejected` when the server's response is wrong.
 */
export async function answerChallenge(
  store: TokenStore,
  record: TokenRecord,
  secretKey: Secret,
  asked: ChallengeInput,
): Promise<Response> {
  const { token } = record;
  if (token.credential.kind === "list") {
    const { code, counter } = takeEntry(store, record, secretKey, asked.challenge);
    return { response: code, counter };
  }
  refuseByDomain(token, store.isPinGiven(record));
  const { suite: suiteText, counter: expected } = respondingCredential(token);
  if (expected !== null) refuseUsedUp(token.name, expected);
  const suite = parseOcraSuite(suiteText);
  const secret = record.held ? null : secretOf(record, secretKey);
  const macOf: MacOf = async (message) =>
    secret
      ? hmac(suite.algorithm, secret, message)
      : heldMac(store.chip(), record, secretKey, message);
  const inputs = { ...asked, suite, macOf };
  try {
    const response = await respond({ ...inputs, counter: expected });
    if (asked.serverResponse !== null)
      await refuseWrongServer(asked.serverResponse, { ...inputs, counter: expected });
    if (expected === null) return { response, counter: null };
    const counter = await takeCount(store, () => store.chip(), record, countingCredential);
    const isExpected = counter === expected;
    return { response: isExpected ? response : await respond({ ...inputs, counter }), counter };
  } finally {
    forget(secret);
  }
}

/** Computes an HMAC with the token's secret: here, or in the chip that holds it. */
type MacOf = (message: Buffer) => Promise<Buffer>;

type Inputs = ChallengeInput & Pick<OcraInput, "suite" | "counter"> & { readonly macOf: MacOf };

/** Whether the suite of a challenge-response token has a PIN in it (RFC 6287 section 5.1, P). */
export function needsChallengePin({ credential }: Token): boolean {
  return credential.kind === "ocra" && parseOcraSuite(credential.suite).pin !== null;
}

/** In its own response each side puts the other side's challenge first (RFC 6287 section 7.2). */
function respond({ challenge, serverChallenge, ...inputs }: Inputs): Promise<string> {
  return compute(inputs, serverChallenge === null ? [challenge] : [serverChallenge, challenge]);
}

/** The server has no PIN: its suite is the token's suite without P, as in RFC 6287 Appendix C.2. */
async function refuseWrongServer(
  response: string,
  { challenge, serverChallenge, ...inputs }: Inputs,
): Promise<void> {
  const suite: OcraSuite = inputs.suite.pin ? withoutPin(inputs.suite) : inputs.suite;
  const both = [challenge, serverChallenge ?? ""] as const;
  const expected = await compute({ ...inputs, suite, pin: null }, both);
  if (!equalPasscodes(response.trim(), expected)) {
    throw new FobError(
      "rejected",
      t("the server's response is wrong: this may not be the server that it claims to be"),
    );
  }
}

function withoutPin(suite: OcraSuite): OcraSuite {
  return parseOcraSuite(formatOcraSuite({ ...suite, pin: null }));
}

async function compute(
  { macOf, ...inputs }: Omit<OcraInput, "challenge" | "secret"> & { readonly macOf: MacOf },
  challenge: Challenge,
): Promise<string> {
  try {
    return ocraText(inputs.suite, await macOf(ocraMessage({ ...inputs, challenge })));
  } catch (error) {
    if (error instanceof OtpError) throw new FobError("invalid", error.message, { cause: error });
    throw error;
  }
}

/** A push token with an OCRA suite answers challenges as well, without a counter. */
function respondingCredential({
  name,
  credential,
}: Token): Pick<OcraCredential, "suite" | "counter"> {
  if (credential.kind === "ocra") return credential;
  if (credential.kind === "push" && "suite" in credential)
    return { suite: credential.suite, counter: null };
  throw new FobError("usage", t`${name} answers no challenges`);
}

function countingCredential({
  token: { name, credential },
}: TokenRecord): OcraCredential & { readonly counter: bigint } {
  if (credential.kind !== "ocra" || credential.counter === null) {
    throw new FobError("invalid", t`${name} has lost its counter`);
  }
  return { ...credential, counter: credential.counter };
}
