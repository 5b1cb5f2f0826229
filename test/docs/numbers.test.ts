import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const KIB = 1024;
const MIB = 1024 * KIB;
const SECONDS = 1_000;

/** What a page says of a limit, and the constant of the program that it is about. */
interface Claim {
  readonly page: string;
  /** Names what surrounds the number `n`. */
  readonly says: RegExp;
  /** The file below src/, and the constant in it. */
  readonly of: readonly [file: string, name: string];
  /** How many of the constant's units the page's unit is. */
  readonly unit?: number;
}

const CLAIMS: readonly Claim[] = [
  {
    page: "activation",
    says: /wait (?<n>\d+)\s+seconds; a reply/,
    of: ["enrollment/dskpp/exchange.ts", "TIMEOUT"],
    unit: SECONDS,
  },
  {
    page: "activation",
    says: /a reply has at most (?<n>\d+) KiB/,
    of: ["enrollment/dskpp/exchange.ts", "MAX_REPLY_BYTES"],
    unit: KIB,
  },
  {
    page: "activation",
    says: /(?<n>[\d,]+) iterations in four passes/,
    of: ["enrollment/dskpp/authentication.ts", "ITERATIONS"],
  },
  {
    page: "agent",
    says: /UTF-8, at most (?<n>[\d,]+) characters/,
    of: ["agent/protocol/protocol.ts", "MAX_LINE"],
  },
  {
    page: "agent",
    says: /at most (?<n>\d+) requests that this connection/,
    of: ["agent/protocol/protocol.ts", "MAX_DENIALS"],
  },
  {
    page: "agent",
    says: /one question at a time; (?<n>\d+) wait/,
    of: ["agent/server/approvals.ts", "MAX_ASKING"],
  },
  {
    page: "agent",
    says: /does not answer for (?<n>\d+) seconds/,
    of: ["agent/client/find-agent.ts", "MAX_PROVING_ALIVE"],
    unit: SECONDS,
  },
  {
    page: "agent",
    says: /an addition of more than (?<n>\d+) MiB/,
    of: ["commands/enroll/draft-parts.ts", "MAX_PARTS"],
    unit: MIB,
  },
  {
    page: "agent",
    says: /a token of more than (?<n>\d+) MiB/,
    of: ["commands/enroll/draft-parts.ts", "MAX_DRAFT"],
    unit: MIB,
  },
  {
    page: "belongings",
    says: /up to (?<n>\d+) KiB/,
    of: ["token/note.ts", "MAX_NOTE_BYTES"],
    unit: KIB,
  },
  {
    page: "belongings",
    says: /up to (?<n>[\d,]+) entries/,
    of: ["token/code-list.ts", "MAX_CODES"],
  },
  {
    page: "belongings",
    says: /of (?<n>\d+) KiB together/,
    of: ["commands/enroll/list-draft.ts", "MAX_BYTES"],
    unit: KIB,
  },
  {
    page: "compatibility",
    says: /more than (?<n>\d+) characters is cut/,
    of: ["token/clean-name.ts", "MAX_NAME_LENGTH"],
  },
  {
    page: "desktop",
    says: /A link has at most (?<n>\d+) KiB/,
    of: ["commands/link/link-text.ts", "MAX_LINK"],
    unit: KIB,
  },
  {
    page: "desktop",
    says: /No answer within (?<n>\d+) seconds/,
    of: ["entry/approver.ts", "ANSWER_MS"],
    unit: SECONDS,
  },
  {
    page: "desktop",
    says: /_Approve for (?<n>\d+) minutes_/,
    of: ["agent/server/approvals.ts", "WHILE_MS"],
    unit: 60 * SECONDS,
  },
  { page: "lab", says: /at most (?<n>[\d,]+) \|/, of: ["lab/audit-log.ts", "MOST_EVENTS"] },
  {
    page: "lab",
    says: /Above (?<n>\d+) MiB the lab renames/,
    of: ["lab/audit-log.ts", "LOG_BYTES"],
    unit: MIB,
  },
  {
    page: "lab",
    says: /bodies are at most (?<n>\d+) KiB/,
    of: ["lab/http/server.ts", "MAX_BODY_BYTES"],
    unit: KIB,
  },
  {
    page: "lab",
    says: /Without `--port`: (?<n>\d+)/,
    of: ["commands/lab/lab-opening.ts", "USUAL_PORT"],
  },
  {
    page: "migrating",
    says: /longer than (?<n>\d+) KiB/,
    of: ["token/note.ts", "MAX_NOTE_BYTES"],
    unit: KIB,
  },
  {
    page: "enrollment",
    says: /seconds or (?<n>\d+) MiB/,
    of: ["platform/program/picture-process.ts", "MAX_MEBIBYTES"],
  },
  {
    page: "push",
    says: /up to (?<n>\d+) at a time/,
    of: ["commands/push/push-exec.ts", "RUNS_AT_ONCE"],
  },
  {
    page: "push",
    says: /\((?<n>\d+) characters of title/,
    of: ["push/listening/notifying.ts", "MAX_WHOLE_TITLE"],
  },
  {
    page: "push",
    says: /of title, (?<n>\d+) of the rest/,
    of: ["push/listening/notifying.ts", "MAX_WHOLE_TEXT"],
  },
  {
    page: "push",
    says: /fewer than (?<n>\d+) columns/,
    of: ["cli/screen/push-view.ts", "MIN_COLUMNS"],
  },
  {
    page: "push",
    says: /answered for (?<n>\d+) s after/,
    of: ["push/privacyidea/privacyidea-challenge.ts", "LIFETIME"],
  },
  {
    page: "push",
    says: /the newest (?<n>\d+) of each token/,
    of: ["vault/tokens/push-memory.ts", "TOLD"],
  },
  {
    page: "push",
    says: /the last (?<n>[\d,]+) by a hash/,
    of: ["vault/tokens/push-memory.ts", "KNOWN"],
  },
  { page: "push", says: /warns from (?<n>\d+) s on/, of: ["push/clock-offset.ts", "TOLD_OFFSET"] },
  {
    page: "push",
    says: /pauses grow to (?<n>\d+) s/,
    of: ["push/listening/back-off.ts", "SLOWEST"],
    unit: SECONDS,
  },
  {
    page: "recovery",
    says: /in the last (?<n>\d+) days/,
    of: ["vault/trash/removal.ts", "RESTORABLE_DAYS"],
  },
  {
    page: "sync",
    says: /good for (?<n>\d+) minutes/,
    of: ["sync/members/invitation.ts", "INVITATION_MS"],
    unit: 60 * SECONDS,
  },
  { page: "sync", says: /steps of (?<n>\d+) bytes/, of: ["sync/tokens/padding.ts", "STEP"] },
  {
    page: "sync",
    says: /it has\s+(?<n>[\d,]+) commits/,
    of: ["sync/git/repository.ts", "MAX_COMMITS"],
  },
  {
    page: "vault",
    says: /its last (?<n>\d+) writers/,
    of: ["vault/cells/cell.ts", "LINEAGE_LENGTH"],
  },
  {
    page: "vault",
    says: /an index above (?<n>\d+) KiB/,
    of: ["vault/vault.ts", "LARGE_INDEX"],
    unit: KIB,
  },
];

test.each(CLAIMS)("docs/$page: $says", ({ page, says, of, unit = 1 }) => {
  const text = readFileSync(join(ROOT, "docs", `${page}.md`), "utf8");
  const said = says.exec(text.replace(/\s+/g, " "))?.groups?.["n"];
  expect(said, `${page}.md no longer says ${says}`).toBeDefined();
  expect(Number(said?.replaceAll(",", "")) * unit).toBe(constantOf(of));
});

/** The value of a constant that is written as a product of numbers. */
function constantOf([file, name]: readonly [string, string]): number {
  const source = readFileSync(join(ROOT, "src", file), "utf8");
  const product = new RegExp(`const ${name} = (?<product>[\\d_ *.]+);`).exec(source)?.groups;
  if (!product) throw new Error(`${file} has no constant ${name}`);
  const factors = (product["product"] ?? "").split("*");
  return factors.reduce((all, factor) => all * Number(factor.replaceAll("_", "")), 1);
}

/** What `npm run costs` found that fob is installed with, besides itself. */
const [, packages, megabytes] =
  /^\| all \| (\d+) \| ([\d.]+) \|$/m.exec(readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8")) ??
  [];

test("every page says what is installed as it was counted, with fob itself", () => {
  const [, own] =
    /fob itself takes (\d+) MB/.exec(readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8")) ?? [];
  const counted = {
    packages: Number(packages) + 1,
    megabytes: Math.round(Number(megabytes) + Number(own)),
  };
  expect(counted.packages).toBeGreaterThan(10);
  for (const page of ["CHANGELOG.md", "docs/packaging.md"]) {
    const text = readFileSync(join(ROOT, page), "utf8");
    const [, said, size] = /(\d+) packages and (\d+) MB are installed/.exec(text) ?? [];
    expect({ page, packages: Number(said), megabytes: Number(size) }).toEqual({ page, ...counted });
  }
});

test("README's first screen has the picture, the command and a passcode, and the whole stays short", () => {
  const text = readFileSync(join(ROOT, "README.md"), "utf8");
  const screen = text.split("\n").slice(0, 24).join("\n");
  for (const part of ["](docs/fob.svg)", "    npm run install:global\n", "$ fob code github"])
    expect(screen).toContain(part);
  expect(text.split(/\s+/).length).toBeLessThan(1_300);
});
