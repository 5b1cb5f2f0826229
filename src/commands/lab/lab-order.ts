import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { parseDuration, parseWhole } from "#commands/values.ts";
import type { ActivationOrder, TotpToken } from "#lab/lab-token.ts";
import { USUAL_SUITE } from "#lab/tiqr/addresses.ts";
import { type OcraSuite, parseOcraSuite } from "#otp/ocra-suite.ts";
import { OtpError } from "#otp/otp-error.ts";
import { USER_PIN_POLICY } from "#token/pin-policy.ts";

/** What `fob lab issue` was told, as text. */
export interface IssueOptions {
  readonly kind: string;
  readonly algorithm: string | undefined;
  readonly digits: string | undefined;
  readonly period: string | undefined;
  readonly suite: string | undefined;
  readonly serverPin: string | true | undefined;
  readonly devicePin: boolean;
  readonly token: string | undefined;
  readonly ttl: string | undefined;
  readonly url: string | undefined;
  readonly old: boolean;
  readonly twoPass: boolean;
}

const OCRA_SUITE = "OCRA-1:HOTP-SHA1-6:QN08";
const ALGORITHMS = ["SHA1", "SHA256", "SHA512"] as const;

/**
 * A totp, hotp or ocra token; `hasPin` says whether its responses include a PIN. Throws FobError
 * `usage`, like all functions here.
 */
export function orderPasscodes(options: IssueOptions) {
  refuse(options, ["devicePin", "token", "ttl", "url", "old", "twoPass"]);
  return passcodeOrder(options.kind, options);
}

/** How a push token behaves. */
export function orderPush(options: IssueOptions) {
  refuse(options, ["algorithm", "digits", "period", "suite", "token", "twoPass"]);
  return {
    ttlMinutes: ttlMinutes(options, "10m"),
    wantsPin: options.devicePin,
    isOld: options.old,
  };
}

/** What a TiQR token is like. */
export function orderTiqr(options: IssueOptions) {
  refuse(options, ["algorithm", "digits", "period", "devicePin", "token", "old", "twoPass"]);
  const suite = parseSuite(options.suite ?? USUAL_SUITE);
  if (suite.pin !== null || suite.timeStep !== null || suite.counter) {
    throw new FobError("usage", t`--suite ${suite.text}: TiQR knows challenge and session alone`);
  }
  return { ttlMinutes: ttlMinutes(options, "10m"), suite: suite.text };
}

/** What an activation string becomes. */
export function orderActivation(options: IssueOptions): {
  readonly ttlMinutes: number;
  readonly order: ActivationOrder;
} {
  refuse(options, ["old"]);
  const { minLength, attempts } = USER_PIN_POLICY;
  const policy = options.devicePin ? { minLength, attempts } : null;
  const order = passcodeOrder(options.token ?? "totp", options);
  const usual = { policy, inTwoPasses: options.twoPass };
  if (order.kind !== "ocra")
    return { ttlMinutes: ttlMinutes(options, "1d"), order: { ...order, ...usual } };
  if (order.hasPin)
    throw new FobError(
      "usage",
      t`--suite ${order.suite}: the lab does not learn a PIN at the activation`,
    );
  return {
    ttlMinutes: ttlMinutes(options, "1d"),
    order: { kind: "ocra", suite: order.suite, ...usual },
  };
}

function passcodeOrder(kind: string, options: IssueOptions) {
  if (kind === "ocra") {
    refuse(options, ["algorithm", "digits", "period"]);
    const suite = parseSuite(options.suite ?? OCRA_SUITE);
    if (suite.session !== null)
      throw new FobError(
        "usage",
        t`--suite ${suite.text}: the lab's logins have no session information`,
      );
    return { kind, suite: suite.text, hasPin: suite.pin !== null, responsePin: null } as const;
  }
  if (kind !== "totp" && kind !== "hotp")
    throw new FobError("usage", t`${JSON.stringify(kind)} is not totp, hotp or ocra`);
  refuse(options, kind === "totp" ? ["suite"] : ["suite", "period"]);
  const form = {
    algorithm: parseAlgorithm(options.algorithm),
    digits: parseWhole("--digits", options.digits ?? "6", 6, 8),
  };
  if (kind === "hotp") return { kind, ...form } as const;
  return {
    kind,
    ...form,
    period: parseWhole("--period", options.period ?? "30", 5, 3_600),
  } as const;
}

function parseAlgorithm(text = "SHA1"): TotpToken["algorithm"] {
  const algorithm = ALGORITHMS.find((name) => name === text.toUpperCase().replace("-", ""));
  if (algorithm) return algorithm;
  throw new FobError(
    "usage",
    t`--algorithm is ${JSON.stringify(text)}: ${ALGORITHMS.join(", ")} are possible`,
  );
}

function parseSuite(text: string): OcraSuite {
  try {
    return parseOcraSuite(text);
  } catch (error) {
    if (!(error instanceof OtpError)) throw error;
    throw new FobError("usage", t`--suite: ${error.message}`, { cause: error });
  }
}

function ttlMinutes({ ttl }: IssueOptions, usual: string): number {
  return Math.ceil(parseDuration("--ttl", ttl ?? usual) / 60_000);
}

/** Options that this kind of token has no use for. */
function refuse(
  options: IssueOptions,
  unused: readonly Exclude<keyof IssueOptions, "kind" | "serverPin">[],
): void {
  const given = unused.find((name) => options[name] !== undefined && options[name] !== false);
  if (given === undefined) return;
  const option = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new FobError("usage", t`a ${options.kind} token takes no --${option}`);
}
