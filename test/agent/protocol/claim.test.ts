import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  claimant,
  claimVault,
  type Holder,
  isClaimWhole,
  lookAtClaim,
  mendClaim,
  releaseClaim,
  remakeClaim,
} from "#agent/protocol/claim.ts";
import { newAgentSecret } from "#agent/protocol/proof.ts";
import { makeOld } from "../../waiting.ts";

const VAULT = "0123456789abcdef0123456789abcdef";

function place() {
  const home = mkdtempSync(join(tmpdir(), "fob-claim-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return { home, vaultId: VAULT };
}

function holder(home: string, pid = 4711): Holder {
  return { pid, started: "boot/1", socket: `/run/${pid}.sock`, home, secret: newAgentSecret() };
}

const isFolder = (path: string) =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
const folderOf = (home: string) => join(home, "vault", "agent");
const highest = (home: string) =>
  Math.max(0, ...(isFolder(folderOf(home)) ? readdirSync(folderOf(home)).map(Number) : []));
const newest = (home: string) => join(folderOf(home), String(highest(home)));
const next = (home: string) => join(folderOf(home), String(highest(home) + 1));

test("of many agents that claim a vault at once, one has it, and all others are told which", async () => {
  const layout = place();
  const agents = Array.from({ length: 20 }, (_, i) => holder(layout.home, i + 1));
  const claims = await Promise.all(
    agents.map((agent) => claimVault(layout, agent, async () => true)),
  );
  const winner = claimant(layout);
  expect(claims.filter((claim) => "before" in claim)).toEqual([{ before: null }]);
  for (const claim of claims) if ("other" in claim) expect(claim.other).toEqual(winner);
});

test("the claim of an agent that is not alive is taken over, and the one that lost it sees that", async () => {
  const layout = place();
  const [first, second] = [holder(layout.home, 1), holder(layout.home, 2)];
  await claimVault(layout, first, async () => true);
  expect(lookAtClaim(layout, first)).toBe("ours");
  expect(await claimVault(layout, second, async () => false)).toEqual({ before: first });
  expect(lookAtClaim(layout, first)).toBe("another's");
  remakeClaim(layout, first);
  expect(claimant(layout)).toEqual(second);
  releaseClaim(layout, first);
  expect(claimant(layout)).toEqual(second);
  releaseClaim(layout, second);
  expect(claimant(layout)).toBeNull();
});

const DAMAGES: readonly [string, (home: string) => void][] = [
  ["a byte was appended to", (home) => appendFileSync(newest(home), "x")],
  ["was cut", (home) => writeFileSync(newest(home), readFileSync(newest(home)).subarray(0, 450))],
  ["is empty", (home) => writeFileSync(newest(home), "")],
  [
    "has a wrong checksum",
    (home) => writeFileSync(newest(home), flipped(readFileSync(newest(home)), 0)),
  ],
  ["is another's file under a higher number", (home) => writeFileSync(next(home), "{}")],
  ["is a folder", (home) => mkdirSync(next(home))],
  [
    "has a file for a folder",
    (home) => {
      rmSync(folderOf(home), { recursive: true });
      writeFileSync(folderOf(home), "");
    },
  ],
  ["is gone", (home) => rmSync(folderOf(home), { recursive: true })],
];

/** Damages a claim so long ago that no process can be writing it. */
function damageOf(damage: (home: string) => void, home: string): void {
  damage(home);
  if (existsSync(newest(home))) makeOld(newest(home));
}

test.each(DAMAGES)("a claim that %s is made again by its agent", async (_, damage) => {
  const layout = place();
  const agent = holder(layout.home);
  await claimVault(layout, agent, async () => true);
  damageOf(damage, layout.home);
  // as long as it can still be read, it is left alone
  if (lookAtClaim(layout, agent) === "lost") remakeClaim(layout, agent);
  expect(lookAtClaim(layout, agent)).toBe("ours");
  expect(claimant(layout)).toEqual(agent);
});

test.each(DAMAGES)("a claim that %s stops no new agent, and can be mended", async (_, damage) => {
  const layout = place();
  await claimVault(layout, holder(layout.home, 1), async () => true);
  damageOf(damage, layout.home);
  mendClaim(layout);
  expect(isClaimWhole(layout)).toBe(true);
  damageOf(damage, layout.home);
  const agent = holder(layout.home, 2);
  expect(await claimVault(layout, agent, async () => false)).toHaveProperty("before");
  expect(claimant(layout)).toEqual(agent);
  expect(isClaimWhole(layout)).toBe(true);
});

test("a claim of an older program has no secret, and still names its process", async () => {
  const layout = place();
  const { secret: _, ...old } = holder(layout.home);
  await claimVault(layout, holder(layout.home), async () => true);
  const file = newest(layout.home);
  const head = readFileSync(file).subarray(0, 32 + 64 * 6);
  writeFileSync(file, Buffer.concat([head, Buffer.from(JSON.stringify(old))]));
  expect(claimant(layout)).toEqual({ ...old, secret: Buffer.alloc(0) });
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
