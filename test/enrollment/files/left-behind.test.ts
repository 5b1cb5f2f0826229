import { describe, expect, test } from "vitest";
import { formatAegis } from "#enrollment/files/aegis-writer.ts";
import { withBelongings } from "#enrollment/files/belongings.ts";
import { countLeftBehind } from "#enrollment/files/left-behind.ts";
import { readText } from "./reading.ts";
import * as samples from "./samples.ts";
import { fixture, PASSWORD } from "./sealed/sealed-samples.ts";

const TOTP = {
  kind: "totp",
  algorithm: "SHA1",
  digits: 6,
  alphabet: "decimal",
  period: 30,
  t0: 0,
} as const;

type Entry = Record<string, unknown>;

/** A file with something more in its first two entries, and beside its list. */
function beside(
  file: string,
  path: readonly string[],
  [first, second]: readonly [Entry, Entry],
  more: Entry = {},
): string {
  const content = JSON.parse(file);
  const entries = path.reduce((holder, key) => holder[key], content);
  Object.assign(entries[0], first);
  Object.assign(entries[1], second);
  const holder = path.slice(0, -1).reduce((inner, key) => inner[key], content);
  if (path.length > 0) Object.assign(holder, more);
  return JSON.stringify(content);
}

const AEGIS = beside(
  samples.aegisPlain,
  ["db", "entries"],
  [
    { note: "text", groups: ["a", "b"] },
    { note: " ", groups: ["a"], group: null },
  ],
  { groups: [{ uuid: "a", name: "A" }, { uuid: "c", name: "C" }, 7] },
);

/**
 * Files with groups, tags and notes: the tags of the first two tokens, what is counted, and the
 * notes of the first two.
 */
const FILES: readonly [
  app: string,
  file: string,
  tags: readonly string[][],
  remarks: readonly string[],
  notes?: readonly (string | undefined)[],
][] = [
  ["Aegis", AEGIS, [["A"], ["A"]], [], ["text", undefined]],
  [
    "Aegis of before groups had an id",
    beside(samples.aegisPlain, ["db", "entries"], [{ group: "Work" }, { group: "Home" }]),
    [["Work"], ["Home"]],
    [],
  ],
  [
    "2FAS",
    beside(samples.twoFas, ["services"], [{ groupId: "1" }, {}], {
      groups: [
        { id: "1", name: "A" },
        { id: "2", name: "B" },
      ],
    }),
    [["A"], []],
    [],
  ],
  [
    "andOTP",
    beside(samples.andOtp, [], [{ tags: ["a", "b"] }, { tags: ["b"] }]),
    [["a", "b"], ["b"]],
    [],
  ],
  [
    "Stratum",
    beside(samples.stratum, ["Authenticators"], [{}, {}], {
      Categories: [{ Name: "A", Id: "1", Ranking: 0 }, 7],
      AuthenticatorCategories: [
        {
          CategoryId: "1",
          AuthenticatorSecret: JSON.parse(samples.stratum).Authenticators[0].Secret,
          Ranking: 0,
        },
        { CategoryId: "2", AuthenticatorSecret: "x" },
        null,
      ],
    }),
    [["A"]],
    [],
  ],
  [
    "FreeOTP+",
    beside(samples.freeOtpPlus, ["tokens"], [{ category: "Work" }, { category: null }]),
    [["Work"], []],
    [],
  ],
  [
    "Proton Authenticator",
    beside(samples.proton, ["entries"], [{ note: "text" }, { note: null }]),
    [[], []],
    [],
    ["text", undefined],
  ],
  [
    "Ente",
    samples.uriList.replace(
      /$/gm,
      `&codeDisplay=${encodeURIComponent('{"pinned":false,"note":"text","tags":["a","b"]}')}`,
    ),
    [
      ["a", "b"],
      ["a", "b"],
    ],
    [],
    ["text", "text"],
  ],
];

const URI = `otpauth://totp/Acme:ann?secret=${samples.SAMPLES[0]?.secret}&issuer=Acme`;

/** Files in which the first token is a favorite, and the second none. */
const FAVORITES: readonly (readonly [app: string, file: string])[] = [
  [
    "Aegis",
    beside(samples.aegisPlain, ["db", "entries"], [{ favorite: true }, { favorite: false }]),
  ],
  ["Raivo", beside(samples.raivo, [], [{ pinned: "true" }, { pinned: "false" }])],
  [
    "Ente",
    samples.uriList
      .split("\n")
      .map((uri, i) => `${uri}&codeDisplay=${encodeURIComponent(`{"pinned":${i === 0}}`)}`)
      .join("\n"),
  ],
  [
    "Bitwarden",
    beside(samples.bitwardenJson, ["items"], [{ favorite: true }, { favorite: false }]),
  ],
  ["Bitwarden, CSV", samples.bitwardenCsv.replace("\n,,login", "\n,1,login")],
  [
    "LastPass",
    `url,username,password,totp,extra,name,grouping,fav\nx,ann,,${URI},,Acme,,1\nx,bob,,${URI},,Acme,,0`,
  ],
  [
    "1Password, CSV",
    `Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes\nAcme,,ann,,${URI},true,false,,\nAcme,,bob,,${URI},false,false,,`,
  ],
  [
    "1Password",
    JSON.stringify({
      accounts: [{ vaults: [{ items: [onePasswordItem(1), onePasswordItem(0)] }] }],
    }),
  ],
  [
    "LastPass Authenticator",
    JSON.stringify({
      version: 3,
      accounts: [true, false].map((isFavorite) => ({
        ...{ issuerName: "Acme", userName: "ann", secret: samples.SAMPLES[0]?.secret },
        ...{ digits: 6, timeStep: 30, algorithm: "SHA1", isFavorite },
      })),
    }),
  ],
  [
    "Enpass",
    JSON.stringify({
      items: [1, 0].map((favorite) => ({
        ...{ title: "Acme", favorite, trashed: 0 },
        fields: [{ type: "totp", value: URI, deleted: 0 }],
      })),
    }),
  ],
  [
    "Proton Pass",
    JSON.stringify({
      vaults: {
        a: {
          name: "a",
          items: [true, false].map((pinned) => ({
            ...{ state: 1, pinned },
            data: { metadata: { name: "Acme" }, extraFields: [], content: { totpUri: URI } },
          })),
        },
      },
    }),
  ],
  [
    "Authenticator",
    JSON.stringify(
      Object.fromEntries(
        [true, false].map((pinned, index) => [
          `hash${index}`,
          { hash: `hash${index}`, index, secret: samples.SAMPLES[0]?.secret, type: "totp", pinned },
        ]),
      ),
    ),
  ],
];

function onePasswordItem(favIndex: number) {
  const sections = [{ fields: [{ value: { totp: URI } }] }];
  return { favIndex, overview: { title: "Acme" }, details: { sections } };
}

test("a secret alone shows the names of its login", async () => {
  const login = { username: "ann", totp: samples.SAMPLES[0]?.secret };
  const { drafts } = await readText(
    JSON.stringify({ encrypted: false, items: [{ type: 1, name: "Acme", login }] }),
  );
  expect(drafts).toMatchObject([{ issuer: "Acme", account: "ann" }]);
  expect(drafts[0]?.fields.slice(0, 2)).toEqual([
    { name: "issuer", value: "Acme", origin: "given" },
    { name: "account", value: "ann", origin: "given" },
  ]);
});

describe("a favorite", () => {
  test.each(FAVORITES)("of %s is one here", async (_, file) => {
    const { drafts, refusals } = await readText(file);
    expect(refusals).toEqual([]);
    expect(drafts.slice(0, 2).map(({ favorite }) => favorite)).toEqual([true, undefined]);
  });
});

describe("what stands beside a token", () => {
  test.each(FILES)(
    "in %s stays with it, or is counted",
    async (...[, file, tags, remarks, notes]) => {
      const content = await readText(file);
      expect(content.drafts.slice(0, 2).map(({ note }) => note)).toEqual(
        notes ?? content.drafts.slice(0, 2).map(() => undefined),
      );
      expect(content.refusals).toEqual([]);
      expect(content.drafts.slice(0, tags.length).map((draft) => draft.tags ?? [])).toEqual(tags);
      expect(content.remarks).toEqual(remarks);
    },
  );

  test.each([
    ["Aegis", samples.aegisPlain, ["db", "entries"], { note: 1, groups: "a", group: [] }],
    ["2FAS", samples.twoFas, ["services"], { groupId: 1 }],
    ["andOTP", samples.andOtp, [], { tags: { a: 1 } }],
    ["Proton Authenticator", samples.proton, ["entries"], { note: 1 }],
  ])("of another shape in %s hinders no token", async (_, file, path, odd) => {
    const content = await readText(beside(file, path, [odd, {}], { groups: 1 }));
    expect(content).toMatchObject({ refusals: [], remarks: [] });
    expect(content.drafts).toHaveLength((await readText(file)).drafts.length);
  });

  test("in an encrypted file of Ente stays with it, too", async () => {
    const { drafts } = await readText(fixture("ente-notes"), { password: PASSWORD });
    expect(drafts.map(({ account, tags, note }) => ({ account, tags, note }))).toEqual([
      { account: "ann", tags: ["a", "b"], note: "text" },
      { account: "bob" },
    ]);
  });

  test("in FreeOTP+ may be names that its user has changed", async () => {
    const changed = { issuerAlt: "Work", labelAlt: "me" };
    const file = beside(samples.freeOtpPlus, ["tokens"], [changed, { issuerAlt: null }]);
    const { drafts } = await readText(file);
    const { issuer, account } = samples.SAMPLES[1] as samples.Sample;
    expect(drafts.slice(0, 2)).toMatchObject([
      { issuer: "Work", account: "me" },
      { issuer, account },
    ]);
  });

  test("goes into a vault of Aegis and comes out of it", async () => {
    const token = (name: string, tags: readonly string[]) => ({
      ...{ id: "0123456789abcdef", name, issuer: "ACME", account: name, serial: null, tags },
      note: `about\n${name}`,
      favorite: name === "bob",
      credential: TOTP,
      secret: Buffer.from("12345678901234567890"),
    });
    const given = [token("ann", ["Work", "vpn"]), token("bob", ["work"]), token("cid", [])];
    const text = await formatAegis(given, null);
    expect(JSON.parse(text).db.groups).toHaveLength(2);
    const { drafts, remarks } = await readText(text);
    expect(drafts.map(({ tags = [] }) => tags)).toEqual([["Work", "vpn"], ["Work"], []]);
    expect(drafts.map(({ favorite }) => favorite)).toEqual([undefined, true, undefined]);
    expect(drafts.map(({ note }) => note)).toEqual(["about\nann", "about\nbob", "about\ncid"]);
    expect(remarks).toEqual([]);
  });

  test("of Ente stays there with what is in its trash", async () => {
    const content = await readText(samples.uriList.replace(/$/m, '&codeDisplay={"trashed":true}'));
    expect(content.remarks).toEqual(["left out: 1 entry from the trash"]);
    expect(content.drafts).toHaveLength(samples.SAMPLES.length);
  });

  test("of Ente that is damaged hinders no token", async () => {
    for (const odd of ["{", "%", "%7B", "[1]", ""]) {
      const list = samples.uriList.replace(/$/gm, `&codeDisplay=${odd}`);
      expect(await readText(list)).toMatchObject({ refusals: [], remarks: [] });
    }
  });

  test("is counted where it is a note that is too long, or of no token", async () => {
    const long = beside(samples.proton, ["entries"], [{ note: "x".repeat(65_537) }, {}]);
    expect((await readText(long)).remarks).toEqual(["1 note is not taken over"]);
    // shorter than an enrollment string may be, and longer than a note
    const display = `{"note":"${"\u20ac".repeat(22_000)}","tags":["a"]}`;
    const ente = samples.uriList.replace(/$/m, `&codeDisplay=${display}`);
    const content = await readText(ente);
    expect(content).toMatchObject({ refusals: [], remarks: ["1 note is not taken over"] });
    expect(content.drafts[0]).toMatchObject({ tags: ["a"] });
    expect(content.drafts[0]).not.toHaveProperty("note");
    expect(withBelongings([], { note: "text" })).toEqual([{ leftBehind: "note" }]);
  });

  test("is counted, each time", () => {
    const item = { secret: "x" };
    const { items, remarks } = countLeftBehind([
      item,
      ...Array.from({ length: 12 }, () => ({ leftBehind: "note" }) as const),
      { leftBehind: "login" },
      { leftBehind: "login" },
      { leftBehind: "trash" },
    ]);
    expect(items).toEqual([item]);
    expect(remarks).toEqual([
      "left out: 2 entries without a one-time password",
      "left out: 1 entry from the trash",
      "12 notes are not taken over",
    ]);
  });
});
