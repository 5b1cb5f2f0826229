import { describe, expect, test } from "vitest";
import { countLeftBehind } from "#enrollment/files/left-behind.ts";
import { readText } from "./reading.ts";
import * as samples from "./samples.ts";

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

const REMARKS = [
  ["Aegis", AEGIS, "3 groups and 1 note are not taken over"],
  [
    "Aegis of before groups had an id",
    beside(samples.aegisPlain, ["db", "entries"], [{ group: "Work" }, { group: "Work" }]),
    "1 group is not taken over",
  ],
  [
    "2FAS",
    beside(samples.twoFas, ["services"], [{ groupId: "1" }, {}], {
      groups: [
        { id: "1", name: "A" },
        { id: "2", name: "B" },
      ],
    }),
    "2 groups are not taken over",
  ],
  [
    "andOTP",
    beside(samples.andOtp, [], [{ tags: ["a", "b"] }, { tags: ["b"] }]),
    "2 tags are not taken over",
  ],
  [
    "Stratum",
    beside(samples.stratum, ["Authenticators"], [{}, {}], {
      Categories: [{ Name: "A", Id: "1", Ranking: 0 }],
    }),
    "1 group is not taken over",
  ],
  [
    "Proton Authenticator",
    beside(samples.proton, ["entries"], [{ note: "text" }, { note: null }]),
    "1 note is not taken over",
  ],
  [
    "Ente",
    samples.uriList.replace(
      /$/gm,
      `&codeDisplay=${encodeURIComponent('{"pinned":false,"note":"text","tags":["a","b"]}')}`,
    ),
    "2 tags and 4 notes are not taken over",
  ],
] as const;

describe("what a token has no place for", () => {
  test.each(REMARKS)("of %s is counted", async (_, file, remark) => {
    const content = await readText(file);
    expect(content.refusals).toEqual([]);
    expect(content.drafts.length).toBeGreaterThan(1);
    expect(content.remarks).toEqual([remark]);
  });

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

  test("of Ente that is damaged hinders no token", async () => {
    for (const odd of ["{", "%", "%7B", "[1]", ""]) {
      const list = samples.uriList.replace(/$/gm, `&codeDisplay=${odd}`);
      expect(await readText(list)).toMatchObject({ refusals: [], remarks: [] });
    }
  });

  test("counts names once, and entries each", () => {
    const item = { secret: "x" };
    const { items, remarks } = countLeftBehind([
      item,
      ...Array.from({ length: 12 }, () => ({ leftBehind: "note" }) as const),
      ...["a", "b", "a", "c"].map((name) => ({ leftBehind: "group", name }) as const),
      { leftBehind: "tag", name: "a" },
      { leftBehind: "login" },
      { leftBehind: "login" },
      { leftBehind: "trash" },
    ]);
    expect(items).toEqual([item]);
    expect(remarks).toEqual([
      "left out: 2 entries without a one-time password",
      "left out: 1 entry from the trash",
      "3 groups, 1 tag and 12 notes are not taken over",
    ]);
  });
});
