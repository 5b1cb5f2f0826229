import { describe, expect, test } from "vitest";
import { decodeBase32 } from "#token/base32.ts";
import {
  eventBased,
  expectTokens,
  RFC,
  readText,
  STEAM,
  timeBased,
  type Wanted,
} from "./reading.ts";

const json = (content: unknown) => JSON.stringify(content, null, 2);

const SECOND = "KRUGS4ZANFZSA3TPOQQGCIDTMVRXEZLU";
const second = decodeBase32(SECOND) as Buffer;

const ann: Wanted = { issuer: "Site", account: "ann", credential: timeBased() };
const bob: Wanted = {
  ...{ issuer: "Big Site", account: "bob", secret: second },
  credential: timeBased({ algorithm: "SHA512", digits: 8, period: 60 }),
};
const cid: Wanted = {
  ...{ issuer: "Counting", account: "cid" },
  credential: eventBased({ algorithm: "SHA256", digits: 7, counter: 42n }),
};
const steam: Wanted = { issuer: "Steam", account: "dora", credential: STEAM };

const BOB = `otpauth://totp/Big%20Site:bob?secret=${SECOND}&issuer=Big%20Site&algorithm=SHA512&digits=8&period=60`;

/** The export of LastPass Authenticator, as Bitwarden's and 2FAS's importers describe it. */
const lastPassAuthenticator = {
  ...{ deviceId: "", deviceSecret: "", localDeviceId: "", deviceName: "Phone", version: 3 },
  accounts: [
    {
      ...{ accountID: "1", issuerName: "Site", originalIssuerName: "site.example" },
      ...{ userName: "ann", originalUserName: "ann@site.example", pushNotification: false },
      ...{ secret: RFC.base32, timeStep: 30, digits: 6, creationTimestamp: 1_700_000_000_000 },
      ...{ isFavorite: false, algorithm: "SHA1", folderData: { folderId: "1", position: 0 } },
    },
    {
      ...{ accountID: "2", issuerName: "", originalIssuerName: "Big Site", userName: "bob" },
      ...{ secret: SECOND, timeStep: 60, digits: 8, algorithm: "SHA512" },
    },
  ],
  folders: [
    { id: 1, name: "Work", isOpened: true },
    { id: 2, name: "Home", isOpened: false },
  ],
};

/** The export of 2FAuth, as its own migrator describes it. */
const twoFAuth = {
  ...{ app: "2fauth_v5.4.0", schema: 1, datetime: "2026-01-01T00:00:00.000000Z" },
  data: [
    {
      ...{ otp_type: "totp", account: "ann", service: "Site", secret: RFC.base32, digits: 6 },
      ...{ algorithm: "sha1", period: 30, counter: null, icon: null, legacy_uri: "otpauth://x" },
    },
    {
      ...{ otp_type: "totp", account: "bob", service: "Big Site", secret: `${SECOND}=`, digits: 8 },
      ...{ algorithm: "sha512", period: 60, counter: null },
    },
    {
      ...{ otp_type: "hotp", account: "cid", service: "Counting", secret: RFC.base32, digits: 7 },
      ...{ algorithm: "sha256", period: null, counter: 42 },
    },
    {
      ...{ otp_type: "steamtotp", account: "dora", service: "Steam", secret: RFC.base32 },
      ...{ digits: 5, algorithm: "sha1", period: 30, counter: null },
    },
  ],
};

const hash = (digit: number) => `0000000${digit}-0000-4000-8000-000000000000`;

/** The backup of authenticator.cc, as its EntryStorage writes it. */
const browserAuthenticator = {
  [hash(1)]: {
    ...{ account: "ann", dataType: "OTPStorage", encrypted: false, hash: hash(1), index: 0 },
    ...{ issuer: "Site::site.example", secret: RFC.base32, type: "totp", pinned: true },
  },
  [hash(2)]: {
    ...{ account: "bob", encrypted: false, hash: hash(2), index: 1, issuer: "Big Site" },
    ...{ secret: SECOND, type: "totp", algorithm: "SHA512", digits: 8, period: 60 },
  },
  [hash(3)]: {
    ...{ account: "cid", encrypted: false, hash: hash(3), index: 2, issuer: "Counting" },
    ...{ secret: RFC.hex, type: "hhex", algorithm: 2, digits: 7, counter: 42 },
  },
  [hash(4)]: {
    ...{ account: "dora", encrypted: false, hash: hash(4), index: 3, issuer: "Steam" },
    ...{ secret: RFC.base32, type: "steam" },
  },
  [hash(5)]: {
    ...{ account: "eve", encrypted: false, hash: hash(5), index: 4, issuer: "Battle.net" },
    ...{ secret: `blz-${RFC.base32}`, type: "totp" },
  },
  [hash(6)]: {
    ...{ account: "fay", encrypted: false, hash: hash(6), index: 5, issuer: "Hex" },
    ...{ secret: RFC.hex, type: "hex" },
  },
  "11111111-0000-4000-8000-000000000000": { dataType: "Key", id: "1", salt: "x", version: 3 },
};

const field = (type: string, value: string, more = {}) => ({
  ...{ type, value, label: type, deleted: 0, order: 1, sensitive: 0, uid: 1 },
  ...more,
});

/** The JSON of Enpass 6, after pass-import's test data and Proton Pass's types. */
const enpass = {
  folders: [
    { title: "Work", uuid: "w", parent_uuid: "", icon: "1008", updated_at: 1 },
    { title: "Unused", uuid: "u", parent_uuid: "", icon: "1008", updated_at: 1 },
  ],
  items: [
    {
      ...{ title: "Site", subtitle: "ann", category: "login", template_type: "login.default" },
      ...{ note: "a note", folders: ["w"], favorite: 0, trashed: 0, archived: 0, uuid: "1" },
      fields: [field("username", "ann"), field("totp", "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ")],
    },
    {
      ...{ title: "Big Site", category: "login", template_type: "login.default", note: "" },
      fields: [
        field("email", "bob"),
        field("totp", RFC.base32, { deleted: 1 }),
        field("totp", BOB),
      ],
    },
    { title: "None", category: "login", note: "text", fields: [field("totp", "")] },
    { title: "Note", category: "note", template_type: "note.default", note: "text" },
    { title: "Old", category: "login", trashed: 1, fields: [field("totp", RFC.base32)] },
  ],
};

/** The JSON of Keeper, after Bitwarden's test data. */
const keeper = {
  shared_folders: [{ path: "Team", uid: "t" }],
  records: [
    {
      ...{ title: "Site", uid: "1", login: "ann", notes: "a note", $type: "login" },
      custom_fields: { $oneTimeCode: `otpauth://totp/ann?secret=${RFC.base32}&issuer=` },
      folders: [{ folder: "Work\\Old" }, { shared_folder: "Team", can_edit: true }],
    },
    {
      ...{ title: "Big Site", login: "bob" },
      custom_fields: { "TFC:Keeper": BOB, Port: "5432", $host: { hostName: "x", port: "1" } },
    },
    { title: "None", notes: "text", $type: "encryptedNotes", custom_fields: { $note: "x" } },
    {
      ...{ title: "Two", login: "cid" },
      custom_fields: {
        "$oneTimeCode::1": [
          `otpauth://hotp/Counting:cid?secret=${RFC.base32}&counter=42&algorithm=SHA256&digits=7`,
        ],
      },
    },
  ],
};

const protonItem = (name: string, content: object, more = {}) => ({
  ...{ itemId: name, shareId: "x", state: 1, aliasEmail: null, contentFormatVersion: 7 },
  data: { metadata: { name, note: "", itemUuid: "0" }, extraFields: [], type: "login", content },
  ...more,
});

/** data.json of Proton Pass, after Bitwarden's test data. */
const protonPass = {
  ...{ encrypted: false, userId: "x", version: "1.33.0" },
  vaults: {
    one: {
      ...{ name: "Personal", description: "", display: { color: 0, icon: 0 } },
      items: [
        protonItem("Site", {
          ...{ itemEmail: "ann@site.example", itemUsername: "ann", password: "x", urls: [] },
          ...{ totpUri: RFC.base32, passkeys: [] },
        }),
        {
          ...protonItem("Counting", {}),
          data: {
            metadata: { name: "Counting", note: "a note" },
            type: "custom",
            extraFields: [{ fieldName: "x", type: "hidden", data: { content: "y" } }],
            content: {
              itemUsername: "cid",
              sections: [
                {
                  sectionName: "more",
                  sectionFields: [
                    {
                      ...{ fieldName: "code", type: "totp" },
                      data: {
                        totpUri: `otpauth://hotp/?secret=${RFC.base32}&counter=42&algorithm=SHA256&digits=7`,
                      },
                    },
                  ],
                },
              ],
            },
          },
        },
      ],
    },
    two: {
      name: "Work",
      items: [
        {
          ...protonItem("Big Site", { itemEmail: "bob", itemUsername: "", totpUri: "" }),
          data: {
            metadata: { name: "Big Site", note: "" },
            type: "login",
            extraFields: [{ fieldName: "second", type: "totp", data: { totpUri: BOB } }],
            content: { itemEmail: "bob", itemUsername: "", totpUri: "" },
          },
        },
        protonItem("None", { itemUsername: "x", totpUri: "" }),
        protonItem("Old", { itemUsername: "x", totpUri: RFC.base32 }, { state: 2 }),
      ],
    },
  },
};

const maFile = {
  ...{ shared_secret: RFC.base64, serial_number: "1234", revocation_code: "R12345", status: 1 },
  ...{ uri: `otpauth://totp/Steam:dora?secret=${RFC.base32}&issuer=Steam`, server_time: "0" },
  ...{ account_name: "dora", token_gid: "x", identity_secret: "eA==", secret_1: "eA==" },
  ...{ device_id: "android:x", fully_enrolled: true, Session: { SteamID: 76561190000000000 } },
};

/** What Blizzard's apps store: bytes combined with the mask that they all have. */
const masked = (text: string) => {
  const mask = Buffer.from(
    "398e27fc50276a656065b0e525f4c06c04c61075286b8e7aeda59da9813b5dd6c80d2fb38068773fa59ba47c17ca6c6479015c1d5b8b8f6b9a",
    "hex",
  );
  return Buffer.from([...text].map((c, i) => c.charCodeAt(0) ^ (mask[i] ?? 0))).toString("hex");
};

const battle: Wanted = {
  ...{ issuer: "Battle.net", account: null, serial: "EU-1234-5678-9012" },
  credential: timeBased({ digits: 8 }),
};

const settings = (entries: Record<string, string>) =>
  [
    "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>",
    "<map>",
    '    <int name="com.blizzard.bma.AUTH_STORE_HASH_VERSION" value="10" />',
    ...Object.entries(entries).map(([name, text]) => `    <string name="${name}">${text}</string>`),
    "</map>",
  ].join("\n");

const winAuth = [
  `otpauth://totp/Big Site:bob+b?secret=${SECOND}&digits=8&issuer=Big+Site&icon=Google`,
  `otpauth://totp/ann%2btag?secret=${RFC.base32}&digits=6`,
  `otpauth://totp/Steam:dora?secret=${RFC.base32}&digits=5&issuer=Steam&deviceid=android%3ax&data=%7b%22shared_secret%22%3a%22x%22%7d`,
  `otpauth://totp/BattleNet:EU+mine?secret=${RFC.base32}&digits=8&issuer=BattleNet&serial=EU123456789012&icon=BattleNet`,
  `otpauth://hotp/cid?secret=${RFC.base32}&digits=7&counter=42`,
].join("\r\n");

type Row = readonly [
  format: string,
  app: string,
  text: string,
  tokens: Wanted[],
  remarks: string[],
];

const NO_CODE = (count: number) =>
  `left out: ${count} ${count === 1 ? "entry" : "entries"} without a one-time password`;

const EXPORTS: readonly Row[] = [
  [
    ...["lastpass-authenticator", "LastPass Authenticator", json(lastPassAuthenticator)],
    ...[[ann, bob], []],
  ] as unknown as Row,
  ["2fauth", "2FAuth", json(twoFAuth), [ann, bob, cid, steam], []],
  ["2fauth", "2FAuth", json({ app: "2fauth_v5.4.0", data: [{ uri: BOB }] }), [bob], []],
  ["2fauth", "2FAuth", json({ app: "2fauth_v5.4.0", data: [BOB] }), [bob], []],
  [
    "authenticator-extension",
    "Authenticator (authenticator.cc)",
    json(browserAuthenticator),
    [
      ann,
      bob,
      cid,
      steam,
      { issuer: "Battle.net", account: "eve", credential: timeBased({ digits: 8 }) },
      { issuer: "Hex", account: "fay", credential: timeBased() },
    ],
    [],
  ],
  ["enpass", "Enpass", json(enpass), [ann, bob], [NO_CODE(2), "left out: 1 entry from the trash"]],
  ["keeper", "Keeper", json(keeper), [ann, bob, cid], [NO_CODE(1)]],
  [
    "proton-pass",
    "Proton Pass",
    json(protonPass),
    [ann, cid, bob],
    [NO_CODE(1), "left out: 1 entry from the trash"],
  ],
  ["steam-mafile", "Steam (maFile)", json(maFile), [steam], []],
  ["steam-mafile", "Steam (maFile)", json({ accounts: { a: maFile } }), [steam], []],
  ["steam-mafile", "Steam (maFile)", json([maFile]), [steam], []],
  [
    "battle-net",
    "Battle.net",
    json({ serial: "EU-1234-5678-9012", restoreCode: "X", deviceSecret: RFC.hex }),
    [battle],
    [],
  ],
  [
    "battle-net",
    "Battle.net",
    settings({
      "com.blizzard.messenger.AUTHENTICATOR_SERIAL": masked("EU-1234-5678-9012"),
      "com.blizzard.messenger.AUTHENTICATOR_DEVICE_SECRET": masked(RFC.hex),
    }),
    [battle],
    [],
  ],
  [
    "battle-net",
    "Battle.net",
    settings({ "com.blizzard.bma.AUTH_STORE.HASH": masked(`${RFC.hex}EU-1234-5678-9012`) }),
    [battle],
    [],
  ],
  [
    "winauth",
    "WinAuth",
    winAuth,
    [
      { ...bob, account: "bob b", credential: timeBased({ digits: 8 }) },
      { issuer: null, account: "ann+tag", credential: timeBased() },
      steam,
      {
        ...{ issuer: "BattleNet", account: "EU mine", serial: "EU123456789012" },
        credential: timeBased({ digits: 8 }),
      },
      { issuer: null, account: "cid", credential: eventBased({ digits: 7, counter: 42n }) },
    ],
    [],
  ],
];

/** The secrets of the samples, as they stand there. */
const SECRETS = [RFC.base32, RFC.base64, RFC.hex, SECOND];

describe("an export", () => {
  test.each(EXPORTS)("of %s (%s) gives its tokens, and counts the rest", async (...row) => {
    const [format, app, text, tokens, remarks] = row;
    const content = await expectTokens(text, format, tokens);
    expect([content.app, content.remarks]).toEqual([app, remarks]);
  });

  // those of Battle.net that are masked show no secret to replace
  const readable = EXPORTS.filter(([, , text]) => SECRETS.some((secret) => text.includes(secret)));

  test.each(readable)("of %s (%s) with a bad entry gives the others", async (...row) => {
    const [, , text, tokens] = row;
    let refused = 0;
    for (const good of SECRETS) {
      if (!text.includes(good)) continue;
      const { drafts, refusals } = await readText(text.replace(good, "not a secret!"));
      expect(drafts.length + refusals.length).toBe(tokens.length);
      expect(refusals.length).toBeLessThan(2);
      refused += refusals.length;
      expect(refusals.join()).not.toContain("not a secret!");
    }
    expect(refused).toBeGreaterThan(0);
  });

  // what WinAuth writes is a list of Key URIs, whose first lines are such a list too
  const wholes = EXPORTS.filter(([format]) => format !== "winauth");

  test.each(wholes)("of %s (%s) that was cut off is no file, or damaged", async (...row) => {
    const [, , text] = row;
    for (const part of [0.1, 0.4, 0.7, 0.95]) {
      await expect(readText(text.slice(0, Math.floor(part * text.length)))).rejects.toMatchObject({
        code: "invalid",
        message: expect.stringMatching(
          /is damaged|is empty|is broken XML|not a file that fob knows/,
        ),
      });
    }
  });

  test.each([
    ["LastPass Authenticator", { ...lastPassAuthenticator, version: 4 }],
    ["2FAuth", { ...twoFAuth, schema: 4 }],
  ])("of %s in a version that is not known is refused by it", async (app, content) => {
    await expect(readText(json(content))).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(`^this file of ${app} has version 4, and fob reads [13]$`),
      hint: expect.stringContaining("Key URIs"),
    });
  });

  test("that is encrypted says so, and what to do", async () => {
    const encrypted = json({
      ...browserAuthenticator,
      [hash(1)]: { ...browserAuthenticator[hash(1)], encrypted: true },
    });
    const { drafts, refusals } = await readText(encrypted);
    expect(drafts).toHaveLength(5);
    expect(refusals).toEqual(["Site:ann: it is encrypted: download the backup without a password"]);
    await expect(readText(json({ ...protonPass, encrypted: true }))).rejects.toMatchObject({
      message: "this Proton Pass export is encrypted",
      hint: expect.stringContaining("without encryption"),
    });
    await expect(readText('<WinAuth version="3.5.1"><data/></WinAuth>')).rejects.toMatchObject({
      message: expect.stringContaining("WinAuth"),
      hint: expect.stringContaining("text file"),
    });
    const manifest = { encrypted: true, entries: [{ filename: "1.maFile", steamid: 1 }] };
    await expect(readText(json(manifest))).rejects.toMatchObject({
      message: expect.stringContaining("manifest"),
      hint: expect.stringContaining("*.maFile"),
    });
  });

  test.each([
    ["a device's settings", { deviceSecret: RFC.hex, serial: "17" }],
    ["another list of items", { items: [{ id: 1, title: "x" }] }],
    ["records", { records: [{ id: 1 }] }],
    ["accounts", { accounts: [{ name: "x" }], version: 9 }],
    ["an object of objects", { one: { secret: "x" }, two: { hash: "y" } }],
    ["a shared secret of something else", { shared_secret: RFC.base64, name: "tunnel" }],
    ["vaults in a list", { vaults: [] }],
  ])("is not what %s is taken for", async (_, content) => {
    await expect(readText(json(content))).rejects.toThrow(/is not a file that fob knows/);
  });

  test("of Steam and WinAuth leaves the other secrets of its accounts behind", async () => {
    for (const text of [json(maFile), winAuth]) {
      const seen = JSON.stringify(
        (await readText(text)).drafts.map(({ fields, findings }) => [fields, findings]),
      );
      for (const secret of ["R12345", "identity_secret", "shared_secret", "android"])
        expect(seen).not.toContain(secret);
    }
  });

  test("of another program that looks like WinAuth's keeps its plus signs", async () => {
    const text = `otpauth://totp/ann+tag?secret=${RFC.base32}&digits=6&issuer=Site`;
    expect((await readText(text)).drafts).toMatchObject([{ account: "ann+tag" }]);
  });
});
