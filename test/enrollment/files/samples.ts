import { createCipheriv, pbkdf2Sync, randomBytes } from "node:crypto";
import type { OtpCredential } from "#token/credential.ts";

/** A token that the files of other apps hold in these tests. */
export interface Sample {
  readonly issuer: string;
  readonly account: string;
  readonly secret: string;
  readonly credential: OtpCredential;
}

const form = (algorithm: "SHA1" | "SHA256" | "SHA512", digits: number) =>
  ({ algorithm, digits, alphabet: "decimal" }) as const;

/** One of each kind, with parameters beyond the usual. */
export const SAMPLES: readonly Sample[] = [
  {
    issuer: "Acme",
    account: "ann@acme.test",
    secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    credential: { kind: "totp", ...form("SHA1", 6), period: 30, t0: 0 },
  },
  {
    issuer: "Big & Co",
    account: "bob",
    secret: "KRUGS4ZANFZSA3TPOQQGCIDTMVRXEZLU",
    credential: { kind: "totp", ...form("SHA512", 8), period: 60, t0: 0 },
  },
  {
    issuer: "Counting",
    account: "carl",
    secret: "ORSXG5BAOZQWY5LFOMQGC4TFEBZWQ33S",
    credential: { kind: "hotp", ...form("SHA256", 7), counter: 10_300n },
  },
];

/** A Steam Guard token, which some apps have as a type of its own. */
export const STEAM: Sample = {
  issuer: "Steam",
  account: "dora",
  secret: "MFRGGZDFMZTWQ2LKNNWG23TPOA======".replaceAll("=", ""),
  credential: { kind: "totp", algorithm: "SHA1", digits: 5, alphabet: "steam", period: 30, t0: 0 },
};

function parts({ issuer, account, secret, credential }: Sample) {
  if (credential.kind !== "totp" && credential.kind !== "hotp") throw new Error("no app has these");
  const counter = credential.kind === "hotp" ? Number(credential.counter) : undefined;
  const period = credential.kind === "totp" ? credential.period : undefined;
  const type = credential.alphabet === "steam" ? "steam" : credential.kind;
  return {
    issuer,
    account,
    secret,
    type,
    algorithm: credential.algorithm,
    digits: credential.digits,
    period,
    counter,
  };
}

const all = [...SAMPLES, STEAM].map(parts);

/** The Key URI of each sample, one a line. */
export const uriList = all
  .map(({ type, issuer, account, secret, algorithm, digits, period, counter }) => {
    const moving = counter === undefined ? `period=${period}` : `counter=${counter}`;
    const name = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
    const query = `secret=${secret}&issuer=${encodeURIComponent(issuer)}&algorithm=${algorithm}&digits=${digits}&${moving}`;
    return `otpauth://${type}/${name}?${query}`;
  })
  .join("\n");

/** The list as Ente writes it. */
export const ente = uriList.replace(/$/gm, "&codeDisplay=%7B%22pinned%22%3Afalse%7D");

const twoFasServices = all.map(({ issuer, account, secret, type, ...otp }) => ({
  name: issuer,
  secret,
  updatedAt: 1_702_934_567_518,
  otp: { label: account, account, issuer, tokenType: type.toUpperCase(), source: "Link", ...otp },
  order: { position: 0 },
}));

const twoFasHead = {
  groups: [],
  updatedAt: 1,
  schemaVersion: 4,
  appVersionCode: 5_000_009,
  appOrigin: "android",
};

export const twoFas = JSON.stringify({ services: twoFasServices, ...twoFasHead });

/** The backup of 2FAS with a password. */
export function encryptedTwoFas(password: string): string {
  const [salt, nonce] = [randomBytes(256), randomBytes(12)];
  const cipher = createCipheriv(
    "aes-256-gcm",
    pbkdf2Sync(password, salt, 10_000, 32, "sha256"),
    nonce,
  );
  const data = [cipher.update(JSON.stringify(twoFasServices)), cipher.final(), cipher.getAuthTag()];
  const servicesEncrypted = [Buffer.concat(data), salt, nonce]
    .map((part) => part.toString("base64"))
    .join(":");
  return JSON.stringify({ services: [], ...twoFasHead, servicesEncrypted, reference: "" });
}

export const andOtp = JSON.stringify(
  all.map(({ account, type, secret, ...rest }) => ({
    ...rest,
    secret: `${secret}======`,
    label: account,
    type: type.toUpperCase(),
    thumbnail: "Default",
    last_used: 1,
    used_frequency: 0,
    tags: [],
  })),
);

export const aegisPlain = JSON.stringify({
  version: 1,
  header: { slots: null, params: null },
  db: {
    version: 1,
    entries: all.map(({ type, issuer, account, secret, algorithm, ...rest }) => ({
      ...{ type, uuid: "3ae6f1ad-2e65-4ed2-a953-1ec0dff2386d", name: account, issuer, icon: null },
      info: { secret, algo: algorithm, ...rest },
    })),
  },
});

const signedBytes = (secret: string) => {
  const bits = [...secret].map((c) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0"),
  );
  const bytes = bits.join("").match(/.{8}/g) ?? [];
  return bytes.map((byte) => (Number.parseInt(byte, 2) << 24) >> 24);
};

/** FreeOTP+ has one less in its JSON than in its Key URIs, and no Steam tokens. */
export const freeOtpPlus = JSON.stringify({
  tokenOrder: SAMPLES.map(({ issuer, account }) => `${issuer}:${account}`),
  tokens: SAMPLES.map(parts).map(
    ({ issuer, account, secret, type, algorithm, digits, period = 30, counter = 1 }) => ({
      ...{
        algo: algorithm,
        counter: counter - 1,
        digits,
        issuerExt: issuer,
        issuerInt: issuer,
        label: account,
        period,
      },
      ...{ secret: signedBytes(secret), type: type.toUpperCase() },
    }),
  ),
});

const lines = uriList.split("\n");
const logins = all.map(({ issuer, account }, i) => ({ issuer, account, totp: lines[i] ?? "" }));

export const bitwardenJson = JSON.stringify({
  encrypted: false,
  folders: [],
  items: [
    ...logins.map(({ issuer, account, totp }) => ({
      ...{ id: "ffdea2cc-923d-47a0-be99-ae7800fd51e4", type: 1, name: issuer, notes: null },
      login: { uris: null, username: account, password: null, totp },
    })),
    { type: 1, name: "no token", login: { username: "ann", password: null, totp: null } },
    { type: 2, name: "a note" },
  ],
});

export const bitwardenCsv = [
  "folder,favorite,type,name,notes,fields,login_uri,login_username,login_password,login_totp",
  ...logins.map(
    ({ issuer, account, totp }) =>
      `,,login,"${issuer}","a note, of\ntwo lines",,,${account},,"${totp}"`,
  ),
  ",,login,no token,,,,ann,,",
].join("\r\n");

export const keePassXcCsv = [
  '"Group","Title","Username","Password","URL","Notes","TOTP","Icon","Last Modified","Created"',
  ...logins.map(
    ({ issuer, account, totp }) =>
      `"Root","${issuer}","${account}","","","","${totp}","0","2026","2026"`,
  ),
].join("\n");

export const proton = JSON.stringify({
  version: 1,
  entries: logins.map(({ account, totp }) => ({
    id: "a19e0019-47e3-4d3b-af63-6dad0cb49e31",
    content: { uri: totp, entry_type: "Totp", name: account },
    note: null,
  })),
});

/** Raivo has no Steam tokens, and writes numbers as text. */
export const raivo = JSON.stringify(
  SAMPLES.map(parts).map(({ type, digits, period, counter, ...rest }) => ({
    ...{ ...rest, kind: type.toUpperCase(), pinned: "false", iconType: "", iconValue: "" },
    ...{ digits: String(digits), timer: String(period ?? 0), counter: String(counter ?? 0) },
  })),
);

const STRATUM_TYPES: Readonly<Record<string, number>> = { hotp: 1, totp: 2, steam: 4 };

export const stratum = JSON.stringify({
  Authenticators: all.map(
    ({ type, issuer, account, secret, algorithm, digits, period = 30, counter = 0 }) => ({
      ...{
        Type: STRATUM_TYPES[type],
        Icon: null,
        Issuer: issuer,
        Username: account,
        Secret: secret,
        Pin: null,
      },
      Algorithm: ["SHA1", "SHA256", "SHA512"].indexOf(algorithm),
      ...{ Digits: digits, Period: period, Counter: counter, Ranking: 0 },
    }),
  ),
  Categories: [],
});
