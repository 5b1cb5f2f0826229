import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lint, ROOT } from "./planted-lint.ts";

const NOT_ALLOWED = "lint/style/noRestrictedImports";
const CIRCLE = "lint/suspicious/noImportCycles";

const rooms = readdirSync(join(ROOT, "src")).sort();

/** What each room may import besides itself, as its row of the lint file says. */
const allowed = new Map(rows().map(({ room, groups }) => [room, roomsIn(groups, room)]));

const found = lint(planted());

test("every room is a folder with a row in the lint file, and nothing lies loose in src", () => {
  const entries = readdirSync(join(ROOT, "src"), { withFileTypes: true });
  expect(entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name)).toEqual([]);
  expect([...allowed.keys()].sort()).toEqual(rooms);
  for (const names of allowed.values()) expect(rooms).toEqual(expect.arrayContaining([...names]));
});

test("rooms import each other in no circle", () => {
  const isBelow = (room: string, other: string): boolean =>
    (allowed.get(room) ?? []).some((below) => below === other || isBelow(below, other));
  expect(rooms.filter((room) => isBelow(room, room))).toEqual([]);
});

test("`#ROOM/file.ts` is a file below src, for Node and for TypeScript", () => {
  const { imports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  expect(imports).toEqual({ "#*": "./src/*" });
});

test.each(rooms)("src/%s may import what its row says, and no other room", (room) => {
  const refused = rooms.filter((other) => other !== room && !allowed.get(room)?.includes(other));
  for (const kind of ["value", "type", "lazy"]) {
    const lines = found
      .filter(({ rule, place }) => rule === NOT_ALLOWED && place.startsWith(`src/${room}/${kind}.`))
      .map(({ place }) => rooms[Number(place.split(":")[1]) - 1])
      .sort();
    expect(lines, kind).toEqual(refused);
  }
});

test.each(rooms)("src/%s imports nothing by a way up", (room) => {
  for (const file of [`src/${room}/up.ts`, `src/${room}/below/up.ts`])
    expect(found).toContainEqual({ rule: NOT_ALLOWED, place: `${file}:1` });
});

test.each(rooms)("src/%s has no circle, be it of types", (room) => {
  for (const file of ["one", "two"])
    expect(found).toContainEqual({ rule: CIRCLE, place: `src/${room}/circle-${file}.ts:1` });
});

/** Files that import every room, a line for each, in the order of {@link rooms}. */
function planted(): Readonly<Record<string, string>> {
  const each = (line: (other: string) => string) => `${rooms.map(line).join("\n")}\n`;
  const files = rooms.map((room) => ({
    [`src/${room}/there.ts`]: "export const there = 1;\n",
    [`src/${room}/value.ts`]: each(
      (other) => `export { there as ${other} } from "#${other}/there.ts";`,
    ),
    [`src/${room}/type.ts`]: each(
      (other) => `export type { there as ${other} } from "#${other}/there.ts";`,
    ),
    [`src/${room}/lazy.ts`]: each(
      (other) => `export const ${other} = import("#${other}/there.ts");`,
    ),
    [`src/${room}/up.ts`]: 'export { there } from "../base/there.ts";\n',
    [`src/${room}/below/up.ts`]: 'export { there } from "../there.ts";\n',
    [`src/${room}/circle-one.ts`]: `import type { Two } from "#${room}/circle-two.ts";\nexport interface One {\n  readonly two: Two;\n}\n`,
    [`src/${room}/circle-two.ts`]:
      'import type { One } from "./circle-one.ts";\nexport interface Two {\n  readonly one: One;\n}\n',
  }));
  return Object.assign({}, ...files);
}

interface Row {
  readonly room: string;
  readonly groups: readonly string[];
}

function rows(): readonly Row[] {
  const { overrides } = JSON.parse(readFileSync(join(ROOT, "biome.json"), "utf8"));
  return overrides.flatMap(({ includes, linter }: Override) => {
    const patterns = linter?.rules?.style?.noRestrictedImports?.options.patterns;
    const [, room] = /^src\/(\w+)\/\*\*$/.exec(includes[0] ?? "") ?? [];
    return patterns && room ? [{ room, groups: patterns.flatMap(({ group }) => group) }] : [];
  });
}

interface Override {
  readonly includes: readonly string[];
  readonly linter?: {
    readonly rules?: {
      readonly style?: {
        readonly noRestrictedImports?: {
          readonly options: { readonly patterns: readonly { readonly group: readonly string[] }[] };
        };
      };
    };
  };
}

function roomsIn(groups: readonly string[], own: string): readonly string[] {
  return groups
    .flatMap((group) => /^!#(\w+)\/\*\*$/.exec(group)?.[1] ?? [])
    .filter((room) => room !== own);
}
