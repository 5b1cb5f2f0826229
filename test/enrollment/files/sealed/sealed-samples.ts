import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as samples from "../samples.ts";

const { SAMPLES, STEAM } = samples;

/** The password of all samples: its characters are fewer than its bytes. */
export const PASSWORD = "corréct horse";

const parts = [...SAMPLES, STEAM].map(({ issuer, account, secret, credential }) => {
  if (credential.kind !== "totp" && credential.kind !== "hotp") throw new Error("no app has these");
  const isSteam = credential.alphabet === "steam";
  return {
    names: { issuer, label: account },
    secret,
    type: isSteam ? "STEAM" : credential.kind.toUpperCase(),
    algorithm: credential.algorithm,
    digits: credential.digits,
    period: credential.kind === "totp" ? credential.period : 30,
    counter: credential.kind === "hotp" ? Number(credential.counter) : null,
  };
});

/** The plain export of cotp. */
export const cotp = JSON.stringify({
  version: 2,
  elements: parts.map(({ names, ...rest }) => ({ ...rest, ...names, pin: null })),
});

/** Steam Guard, for apps that know it by its issuer alone. */
function plainType(type: string): string {
  return type === "STEAM" ? "TOTP" : type;
}

/** What OTPClient's database holds. */
export const otpClient = JSON.stringify(
  parts.map(({ names, type, algorithm, period, counter, ...rest }) => ({
    ...rest,
    ...names,
    type: plainType(type),
    algo: algorithm,
    ...(counter === null ? { period } : { counter }),
    group: "work",
  })),
);

/** What FreeOTP 2 has for each token beside its secret. */
export const freeOtp = parts.map(({ names, type, algorithm, digits, period, counter }) => ({
  algo: algorithm,
  ...(counter !== null && { counter }),
  digits,
  issuerExt: names.issuer,
  issuerInt: names.issuer,
  label: names.label,
  ...(counter === null && { period }),
  type: plainType(type),
}));

/** An encrypted file of an app: what seal.py or SealFreeOtp.java made of the plain one. */
export interface SealedSample {
  /** The format, as the scripts call it; its file in `fixtures/` has this name. */
  readonly name: string;
  readonly id: string;
  readonly app: string;
  readonly plain: string;
  readonly tokens: readonly samples.Sample[];
}

const all = [...SAMPLES, STEAM];

/** A sample of every encrypted form but FreeOTP's, which seal.py does not make. */
export const SEALED: readonly SealedSample[] = [
  ...["bitwarden-pbkdf2", "bitwarden-argon2id"].map((name) => ({
    ...{ name, id: "bitwarden", app: "Bitwarden" },
    ...{ plain: samples.bitwardenJson, tokens: all },
  })),
  { name: "ente", id: "ente-auth", app: "Ente Auth", plain: samples.ente, tokens: all },
  {
    ...{ name: "proton", id: "proton-authenticator", app: "Proton Authenticator" },
    ...{ plain: samples.proton, tokens: all },
  },
  ...["stratum", "stratum-old"].map((name) => ({
    ...{ name, id: "stratum", app: "Stratum" },
    ...{ plain: samples.stratum, tokens: all },
  })),
  ...["andotp", "andotp-old"].map((name) => ({
    ...{ name, id: "andotp", app: "andOTP" },
    ...{ plain: samples.andOtp, tokens: all },
  })),
  { name: "cotp", id: "cotp", app: "cotp", plain: cotp, tokens: all },
  ...["otpclient-1", "otpclient-2", "otpclient-2-cut", "otpclient-3"].map((name) => ({
    ...{ name, id: "otpclient", app: "OTPClient" },
    ...{ plain: otpClient, tokens: all },
  })),
];

/** Where a file is that was made beforehand. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

/** A file that was made beforehand. */
export function fixture(name: string): Buffer {
  return readFileSync(fixturePath(name));
}
