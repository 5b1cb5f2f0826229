import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { formatAegis } from "#enrollment/files/aegis-writer.ts";
import { decodeBase32 } from "#token/base32.ts";
import { readText } from "./reading.ts";
import * as samples from "./samples.ts";

const { SAMPLES, STEAM } = samples;

function read(text: string, password = "correct horse") {
  return readText(text, { password });
}

function expected(wanted: readonly samples.Sample[], format: string) {
  return wanted.map(({ issuer, account, secret, credential }) =>
    expect.objectContaining({ issuer, account, credential, format, secret: decodeBase32(secret) }),
  );
}

describe("files of other apps", () => {
  test.each([
    ["aegis", "Aegis", samples.aegisPlain, [...SAMPLES, STEAM]],
    ["2fas", "2FAS", samples.twoFas, [...SAMPLES, STEAM]],
    ["2fas", "2FAS", samples.encryptedTwoFas("correct horse"), [...SAMPLES, STEAM]],
    ["andotp", "andOTP", samples.andOtp, [...SAMPLES, STEAM]],
    ["freeotp-plus", "FreeOTP+", samples.freeOtpPlus, SAMPLES],
    ["bitwarden", "Bitwarden", samples.bitwardenJson, [...SAMPLES, STEAM]],
    ["bitwarden", "Bitwarden", samples.bitwardenCsv, [...SAMPLES, STEAM]],
    ["keepassxc", "KeePassXC", samples.keePassXcCsv, [...SAMPLES, STEAM]],
    ["proton-authenticator", "Proton Authenticator", samples.proton, [...SAMPLES, STEAM]],
    ["raivo", "Raivo", samples.raivo, SAMPLES],
    ["stratum", "Stratum", samples.stratum, [...SAMPLES, STEAM]],
    ["key-uri", "a list", samples.uriList, [...SAMPLES, STEAM]],
    [
      "key-uri",
      "a list",
      `\ufeff# a comment\r\n\r\n${samples.ente.replaceAll("\n", "\r\n")}\r\n`,
      [...SAMPLES, STEAM],
    ],
  ])("%s (%s) gives every token with all of its parameters", async (format, app, text, wanted) => {
    const content = await read(text);
    expect(content.app).toBe(app);
    expect(content.refusals).toEqual([]);
    expect(content.drafts).toEqual(expected(wanted, format));
  });

  test("a token that cannot be taken is named, and the others come", async () => {
    const entries = JSON.parse(samples.stratum).Authenticators;
    entries[1].Type = 9;
    entries[2].Secret = "not Base32!";
    const { drafts, refusals } = await read(JSON.stringify({ Authenticators: entries }));
    expect(drafts).toEqual(expected([SAMPLES[0] as samples.Sample, STEAM], "stratum"));
    expect(refusals).toEqual([
      expect.stringMatching(/^Big & Co:bob: key type "type 9" is not supported/),
      expect.stringMatching(/^Counting:carl: secret has a character at position 11/),
    ]);
  });

  test("an entry without names is called by its place among all entries", async () => {
    const login = { type: 1, name: "", login: { username: null, totp: null } };
    const bad = { type: 1, name: "", login: { username: null, totp: "not!base32" } };
    const note = { type: 2, name: "", login: null };
    const items = [login, note, bad, login, { login: 5 }];
    const { refusals } = await read(JSON.stringify({ encrypted: false, items }));
    expect(refusals).toEqual([
      expect.stringMatching(/^entry 3: /),
      expect.stringMatching(/^entry 5: /),
    ]);
    const rows = ["x,,,,", ",,,,not!base32", ",,,,also bad!"];
    const csv = ["folder,name,notes,login_username,login_totp", ...rows].join("\n");
    expect((await read(csv)).refusals).toEqual([
      expect.stringMatching(/^entry 2: /),
      expect.stringMatching(/^entry 3: /),
    ]);
  });

  test("a type that is not known is told as the app writes it", async () => {
    const { Authenticators } = JSON.parse(samples.stratum);
    Authenticators[0].Type = 9;
    const { refusals } = await read(JSON.stringify({ Authenticators }));
    expect(refusals).toEqual([expect.stringMatching(/: key type "type 9" is not supported/)]);
  });

  test.each([
    ["digits", /: digits is "0": /],
    ["period", /: period is "0": /],
  ])("an entry of Aegis whose %s are 0 is refused, as in a Key URI", async (name, message) => {
    const vault = JSON.parse(samples.aegisPlain);
    vault.db.entries[0].info[name] = 0;
    const { drafts, refusals } = await read(JSON.stringify(vault));
    expect(drafts).toEqual(expected([...SAMPLES.slice(1), STEAM], "aegis"));
    expect(refusals).toEqual([expect.stringMatching(message)]);
  });

  test("prose in a list is no token, and a secret is one where it says so", async () => {
    const prose = ["accounts", "my tokens from work", "JBSWY3DPEHPK3PXP", "# a remark"];
    const list = [...prose, samples.uriList, "base32:JBSWY3DPEHPK3PXP"].join("\n");
    const { drafts, refusals } = await read(list);
    expect(drafts.map(({ issuer }) => issuer)).toEqual([
      ...[...SAMPLES, STEAM].map(({ issuer }) => issuer),
      null,
    ]);
    expect(refusals).toEqual(
      [1, 2, 3].map((line) => expect.stringContaining(`line ${line}: it is no enrollment string`)),
    );
    expect(refusals.join()).not.toMatch(/JBSW|accounts/);
  });

  test("a line of a list is refused without being shown", async () => {
    const { refusals } = await read(
      `\n# all\n\n${samples.uriList}\n\notpauth://totp/x?secret=not!base32`,
    );
    expect(refusals).toEqual([expect.stringMatching(/^line 9: secret has a character/)]);
    expect(refusals.join()).not.toContain("not!base32");
  });

  test.each([
    ["Aegis", samples.aegisPlain, ["version"], 1],
    ["Aegis", samples.aegisPlain, ["db", "version"], 3],
    ["2FAS", samples.twoFas, ["schemaVersion"], 4],
    ["2FAS", samples.encryptedTwoFas("correct horse"), ["schemaVersion"], 4],
    ["Proton Authenticator", samples.proton, ["version"], 1],
  ])("a newer file of %s is named (%#)", async (app, text, path, known) => {
    const withVersion = (version: number) =>
      JSON.stringify(JSON.parse(text), function (key, value) {
        const isThere = key === path.at(-1) && (path.length === 1 || "entries" in this);
        return isThere ? version : value;
      });
    await expect(read(withVersion(known))).resolves.toMatchObject({ app });
    await expect(read(withVersion(known + 1))).rejects.toMatchObject({
      code: "invalid",
      message: `this file of ${app} has version ${known + 1}, and fob reads ${known}`,
    });
  });

  test("a wrong password is denied", async () => {
    const aegis = await formatAegis([], Buffer.from("correct horse"));
    for (const file of [aegis, samples.encryptedTwoFas("correct horse")]) {
      await expect(read(file, "wrong")).rejects.toThrow(
        expect.objectContaining({ code: "denied" }),
      );
    }
  });

  test("costs that would take all memory are no vault of Aegis", async () => {
    const vault = JSON.parse(await formatAegis([], Buffer.from("x")));
    vault.header.slots[0].n = 2 ** 30;
    await expect(read(JSON.stringify(vault), "x")).rejects.toThrow(
      /takes more than 128 MiB of memory/,
    );
  });

  test.each([
    ["", /^export\.file is empty$/],
    ["\ufeff \r\n", /^export\.file is empty$/],
    ["hello", /is not a file that fob knows/],
    ["{", /begins like JSON, and is damaged/],
    ['{"a": 1}', /is not a file that fob knows/],
    ["[]", /is not a file that fob knows/],
    ['a,totp\n"', /is not a file that fob knows/],
    ['name,login_totp\n"', /begins like CSV, and is damaged/],
    [
      '{"encrypted": true, "encKeyValidation_DO_NOT_EDIT": "2.x", "items": []}',
      /Bitwarden export is encrypted/,
    ],
  ])("%j is explained", async (text, message) => {
    const failure = await read(text).catch((error) => error);
    expect(failure).toBeInstanceOf(FobError);
    expect(failure.code).toBe("invalid");
    expect(failure.message).toMatch(message);
  });

  test("whatever stands in a file of a known shape, it is read or refused", async () => {
    const files = [
      samples.twoFas,
      samples.aegisPlain,
      samples.stratum,
      samples.andOtp,
      samples.raivo,
      samples.freeOtpPlus,
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.nat(),
        fc.jsonValue(),
        async (file, at, odd) => {
          const spots: [unknown, string | number][] = [];
          const content = JSON.parse(file, function (key, value) {
            if (key !== "") spots.push([this, key]);
            return value;
          });
          const [holder, key] = spots[at % spots.length] ?? [content, 0];
          (holder as Record<string | number, unknown>)[key] = odd;
          await read(JSON.stringify(content)).catch((error) =>
            expect(error).toBeInstanceOf(FobError),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
