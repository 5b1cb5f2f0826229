import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Cell } from "#vault/cells/cell.ts";
import {
  agentCell,
  batchCell,
  calendarCell,
  grantListCell,
  headerCell,
} from "#vault/cells/layout.ts";
import { encryptingSeal } from "#vault/cells/sealing.ts";
import { grantCell } from "#vault/grants/grant-cell.ts";
import { grantKey, parseGrantSecret } from "#vault/grants/grant-secret.ts";
import { attemptsOfToken } from "#vault/pins/attempts.ts";
import { batchIds } from "#vault/tokens/batch.ts";
import { removedCell } from "#vault/trash/removal.ts";
import { boundByRights, giveToNobody } from "../../bound-by-rights.ts";
import { isTorture, sampled } from "../../sampled.ts";
import { filesBelow, type Outcome, RFC_CODES } from "../fob.ts";
import { LINES, type Line, type LineName } from "./commands.ts";
import { type InjuryName, injure, type Target } from "./injuries.ts";
import { copyOf, leaveBatch, type RichHome, richHome, vaultOf } from "./rich-home.ts";
import { runInProcess } from "./run-in-process.ts";
import { type Expectation, GROUPS, type Patient, type Row, TABLE } from "./table.ts";

let rich: RichHome;
/** What the lines say in the home that nothing has happened to. */
const whole = new Map<LineName, Outcome>();
const removals: (() => void)[] = [];
const later = (remove: () => void) => void removals.push(remove);

beforeAll(async () => {
  rich = await richHome(later);
  giveToNobody(dirname(rich.home));
});

afterAll(() => {
  for (const remove of removals) remove();
});

/** scrypt makes these slow; they are tried on what they need. */
const SLOW: readonly LineName[] = [
  "pin set",
  "pin set Hurt",
  "pin change Pinned",
  "keychain move none",
];
const NEEDED_BY_SLOW: readonly Patient[] = [
  "header",
  "tokens/Hurt",
  "grant-list",
  "attempts/Pinned",
  "key",
];

/** The tokens that a line changes by its work. */
const CHANGES: Partial<Record<LineName, readonly string[]>> = {
  "code Count": ["Count"],
  "code Count, granted": ["Count"],
  "pin change Pinned": ["Pinned"],
  "pin remove Pinned": ["Pinned"],
  "rename Time": ["Time"],
  "remove Time": ["Time"],
  "access domain Time FF": ["Time"],
  "access grant": ["Count"],
  "access revoke ci": ["Count"],
  // a repair of the list of grants gives every token a new key
  "doctor --repair": ["Count", "Time", "Pinned", "Asks", "Push"],
};

const HEALTHY = ["Count", "Time", "Pinned", "Asks", "Push"];

/**
 * A grant that was made more than a minute ago is being made no longer: without its file it is
 * dead.
 */
const LATER_MS = 120_000;

/** No command takes longer. */
const LONGEST_MS = 10_000;

interface Case {
  readonly of: Patient;
  readonly injury: InjuryName;
  readonly row: Row;
}

const cases: readonly Case[] = TABLE.flatMap((row) =>
  row.injuries.map((injury) => ({ of: row.of, injury, row })),
);

const only = process.env["FOB_TEST_DAMAGE"];
const chosen = only ? cases.filter(({ of }) => only.split(",").includes(of)) : sampled(cases, 10);

describe.each(chosen.map((one) => [one.of, one.injury, one] as const))(
  "%s, hurt by: %s",
  (_of, _injury, one) => {
    const lines = linesFor(one);
    const tried = only ? lines : sampled(lines, isTorture ? 1 : 8);

    test("stops what needs it and nothing else", { timeout: 600_000 }, async () => {
      const sick = hurt(one);
      const wrong: string[] = [];
      for (const name of tried) {
        const healthy = await inWhole(name);
        const copy = copyOf(sick, onTestFinished);
        const before = filesOfHealthy(copy, name);
        const outcome = await asItsOwner(copy, one, () => run(copy, name));
        const trouble = judge(outcome, healthy, expectationOf(one.row, name));
        if (trouble) wrong.push(`${name}: ${trouble}`);
        for (const path of changed(before, filesOfHealthy(copy, name)))
          wrong.push(`${name} has changed ${path}`);
      }
      expect(wrong).toEqual([]);
    });

    test("is found by doctor, and mended where it can be", { timeout: 60_000 }, async () => {
      const sick = hurt(one);
      const { path } = targetOf(rich.home, one.of);
      const { doctor, repaired = "" } = one.row;
      const isNewer = one.injury === "of a newer fob";
      const before = isNewer ? filesOf(sick, path) : [];
      const here = <T>(act: () => Promise<T>) => asItsOwner(sick, one, act);
      expect(await here(() => troubles(sick))).toBe(doctor);
      const { stderr } = await here(() => run(sick, "doctor --repair"));
      // what a newer fob wrote is its business: nothing of it is mended
      if (isNewer) expect(filesOf(sick, path)).toEqual(before);
      else if (one.injury !== "closed to its owner") expect(stderr).toBe("");
      expect(await here(() => troubles(sick))).toBe(repaired);
      if (repaired === "" && one.of !== "tokens") await here(() => useAll(sick));
    });
  },
);

/** Does something as a user whom the rights of files bind, where that is what an injury is of. */
async function asItsOwner<T>(home: string, { injury }: Case, act: () => Promise<T>): Promise<T> {
  return injury === "closed to its owner" ? boundByRights(home, act) : act();
}

/** Every healthy token does what it did, and a counter goes on where it was. */
async function useAll(home: string): Promise<void> {
  for (const name of ["code Time", "code Pinned", "challenge Asks", "push list", "list"] as const)
    expect([name, (await run(home, name)).exitCode]).toEqual([name, 0]);
  const [first, second] = [await run(home, "code Count"), await run(home, "code Count")];
  expect([first.stdout, second.stdout]).toEqual([`${RFC_CODES[2]}\n`, `${RFC_CODES[3]}\n`]);
}

function linesFor({ of }: Case): LineName[] {
  const names = Object.keys(LINES) as LineName[];
  // what doctor says has a column of its own
  const said = names.filter((name) => !name.startsWith("doctor"));
  return NEEDED_BY_SLOW.includes(of) ? said : said.filter((name) => !SLOW.includes(name));
}

function targetOf(home: string, of: Patient): Target {
  const file = (path: string): Target => ({ path, cell: null });
  const cell = (one: Cell): Target => ({ path: relative(home, one.folder), cell: one });
  const vault = vaultOf(home);
  const { layout, vaultKey } = vault;
  const seal = encryptingSeal(vaultKey);
  const id = (name: string) => rich.ids[name] ?? "";
  switch (of) {
    case "key":
    case "config.json":
    case "vault":
    case "vault/used":
      return file(of);
    case "tokens":
    case "removed":
    case "attempts":
    case "grants":
    case "batches":
      return file(`vault/${of}`);
    case "header":
      return cell(headerCell(home));
    case "index":
      return cell(vault.indexCell());
    case "tokens/Hurt":
      return cell(vault.tokenCell(id("Hurt")));
    case "removed/Gone":
      return cell(removedCell(vault, id("Gone")));
    case "attempts/Pinned":
      return cell(attemptsOfToken(vault, id("Pinned")).cell);
    case "grants/ci": {
      const grant = parseGrantSecret(rich.grant);
      return cell(grantCell(layout, grant.id, grantKey(grant)));
    }
    case "grant-list":
      return cell(grantListCell(layout, seal));
    case "calendar":
      return cell(calendarCell(layout, seal));
    case "batches/ONE":
      return cell(batchCell(layout, batchIds(vault)[0] ?? "", seal));
    case "agent":
      return cell(agentCell(layout));
    default:
      return of satisfies never;
  }
}

function hurt({ of, injury }: Case): string {
  const sick = copyOf(rich.home, onTestFinished);
  if (of === "batches/ONE") leaveBatch(sick);
  injure(sick, rich.before, targetOf(sick, of), injury);
  return sick;
}

async function inWhole(name: LineName): Promise<Outcome> {
  const known = whole.get(name);
  if (known) return known;
  const outcome = await run(copyOf(rich.home, onTestFinished), name);
  whole.set(name, outcome);
  return outcome;
}

async function run(home: string, name: LineName): Promise<Outcome> {
  const { args, env }: Line = LINES[name];
  const start = performance.now();
  const outcome = await runInProcess(home, args(rich, home), env?.(rich), LATER_MS);
  const took = performance.now() - start;
  const said = `${outcome.stdout}${outcome.stderr}`;
  if (outcome.exitCode === 1 || said.includes("unexpected") || /^ {4}at /m.test(said))
    throw new Error(`${name}: ${said}`);
  if (took > LONGEST_MS) throw new Error(`${name} took ${took} ms`);
  return {
    ...outcome,
    stdout: anywhere(outcome.stdout, home),
    stderr: anywhere(outcome.stderr, home),
  };
}

function anywhere(text: string, home: string): string {
  return text.split(home).join("HOME");
}

function expectationOf({ lines }: Row, name: LineName): Expectation {
  const groups = Object.entries(GROUPS).filter(([, names]) =>
    (names as readonly LineName[]).includes(name),
  );
  const [group] = groups
    .map(([one]) => lines[one as keyof typeof GROUPS])
    .filter((one) => one !== undefined);
  return lines[name] ?? group ?? "works";
}

/** What is wrong, or null. */
function judge(outcome: Outcome, healthy: Outcome, expected: Expectation): string | null {
  const told = `${outcome.exitCode} ${outcome.stderr
    .split("\n")
    .filter((line) => !line.startsWith("hint"))
    .join(" ")}`;
  if (expected === "differs")
    return outcome.exitCode === healthy.exitCode ? null : `is to end as ever, and is ${told}`;
  if (expected !== "works") {
    const [code = "", ...text] = expected.split(" ");
    const isSo = outcome.exitCode === Number(code) && outcome.stderr.includes(text.join(" "));
    return isSo ? null : `is to be ${expected}, and is ${told}`;
  }
  return sameAs(outcome) === sameAs(healthy) ? null : `is to work, and is ${told}`;
}

/** An outcome without what changes with time and chance. */
function sameAs({ exitCode, stdout, stderr }: Outcome): string {
  return `${exitCode} ${stdout} ${stderr}`
    .replace(/waiting [^\n]*|"note":.*waiting.*/g, "")
    .replace(/[0-9A-Za-z+/=_-]{40,}/g, "#")
    .replace(/[0-9]+/g, "#")
    .replace(/HOME\S*/g, "HOME")
    .replace(/"uuid": "[^"]*"/g, "")
    .replace(/grant of [^\n]*/g, "");
}

/** The checks of doctor that are not as in a whole home. */
async function troubles(home: string): Promise<string> {
  const { args }: Line = LINES["doctor"];
  const outcome = await runInProcess(home, [...args(rich, home), "--json"], {}, LATER_MS);
  const { stdout, stderr, exitCode } = outcome;
  if (stdout === "") return `${exitCode} ${JSON.parse(stderr).error.message}`;
  const checks: readonly { readonly check: string; readonly status: string }[] = JSON.parse(stdout);
  return checks
    .filter(({ status }) => status === "warning" || status === "failed")
    .map(({ check, status }) => `${check} ${status}`)
    .join(", ");
}

/** The bytes of all files below a folder of a home. */
function filesOf(home: string, path: string): readonly string[] {
  return filesBelow(join(home, path))
    .sort()
    .map((file) => `${file} ${readFileSync(file, "base64")}`);
}

/** The files of the tokens that a line has no business with. */
function filesOfHealthy(home: string, name: LineName): ReadonlyMap<string, string> {
  const others = HEALTHY.filter((token) => !CHANGES[name]?.includes(token));
  const folders = others.map((token) => join(home, "vault", "tokens", rich.ids[token] ?? ""));
  const files = folders.flatMap((folder) => {
    try {
      return filesBelow(folder);
    } catch {
      // the folder of all tokens is what is hurt
      return [];
    }
  });
  return new Map(files.map((file) => [relative(home, file), readFileSync(file, "latin1")]));
}

function changed(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string[] {
  return [...before.keys()].filter((path) => after.get(path) !== before.get(path));
}
