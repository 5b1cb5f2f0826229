import { spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { FOB, type TestHome, testHome } from "../e2e/fob.ts";
import { letJoin, ok, twoHomes } from "../e2e/two-homes.ts";
import { isTorture } from "../sampled.ts";
import { seeded } from "../seeded.ts";
import { cutOffAfter } from "../waiting.ts";

const DEVICES = isTorture ? 5 : 3;
const EDITS = Number(process.env["EDITS"] ?? (isTorture ? 2_000 : 10));

/** More rounds than devices need to tell each other everything, and to finish every move. */
const ROUNDS = 8;

const newSecret = () =>
  [...randomBytes(32)].map((byte) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[byte % 32]).join("");

/** What `list --json` tells of a token, as far as all devices must agree. */
interface Listed {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly favorite: boolean;
}

const tokensOf = (home: TestHome): Promise<readonly Listed[]> => ok(home, ["list"]);

/** Starts a sync and kills it after some milliseconds. */
function killedSync({ home }: TestHome, after: number): Promise<unknown> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file" };
  const child = spawn(process.execPath, [FOB, "sync"], { env, stdio: "ignore" });
  cutOffAfter(child, after, "SIGKILL");
  return new Promise((resolve) => child.once("close", resolve));
}

const seed = Number(process.env["SEED"] ?? randomInt(2 ** 31));

test(`${EDITS} random changes on ${DEVICES} devices, with kills (SEED=${seed}): all end with the same tokens`, {
  timeout: 180_000 + EDITS * 10_000,
}, async () => {
  const below = seeded(seed);
  const hotp = `otpauth://hotp/count:ann?secret=${newSecret()}&issuer=count&counter=0`;
  const totp = (name: string) => `otpauth://totp/${name}:ann?secret=${newSecret()}&issuer=${name}`;
  const { laptop, desktop } = await twoHomes([hotp, totp("t0"), totp("t1")]);
  const homes = [laptop, desktop];
  while (homes.length < DEVICES) {
    const home = testHome();
    await letJoin(laptop, home, `device${homes.length}`);
    homes.push(home);
  }
  const names = ["laptop", "desktop", "device2", "device3", "device4"];
  const removed = new Set<string>();
  const shared = new Set((await tokensOf(laptop)).map(({ id }) => id));
  const codes = new Set<string>();
  const EDIT: readonly ((home: TestHome, i: number) => Promise<unknown>)[] = [
    async (home, i) => {
      const one = await pick(home);
      // the one that is on one device takes no name of the others: it would give them numbers there
      const letter = one?.kind === "hotp" ? "h" : "n";
      if (one) await home.fob(["rename", one.id, `${letter}${i % 5}`]);
    },
    async (home) => {
      const one = await pick(home);
      if (one) await home.fob(["favorite", one.id, ...(below(2) ? ["--off"] : [])]);
    },
    async (home) => {
      const one = await pick(home);
      if (!one || one.kind === "hotp" || below(3) > 0) return;
      await ok(home, ["remove", one.id, "--yes"]);
      removed.add(one.id);
    },
    async (home, i) => {
      await ok(home, ["enroll", "-"], totp(`e${i}`));
      await ok(home, ["sync", "add", `e${i}`]);
      const one = (await tokensOf(home)).find(({ name }) => name === `e${i}`);
      shared.add(one?.id ?? "");
    },
    async (home) => {
      const counting = (await tokensOf(home)).find(({ kind }) => kind === "hotp");
      if (!counting) return;
      const [code] = [(await ok(home, ["code", counting.id])).code];
      expect(codes.has(code), `the code ${code} was given twice`).toBe(false);
      codes.add(code);
    },
    async (home) => {
      const counting = (await tokensOf(home)).find(({ kind }) => kind === "hotp");
      const to = names[below(DEVICES)] ?? "laptop";
      if (counting) await home.fob(["sync", "move", counting.id, to]);
    },
    async (home) => ok(home, ["sync"]),
    async (home) => ok(home, ["sync"]),
    async (home) => killedSync(home, 50 + below(500)),
  ];
  const pick = async (home: TestHome) => {
    const all = await tokensOf(home);
    return all[below(Math.max(1, all.length))];
  };
  for (let i = 0; i < EDITS; i++) {
    const home = homes[below(homes.length)] ?? laptop;
    await EDIT[below(EDIT.length)]?.(home, i);
    const holders = await Promise.all(homes.map(tokensOf));
    const counting = holders.filter((all) => all.some(({ kind }) => kind === "hotp"));
    expect(counting.length, "devices with the event-based token").toBeLessThanOrEqual(1);
  }
  for (let round = 0; round < ROUNDS; round++) for (const home of homes) await ok(home, ["sync"]);
  const ends = await Promise.all(homes.map(tokensOf));
  const timeBased = ends.map((all) =>
    all.flatMap(({ kind, id, name, favorite }) =>
      kind === "hotp" ? [] : [{ id, name, favorite }],
    ),
  );
  const [first = []] = timeBased;
  for (const other of timeBased) expect(other).toEqual(first);
  const kept = [...shared].filter((id) => !removed.has(id));
  const counted = ends.flat().filter(({ kind }) => kind === "hotp");
  expect(counted).toHaveLength(1);
  const ids = new Set(ends.flat().map(({ id }) => id));
  expect(kept.filter((id) => !ids.has(id))).toEqual([]);
});
