import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ownValue } from "#base/own-value.ts";
import { belongingOf } from "#vault/belongings/belongings-cell.ts";
import type { Cell } from "#vault/cells/cell.ts";
import {
  agentCell,
  batchCell,
  calendarCell,
  codesLeftCell,
  grantListCell,
  headerCell,
  serviceCell,
  syncCell,
  syncTurnCell,
} from "#vault/cells/layout.ts";
import { encryptingSeal } from "#vault/cells/sealing.ts";
import { grantCell } from "#vault/grants/grant-cell.ts";
import { grantKey, parseGrantSecret } from "#vault/grants/grant-secret.ts";
import { type Header, readHeader } from "#vault/keys/header.ts";
import { keyItemOf } from "#vault/keys/slots.ts";
import { attemptsOfApp, attemptsOfToken } from "#vault/pins/attempts.ts";
import { batchIds } from "#vault/tokens/batch.ts";
import { removedCell } from "#vault/trash/removal.ts";
import { boundByRights, giveToNobody } from "../../bound-by-rights.ts";
import { isTorture, sampled } from "../../sampled.ts";
import { filesBelow, type Outcome, RFC_CODES } from "../fob.ts";
import { LINES, type Line, type LineName } from "./commands.ts";
import { FURTHER } from "./further-rows.ts";
import { type InjuryName, injure, type Target } from "./injuries.ts";
import {
  copyOf,
  homeOf,
  type Kind,
  type KindOfHome,
  leaveBatch,
  type RichHome,
  richHome,
  vaultAt,
} from "./rich-home.ts";
import { type Env, runInProcess } from "./run-in-process.ts";
import {
  ALL,
  ELSEWHERE,
  type Expectation,
  GROUPS,
  type Patient,
  type Row,
  TABLE,
  without,
} from "./table.ts";

let rich: RichHome;
/** The homes of each kind, made when they are first wanted. */
const kinds = new Map<Kind, Promise<KindOfHome>>();
/** What the lines say in homes that nothing has happened to. */
const whole = new Map<string, Outcome>();
const removals: (() => void)[] = [];
const later = (remove: () => void) => void removals.push(remove);

beforeAll(async () => {
  rich = await richHome(later);
  giveToNobody(dirname(rich.home));
}, 400_000);

afterAll(() => {
  for (const remove of removals) remove();
});

/** What is about belongings, fingers and the log: it is tried where one of these is hurt. */
const OF_BELONGINGS: readonly LineName[] = [
  "note Time",
  "show Time --note",
  "tag Time",
  "codes Time",
  "codes list",
  "codes add Time",
  "biometric status",
  "access log",
];

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

/** What needs a repository. */
const SYNC: readonly LineName[] = [
  "sync",
  "sync status",
  "sync members",
  "sync invite",
  "sync add Asks",
  "sync leave",
  "sync leave --local",
];
/** What needs an app PIN, and no grant that a passphrase would end. */
const OF_APP_PIN: readonly LineName[] = ["pin change", "pin remove"];

/** The lines that are tried on homes of other kinds, which most lines treat alike. */
const SOME: readonly LineName[] = [
  "list",
  "show Time",
  "code Time",
  "code Count",
  "code Pinned",
  "code Pinned, wrong PIN",
  "rename Time",
  "remove Time",
  "tag Time",
  "restore",
  "enroll new",
  "access list",
  "pin status",
  "lock",
];

/** The lines that are tried on a kind of home. */
const TRIED = {
  usual: without(ALL, ...SYNC, ...OF_APP_PIN, "keychain move file", "biometric disable"),
  "app PIN": without(ALL, ...SYNC, "pin set"),
  passphrase: [...SOME, ...OF_APP_PIN, "keychain move file", "biometric status"],
  exported: ["list", "list --json", "show Time", "code Time", "code --all", "config list"],
  synchronised: [...SOME, ...SYNC, "note Time", "rename Hurt"],
  large: [...SOME, "code Hurt", "rename Hurt", "verify Time"],
} as const satisfies Readonly<Record<Kind, readonly LineName[]>>;

/** The tokens that a line changes by its work. */
const CHANGES: Partial<Record<LineName, readonly string[]>> = {
  "code Count": ["Count"],
  "code Count, granted": ["Count"],
  "pin change Pinned": ["Pinned"],
  "pin remove Pinned": ["Pinned"],
  "rename Time": ["Time"],
  "remove Time": ["Time"],
  "access domain Time FF": ["Time"],
  "note Time": ["Time"],
  "tag Time": ["Time"],
  "codes Time": ["Time"],
  "codes add Time": ["Time"],
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

const cases: readonly Case[] = [...TABLE, ...FURTHER].flatMap((row) =>
  row.injuries.map((injury) => ({ of: row.of, injury, row })),
);

const only = process.env["FOB_TEST_DAMAGE"];
const chosen = only ? cases.filter(({ of }) => only.split(",").includes(of)) : sampled(cases, 16);

describe.each(chosen.map((one) => [one.of, one.injury, one] as const))(
  "%s, hurt by: %s",
  (_of, _injury, one) => {
    const lines = linesFor(one);
    const tried = only ? lines : sampled(lines, isTorture ? 1 : 8);

    test("stops what needs it and nothing else", { timeout: 600_000 }, async () => {
      const kind = await kindFor(one.of);
      const sick = hurt(one, kind);
      const wrong: string[] = [];
      for (const name of tried) {
        const healthy = await inWhole(kind, name);
        const copy = copyOf(sick, onTestFinished);
        const before = filesOfHealthy(copy, name);
        const outcome = await asItsOwner(copy, one, () => run(kind, copy, name));
        const trouble = judge(outcome, healthy, expectationOf(one.row, name));
        if (trouble) wrong.push(`${name}: ${trouble}`);
        for (const path of changed(before, filesOfHealthy(copy, name)))
          wrong.push(`${name} has changed ${path}`);
      }
      expect(wrong).toEqual([]);
    });

    test("is found by doctor, and mended where it can be", { timeout: 60_000 }, async () => {
      const kind = await kindFor(one.of);
      const sick = hurt(one, kind);
      const { path } = targetOf(kind.home, one.of);
      const { doctor, repaired = "" } = one.row;
      const isNewer = one.injury === "of a newer fob";
      const before = isNewer ? filesOf(sick, path) : [];
      const here = <T>(act: () => Promise<T>) => asItsOwner(sick, one, act);
      expect(await here(() => troubles(kind, sick))).toBe(doctor);
      const { stderr } = await here(() => run(kind, sick, "doctor --repair"));
      // what a newer fob wrote is its business: nothing of it is mended
      if (isNewer) expect(filesOf(sick, path)).toEqual(before);
      else if (one.injury !== "closed to its owner") expect(stderr).toBe("");
      expect(await here(() => troubles(kind, sick))).toBe(repaired);
      if (repaired === "" && one.of !== "tokens" && kind.grant === null)
        await here(() => useAll(kind, sick));
    });
  },
);

/** Does something as a user whom the rights of files bind, where that is what an injury is of. */
async function asItsOwner<T>(home: string, { injury }: Case, act: () => Promise<T>): Promise<T> {
  return injury === "closed to its owner" ? boundByRights(home, act) : act();
}

/** Every healthy token does what it did, and a counter goes on where it was. */
async function useAll(kind: KindOfHome, home: string): Promise<void> {
  for (const name of ["code Time", "code Pinned", "challenge Asks", "push list", "list"] as const)
    expect([name, (await run(kind, home, name)).exitCode]).toEqual([name, 0]);
  const first = await run(kind, home, "code Count");
  const second = await run(kind, home, "code Count");
  expect([first.stdout, second.stdout]).toEqual([`${RFC_CODES[2]}\n`, `${RFC_CODES[3]}\n`]);
}

function linesFor({ of }: Case): readonly LineName[] {
  // what doctor says has a column of its own
  const said = without(TRIED[kindOf(of)], "doctor", "doctor --repair");
  if (FURTHER.some((row) => row.of === of)) return said;
  const usual = without(said, ...OF_BELONGINGS);
  return NEEDED_BY_SLOW.includes(of) ? usual : without(usual, ...SLOW);
}

function kindOf(of: Patient): Kind {
  return ownValue(ELSEWHERE, of) ?? "usual";
}

function kindFor(of: Patient): Promise<KindOfHome> {
  const kind = kindOf(of);
  const made = kinds.get(kind) ?? homeOf(rich, kind);
  kinds.set(kind, made);
  return made;
}

function targetOf(home: string, of: Patient): Target {
  const file = (path: string): Target => ({ path, cell: null });
  const cell = (one: Cell): Target => ({ path: relative(home, one.folder), cell: one });
  const vault = vaultAt(rich, home);
  const { layout, vaultKey } = vault;
  const seal = encryptingSeal(vaultKey);
  const id = (name: string) => rich.ids[name] ?? "";
  switch (of) {
    case "key":
    case "config.json":
    case "vault":
    case "vault/used":
    case "vault/access-log/1":
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
    case "service":
      return cell(serviceCell(layout));
    case "codes-left":
      return cell(codesLeftCell(layout));
    case "Time/note":
      return cell(belongingOf(vault, id("Time"), "note"));
    case "Time/codes":
      return cell(belongingOf(vault, id("Time"), "codes"));
    case "app attempts":
    case "passphrase attempts":
      return cell(attemptsOfApp(layout).cell);
    case "app header":
    case "passphrase header":
    case "exported header":
      return cell(headerCell(home));
    case "named key":
      return file(`${keyItemOf(header(home))}.key`);
    case "biometric key":
      return file("biometric.key");
    case "exported token":
      return cell(vault.tokenCell(id("Time")));
    case "exported grant": {
      const folder = join(home, "vault", "grants");
      return cell({ ...headerCell(home), folder: join(folder, readdirSync(folder)[0] ?? "") });
    }
    case "sync state":
      return cell(syncCell(layout, seal));
    case "sync turn":
      return cell(syncTurnCell(layout, seal));
    case "locator":
      return file("vault/locator");
    default:
      return of satisfies never;
  }
}

function header(home: string): Header {
  const found = readHeader(home);
  if (found) return found;
  throw new Error(`no vault in ${home}`);
}

function hurt({ of, injury }: Case, kind: KindOfHome): string {
  const sick = copyOf(kind.home, onTestFinished);
  if (of === "batches/ONE") leaveBatch(sick);
  injure(sick, rich.before, targetOf(sick, of), injury);
  return sick;
}

async function inWhole(kind: KindOfHome, name: LineName): Promise<Outcome> {
  const key = `${kind.home} ${name}`;
  const known = whole.get(key);
  if (known) return known;
  const outcome = await run(kind, copyOf(kind.home, onTestFinished), name);
  whole.set(key, outcome);
  return outcome;
}

async function run(kind: KindOfHome, home: string, name: LineName): Promise<Outcome> {
  const { args, input }: Line = LINES[name];
  const given = { ...(input && { input }), env: envIn(kind, name), aheadMs: LATER_MS };
  renewRemote(kind);
  const start = performance.now();
  const outcome = await runInProcess(home, args(rich, home), given);
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

/** What opens the home, before what the line has of its own. */
function envIn({ pin, keychain, grant }: KindOfHome, name: LineName): Env {
  const { env }: Line = LINES[name];
  const { FOB_PIN, FOB_GRANT = grant } = env?.(rich) ?? {};
  const pins = [pin, FOB_PIN].filter((one) => one !== null && one !== undefined);
  return {
    ...(pins.length > 0 && !FOB_GRANT && { FOB_PIN: pins.join("\n") }),
    ...(FOB_GRANT && { FOB_GRANT }),
    ...(keychain === "none" && { FOB_KEYCHAIN: keychain }),
  };
}

/** The repository is as it was when its home was made: each line is tried on that one. */
function renewRemote({ remote }: KindOfHome): void {
  if (remote === null) return;
  const template = `${remote}.first`;
  if (!existsSync(template)) cpSync(remote, template, { recursive: true });
  rmSync(remote, { recursive: true });
  cpSync(template, remote, { recursive: true });
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
  if (expected === "differs" || expected === "ends alike") {
    if (outcome.exitCode !== healthy.exitCode) return `is to end as ever, and is ${told}`;
    const isTheSame = expected === "differs" && sameAs(outcome) === sameAs(healthy);
    return isTheSame ? `is to say something else, and is ${told}` : null;
  }
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
async function troubles(kind: KindOfHome, home: string): Promise<string> {
  const given = { env: envIn(kind, "doctor"), aheadMs: LATER_MS };
  const outcome = await runInProcess(home, ["doctor", "--json"], given);
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
