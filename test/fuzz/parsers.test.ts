import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import type { HttpClient } from "#base/http-client.ts";
import { parseOrders } from "#commands/export/provision-list.ts";
import type { ExportedToken } from "#enrollment/exported-token.ts";
import { formatAegis } from "#enrollment/files/aegis-writer.ts";
import { readAppFile } from "#enrollment/files/read-file.ts";
import { formatMigration } from "#enrollment/formats/migration-writer.ts";
import { readEasyQrCodes } from "#enrollment/picture/easy-picture.ts";
import { formatPskc } from "#enrollment/pskc/write-pskc.ts";
import { recognize, recognizeOnline } from "#enrollment/recognize.ts";
import { httpClient } from "#platform/http.ts";
import { readQrCodesApart } from "#platform/program/picture-process.ts";
import { parseTiqrChallenge } from "#push/tiqr/tiqr.ts";
import { newlyEnrolled } from "#token/codec.ts";
import type { EnrollmentServices } from "#token/draft/parsed-token.ts";
import { decodeBackup, encodeBackup } from "#vault/backup/backup.ts";
import { decryptFromAge, encryptForAge } from "#vault/backup/backup-encryption.ts";
import { drawQr } from "../../scripts/draw-qr.mjs";
import {
  CLIENT_ID,
  dskppServer,
  PASSWORD as PASSPHRASE,
} from "../enrollment/dskpp/dskpp-server.ts";
import * as samples from "../enrollment/files/samples.ts";
import {
  fixture,
  SEALED,
  PASSWORD as SEALED_PASSWORD,
} from "../enrollment/files/sealed/sealed-samples.ts";
import { LISTS as TOKEN_LISTS } from "../enrollment/files/token-list-samples.ts";
import { mutated } from "./mutation.ts";

const IS_FUZZ = process.env["MODE"] === "fuzz";

/** How long each parser is fuzzed, in milliseconds: `npm run fuzz` takes a minute for each. */
const DURATION = IS_FUZZ ? 60_000 : 500;

/** How many pictures are tried where each takes a process. */
const PICTURES = 3;

/** No input may take longer, in milliseconds, even on a machine that has other things to do. */
const MAX_DURATION = 20_000;

/** The built program, as the one that is installed. */
const DECODER = fileURLToPath(new URL("../../dist/decode-picture.cjs", import.meta.url));

/**
 * Parses mutants of these inputs until the time is up, or outside of `npm run fuzz` as many as are
 * given: each is accepted, or refused with an error of the contract.
 */
async function fuzz(
  seeds: readonly (Buffer | string)[],
  parse: (bytes: Buffer) => unknown,
  runs?: number,
): Promise<void> {
  const property = fc.asyncProperty(mutated(seeds), async (bytes) => {
    const start = performance.now();
    try {
      await parse(bytes);
    } catch (error) {
      if (!(error instanceof FobError)) throw error;
      expect(error.exitCode).toBeGreaterThan(1);
      expect(error.message).not.toMatch(/\n/);
    }
    expect(performance.now() - start).toBeLessThan(MAX_DURATION);
  });
  const until =
    runs === undefined || IS_FUZZ
      ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: DURATION }
      : { numRuns: runs };
  // a busy machine may have no time for more
  await fc.assert(property, { numRuns: 1 });
  const details = await fc.check(property, until);
  const hadNoTime = details.interrupted && details.numRuns === 0;
  if (details.failed && !hadNoTime) throw new Error(fc.defaultReportMessage(details));
}

const PASSWORD = "correct horse";
const askSecret = async () => Buffer.from(PASSWORD);
const reading = { askSecret, readQrCodes: async () => [] };

const TOKENS = samples.SAMPLES.map(
  ({ secret, ...sample }): ExportedToken => ({
    ...sample,
    id: "0123456789abcdef",
    name: sample.account,
    serial: null,
    secret: Buffer.from(secret),
  }),
);

const TOKEN = {
  ...newlyEnrolled(new Date(0)),
  format: "key-uri",
  pin: "none",
  accessDomain: "02",
} as const;

const KEY_URIS = [
  ...samples.uriList.split("\n"),
  "otpauth://ocra/Bank:ann?secret=GEZDGNBVGY3TQOJQ&ocrasuite=OCRA-1:HOTP-SHA1-6:C-QN08-PSHA1-T1M&counter=3",
  "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&2step_salt=8&2step_output=20&2step_difficulty=1000",
];

const CODES = [
  "steam://GEZDGNBVGY3TQOJQ",
  "motp://ACME:ann?secret=0123456789abcdef",
  "otpauth://yaotp/ann?secret=6SB2IKNM6OBZPAVBVTOHDKS4FAAAAAAADFUTQMBTRY&pin=GUZDGOI",
  "tiqrenroll://https://tiqr.example.org/tiqr.php?key=c0ffee&serial=TiQR0001",
  "https://eduid.test/tiqrenroll/?metadata=https%3A%2F%2Feduid.test%2Ftiqrenroll%2F%3Fkey%3DX",
  "FSDR7-7Q2WE-4K5TY-6PLMN",
  "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=",
  "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
  "3132333435363738393031323334353637383930",
  `mobilepass://autoenrollment?${Buffer.from("policy=1;url=https://acme.test/x;user=ann;ac=123").toString("base64")}`,
];

const TIQR_CHALLENGES = [
  "tiqrauth://ann%40acme@tiqr.example.org/ab12/c0ffee/Example%20College/2?https%3A%2F%2Freturn.test",
  "https://eduid.test/tiqrauth/?u=ann&s=ab12&q=c0ffee&i=eduid.test&v=2",
];

describe("whatever a parser is given, it is read or refused in time", {
  timeout: DURATION + 30_000,
}, () => {
  let pictures: readonly Buffer[];
  let encrypted: readonly (Buffer | string)[];

  beforeAll(async () => {
    const picture = drawQr("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ", { moduleSize: 3 });
    const types = ["image/png", "image/jpeg", "image/gif", "image/bmp", "image/tiff"] as const;
    pictures = await Promise.all(types.map((type) => picture.getBuffer(type)));
    encrypted = [
      samples.encryptedTwoFas(PASSWORD),
      await formatAegis(TOKENS, Buffer.from(PASSWORD)),
    ];
  });

  const text = (bytes: Buffer) => bytes.toString("utf8");

  test("Key URIs", () => fuzz(KEY_URIS, (bytes) => recognize(text(bytes), askSecret)));
  test("links and codes", () =>
    fuzz(CODES, async (bytes) => [
      recognizeOnline(text(bytes)),
      await recognize(text(bytes), askSecret),
    ]));

  test("what a server of activation strings answers", async () => {
    const replies: string[] = [];
    const services = (http: HttpClient): EnrollmentServices => {
      return {
        http,
        randomBytes,
        now: () => new Date(0),
        askSecret,
        isInsecure: false,
        trace: () => undefined,
      };
    };
    const complete = (url: URL, http: HttpClient) => {
      const lines = `EnrollmentURL=${url.href}\nUserID=${CLIENT_ID}\nPassphrase=${PASSPHRASE}`;
      return recognizeOnline(Buffer.from(lines).toString("base64"))?.complete(services(http));
    };
    for (const passes of [2, 4] as const) {
      const { url } = await dskppServer({
        passes,
        alter: (reply) => replies[replies.push(reply) - 1] ?? "",
      });
      await complete(url, httpClient("fob/test"));
    }
    expect(replies).toHaveLength(3);
    await fuzz(replies, (body) =>
      complete(new URL("https://a.test/"), async () => ({ status: 200, header: () => null, body })),
    );
  });

  test("TiQR challenges", () => fuzz(TIQR_CHALLENGES, (bytes) => parseTiqrChallenge(text(bytes))));

  test("migration codes", async () => {
    const [code = ""] = await formatMigration(TOKENS);
    const [head, data = ""] = code.split("data=");
    const payload = Buffer.from(decodeURIComponent(data), "base64");
    // mutants of the protocol buffer itself: those of its Base64 hardly ever decode
    await fuzz([payload], (bytes) =>
      recognize(`${head}data=${encodeURIComponent(bytes.toString("base64"))}`, askSecret),
    );
  });

  test("key containers", async () => {
    const folder = new URL("../enrollment/pskc/fixtures/", import.meta.url);
    const seeds = readdirSync(folder).map((name) => readFileSync(new URL(name, folder)));
    const own = await formatPskc(TOKENS, Buffer.from(PASSWORD));
    await fuzz([...seeds, own], (bytes) => readAppFile(bytes, "x", reading));
  });

  const JSON_FILES = [
    samples.aegisPlain,
    samples.twoFas,
    samples.andOtp,
    samples.freeOtpPlus,
    samples.stratum,
  ];
  const cases = new URL("../cases/files/", import.meta.url);
  const caseFiles = (end: RegExp) =>
    readdirSync(cases)
      .filter((name) => end.test(name))
      .map((name) => readFileSync(new URL(name, cases)));
  const LISTS = [samples.bitwardenCsv, samples.keePassXcCsv, samples.uriList, samples.ente];
  const MORE_JSON_FILES = [samples.bitwardenJson, samples.proton, samples.raivo];
  test.each([
    ["JSON", [...JSON_FILES, ...MORE_JSON_FILES, ...caseFiles(/\.json$/)]],
    ["lists", [...LISTS, ...caseFiles(/\.csv$/)]],
    ["lists of hardware tokens", Object.values(TOKEN_LISTS)],
  ])("files of other apps: %s", (_, seeds) =>
    fuzz(seeds, (bytes) => readAppFile(bytes, "x", reading)),
  );
  test("files of other apps, encrypted", () =>
    fuzz(encrypted, (bytes) => readAppFile(bytes, "x", reading)));
  test("files of other apps, encrypted by their own means", () => {
    const seeds = [...SEALED.map(({ name }) => name), "freeotp"].map(fixture);
    const askSealed = async () => Buffer.from(SEALED_PASSWORD);
    return fuzz(seeds, (bytes) => readAppFile(bytes, "x", { ...reading, askSecret: askSealed }));
  });

  test("lists of orders", () =>
    fuzz(['account,serial,digits\nann,1,6\n"bob, the second",2,8\n'], (bytes) =>
      parseOrders(bytes, "x"),
    ));

  test("pictures that are easy to read", () =>
    fuzz(pictures, (bytes) => readEasyQrCodes(bytes, "x")));
  test("pictures that are hard to read", () =>
    fuzz(pictures, (bytes) => readQrCodesApart(DECODER, bytes, "x"), PICTURES));

  test("backups", async () => {
    const age = await encryptForAge(Buffer.from("{}"), { passphrase: Buffer.from(PASSWORD) });
    const keys = { askPassphrase: askSecret, identities: [] };
    await fuzz([age], (bytes) => decryptFromAge(bytes, keys));
  });

  test("what is inside a backup", async () => {
    const tokens = TOKENS.map(({ secret, ...token }) => ({
      token: { ...token, ...TOKEN },
      secret,
      pinPolicy: null,
      note: null,
      recoveryCodes: [],
    }));
    await fuzz([encodeBackup(tokens, new Date(0))], decodeBackup);
  });
});
