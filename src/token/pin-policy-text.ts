import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { LIMIT_ACTIONS, PIN_ALPHABETS, type PinPolicy, USER_PIN_POLICY } from "./pin-policy.ts";

type Change = (value: string, rule: string) => Partial<PinPolicy>;

/** The rules of a policy text, and the change that each makes. */
const RULES: Readonly<Record<string, Change>> = {
  min: (value, rule) => ({ minLength: number(value, rule, 1, 128) }),
  max: (value, rule) => ({ maxLength: number(value, rule, 1, 128) }),
  alphabet: (value, rule) => ({ alphabet: oneOf(value, rule, PIN_ALPHABETS) }),
  attempts: (value, rule) => ({ attempts: number(value, rule, 1, 9_999) }),
  "at-limit": (value, rule) => ({ atLimit: oneOf(value, rule, LIMIT_ACTIONS) }),
  history: (value, rule) => ({ history: number(value, rule, 0, 24) }),
  days: (value, rule) => ({ expiryDays: number(value, rule, 1, 3_650) }),
  "change-first": (value, rule) => ({ changeFirst: flag(value, rule) }),
  trivial: (value, rule) => ({ refuseTrivial: !flag(value, rule) }),
  biometric: (value, rule) => ({ biometric: flag(value, rule) }),
};

/**
 * Parses a PIN policy such as
 * `min=6,max=8,alphabet=numeric,attempts=5,at-limit=wipe,history=3,days=90,change-first,trivial=no,biometric=no`.
 * Rules that are absent are those of {@link USER_PIN_POLICY}. Throws FobError `invalid` naming the
 * wrong or repeated rule.
 */
export function parsePinPolicy(text: string): PinPolicy {
  const given = new Set<string>();
  const changes = text.split(",").map((part) => {
    const [name = "", value = "yes", ...rest] = part.trim().split("=");
    if (rest.length > 0)
      throw wrong(t`${JSON.stringify(part.trim().slice(0, 40))} has more than one value`);
    const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
    if (given.has(name)) throw wrong(t`${name} is given twice`);
    given.add(name);
    if (rule) return rule(value.trim(), name);
    throw wrong(
      t`${JSON.stringify(name.slice(0, 40))} is no rule: ${Object.keys(RULES).join(", ")} are`,
    );
  });
  const policy: PinPolicy = Object.assign({ ...USER_PIN_POLICY }, ...changes);
  if (policy.maxLength < policy.minLength) throw wrong(t("max is smaller than min"));
  return policy;
}

/**
 * The text of a policy for {@link parsePinPolicy}: the attempts, and the rules that differ from
 * {@link USER_PIN_POLICY}.
 */
export function formatPinPolicy(policy: PinPolicy): string {
  const usual = USER_PIN_POLICY;
  const rules = [
    policy.minLength === usual.minLength ? null : `min=${policy.minLength}`,
    policy.maxLength === usual.maxLength ? null : `max=${policy.maxLength}`,
    policy.alphabet === usual.alphabet ? null : `alphabet=${policy.alphabet}`,
    `attempts=${policy.attempts}`,
    policy.atLimit === usual.atLimit ? null : `at-limit=${policy.atLimit}`,
    policy.history === usual.history ? null : `history=${policy.history}`,
    policy.expiryDays === null ? null : `days=${policy.expiryDays}`,
    policy.changeFirst ? "change-first" : null,
    policy.refuseTrivial ? null : "trivial",
    policy.biometric ? null : "biometric=no",
  ];
  return rules.filter((rule) => rule !== null).join(",");
}

function number(value: string, rule: string, min: number, max: number): number {
  const result = /^\d{1,4}$/.test(value) ? Number(value) : Number.NaN;
  if (result >= min && result <= max) return result;
  throw wrong(t`${rule} is ${JSON.stringify(value.slice(0, 40))}: ${min} to ${max} are possible`);
}

function oneOf<T extends string>(value: string, rule: string, choices: readonly T[]): T {
  const choice = choices.find((one) => one === value);
  if (choice !== undefined) return choice;
  throw wrong(
    t`${rule} is ${JSON.stringify(value.slice(0, 40))}: ${choices.join(", ")} are possible`,
  );
}

function flag(value: string, rule: string): boolean {
  return oneOf(value, rule, ["yes", "no"]) === "yes";
}

function wrong(what: string): FobError {
  return new FobError("invalid", t`the PIN policy is wrong: ${what}`);
}
