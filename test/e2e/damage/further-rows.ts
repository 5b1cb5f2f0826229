import type { LineName } from "./commands.ts";
import { type Expectation, keyRows, LOST, OF_NEWER, type Row, SHUT, SPOILT } from "./table.ts";

const BESIDE = [".DS_Store beside it"] as const;
const AGAIN = ["its bytes under the next number"] as const;

/** Nobody knows how many recovery codes are left. */
const UNCOUNTED: Row["lines"] = {
  "show Time": "differs",
  "show Time --note": "differs",
};

/** A backup has the token without its note, and everything else goes on. */
const withoutNote = (text: Expectation): Row["lines"] => ({
  "note Time": text,
  "show Time --note": text,
  backup: text,
  export: text,
});

const withoutCodes = (text: Expectation): Row["lines"] => ({
  "codes Time": text,
  "codes list": text,
  "codes add Time": text,
  backup: text,
  export: text,
});

const TURNS: readonly LineName[] = ["sync", "sync status", "sync leave", "sync leave --local"];
const SYNCS: readonly LineName[] = [...TURNS, "sync members", "sync invite", "sync add Asks"];

function each(lines: readonly LineName[], expectation: Expectation): Row["lines"] {
  return Object.fromEntries(lines.map((line) => [line, expectation]));
}

const BELONGINGS: readonly Row[] = (
  [
    ["Time/note", withoutNote],
    ["Time/codes", withoutCodes],
  ] as const
).flatMap(([of, without]): Row[] => {
  const unread = { of, doctor: "belongings failed" };
  const kept = { ...unread, repaired: "belongings failed" };
  return [
    { ...unread, injuries: [...SPOILT, "a file for its folder"], lines: without("6 damaged") },
    { ...kept, injuries: ["of a newer fob"], lines: without(OF_NEWER) },
    { ...kept, injuries: ["closed to its owner"], lines: without(SHUT) },
    { of, injuries: BESIDE, doctor: "", lines: {} },
    { of, injuries: AGAIN, doctor: "leftovers warning", lines: {} },
  ];
});

const ATTEMPTS: readonly Row[] = (["app attempts", "passphrase attempts"] as const).flatMap(
  (of): Row[] => {
    const shut = { of, doctor: "vault failed", repaired: "vault failed" };
    const opening = (text: Expectation): Row["lines"] => ({
      key: text,
      "pin status": text,
      "biometric status": text,
      // refused before it opens anything
      ...(of === "app attempts" && { "keychain move file": "works" }),
    });
    return [
      // the right PIN, which every line has, mends the count
      {
        of,
        injuries: ["a byte flipped", "a byte more", "empty", "foreign", ...LOST, ...BESIDE],
        doctor: "",
        lines: {},
      },
      { of, injuries: ["a file for its folder", ...AGAIN], doctor: "", lines: {} },
      // a folder in the place of an older file stays
      {
        of,
        injuries: ["a folder"],
        doctor: "leftovers warning",
        repaired: "leftovers warning",
        lines: {},
      },
      { ...shut, injuries: ["of a newer fob"], lines: opening(OF_NEWER) },
      { ...shut, injuries: ["closed to its owner"], lines: opening(SHUT) },
    ];
  },
);

const HEADERS: readonly Row[] = (
  ["app header", "passphrase header", "exported header"] as const
).flatMap((of): Row[] => {
  const sick = "agent warning, vault failed";
  const row = { of, doctor: sick, repaired: sick };
  const all = (text: Expectation): Row["lines"] => ({ vault: text, "agent status": text });
  return [
    { ...row, injuries: SPOILT, lines: all("6 header/") },
    { ...row, injuries: LOST, lines: all("6 header is missing") },
    { ...row, injuries: ["of a newer fob"], lines: all(OF_NEWER) },
    { ...row, injuries: ["closed to its owner"], lines: all(SHUT) },
    { of, injuries: BESIDE, doctor: "", lines: {} },
  ];
});

const KEYS: readonly Row[] = [
  { of: "named key", injuries: ["a byte more", ...BESIDE], doctor: "", lines: {} },
  ...keyRows("named key", "keychain failed, vault failed"),
  {
    of: "named key",
    injuries: ["closed to its owner"],
    doctor: "keychain failed, vault failed",
    repaired: "keychain failed, vault failed",
    lines: { key: "8 " },
  },
  // the finger then does nothing, and the PIN is asked for
  {
    of: "biometric key",
    injuries: ["a byte flipped", "a byte more", "empty", "foreign", "missing", ...BESIDE],
    doctor: "",
    lines: {},
  },
  { of: "biometric key", injuries: ["closed to its owner"], doctor: "", lines: {} },
  {
    of: "biometric key",
    injuries: ["a folder"],
    doctor: "",
    lines: { "biometric disable": "8 cannot remove" },
  },
];

/** Nothing but its grant opens such a home, and each command that needs it says what is wrong. */
const EXPORTED: readonly Row[] = [
  {
    of: "exported grant",
    injuries: [...SPOILT, ...LOST, "a file for its folder"],
    doctor: "",
    lines: { vault: "4 the grant was revoked, or is of another vault" },
  },
  {
    of: "exported token",
    injuries: [...SPOILT, "a file for its folder"],
    doctor: "",
    lines: { vault: "4 no longer opens this token" },
  },
  {
    of: "exported token",
    injuries: LOST,
    doctor: "",
    lines: {
      list: "differs",
      "list --json": "differs",
      "code --all": "differs",
      "show Time": "4 opens no token",
      "code Time": "4 opens no token",
    },
  },
  ...(["exported grant", "exported token"] as const).flatMap((of): Row[] => [
    { of, injuries: ["closed to its owner"], doctor: "", lines: { vault: SHUT } },
    { of, injuries: BESIDE, doctor: "", lines: {} },
  ]),
];

const SYNC: readonly Row[] = [
  {
    of: "sync state",
    injuries: [...SPOILT, "a file for its folder"],
    doctor: "sync failed",
    lines: { ...each(SYNCS, "6 damaged"), "sync leave --local": "ends alike" },
  },
  { of: "sync state", injuries: LOST, doctor: "", lines: each(SYNCS, "2 not synchronised") },
  {
    of: "sync state",
    injuries: ["of a newer fob"],
    doctor: "sync failed",
    repaired: "sync failed",
    lines: each(SYNCS, OF_NEWER),
  },
  { of: "sync state", injuries: [...BESIDE, ...AGAIN], doctor: "", lines: {} },
  // a damaged turn is nobody's
  {
    of: "sync turn",
    injuries: [...SPOILT, ...LOST, ...BESIDE, ...AGAIN],
    doctor: "",
    lines: {},
  },
  {
    of: "sync turn",
    injuries: ["a file for its folder"],
    doctor: "files failed",
    lines: each(TURNS, "6 sync-turn is damaged"),
  },
  {
    of: "sync turn",
    injuries: ["of a newer fob"],
    doctor: "sync failed",
    repaired: "sync failed",
    lines: each(TURNS, OF_NEWER),
  },
];

/** The rows of what belongs to tokens, of the service, and of homes of other kinds. */
export const FURTHER: readonly Row[] = [
  { of: "codes-left", injuries: SPOILT, doctor: "codes failed", lines: UNCOUNTED },
  { of: "codes-left", injuries: LOST, doctor: "", lines: UNCOUNTED },
  {
    of: "codes-left",
    injuries: ["a file for its folder"],
    doctor: "files failed",
    lines: { ...UNCOUNTED, "codes add Time": "6 codes-left is damaged" },
  },
  {
    of: "codes-left",
    injuries: ["of a newer fob"],
    doctor: "codes failed",
    repaired: "codes failed",
    lines: UNCOUNTED,
  },
  {
    of: "codes-left",
    injuries: ["closed to its owner"],
    doctor: "codes failed",
    repaired: "codes failed",
    lines: { ...UNCOUNTED, "codes add Time": SHUT },
  },
  ...BELONGINGS,
  {
    of: "Time/note",
    injuries: LOST,
    doctor: "",
    lines: { "show Time --note": "differs", export: "differs" },
  },
  {
    of: "Time/codes",
    injuries: LOST,
    doctor: "",
    lines: {
      "codes Time": "3 has no recovery codes",
      "codes list": "differs",
      export: "differs",
    },
  },
  // the service makes its secret anew when it starts; until then the vault gets an agent of its own
  {
    of: "service",
    injuries: [...SPOILT, ...LOST, "a file for its folder", "of a newer fob", ...BESIDE, ...AGAIN],
    doctor: "",
    lines: {},
  },
  { of: "service", injuries: ["closed to its owner"], doctor: "", lines: {} },
  ...ATTEMPTS,
  ...HEADERS,
  ...KEYS,
  ...EXPORTED,
  ...SYNC,
  {
    of: "vault/access-log/1",
    injuries: ["a byte flipped", "a byte more", "foreign", "a folder"],
    doctor: "access log warning",
    lines: { "access log": "ends alike" },
  },
  {
    of: "vault/access-log/1",
    injuries: ["missing", "empty"],
    doctor: "",
    lines: { "access log": "differs" },
  },
  // without a whole one the index is read
  {
    of: "locator",
    injuries: ["a byte flipped", "a byte more", "empty", "foreign", "missing", ...BESIDE],
    doctor: "",
    lines: {},
  },
  { of: "locator", injuries: ["closed to its owner"], doctor: "", lines: {} },
  { of: "locator", injuries: ["a folder"], doctor: "files failed", lines: {} },
];
