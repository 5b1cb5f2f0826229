import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { appendEvent, readEvents } from "#lab/audit-log.ts";
import { LabStore } from "#lab/lab-store.ts";
import type { HotpToken } from "#lab/lab-token.ts";

const TOKEN: HotpToken = {
  ...{
    kind: "hotp",
    serial: "OATH00000001",
    user: "ann",
    createdAt: 0,
    pin: { salt: Buffer.from("s"), hash: Buffer.from("h") },
  },
  ...{ algorithm: "SHA1", digits: 6, secret: Buffer.from("a secret of ann's"), counter: 7 },
};

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), "fob-store-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

test("two stores of one home see each other's writes at once, and what comes back is what went in", () => {
  const home = newHome();
  const [one, other] = [new LabStore(home), new LabStore(home)];
  one.addToken(TOKEN);
  expect(other.token(TOKEN.serial)).toEqual(TOKEN);
  expect(one.tokensOf("ann")).toEqual([TOKEN]);
  const next = { ...TOKEN, counter: 8 };
  expect(other.decide(TOKEN.serial, () => [next, "done"])).toBe("done");
  expect(one.tokensOf("ann")).toEqual([next]);
  expect(one.tokensOf("bob")).toEqual([]);
  expect(() => other.addToken(TOKEN)).toThrow("given out before");
});

test("a lab that was made before there was an index of users has one from then on", () => {
  const home = newHome();
  new LabStore(home).addToken(TOKEN);
  for (const part of ["owners", "index-version"])
    rmSync(join(home, "lab", part), { recursive: true, force: true });
  const store = new LabStore(home);
  store.addToken({ ...TOKEN, serial: "OATH00000002" });
  const serials = store.tokensOf("ann").map(({ serial }) => serial);
  expect(serials.sort()).toEqual([TOKEN.serial, "OATH00000002"]);
  expect(new LabStore(home).tokensOf("ann")).toHaveLength(2);
});

test("a token is read again only when its folder has changed", () => {
  const home = newHome();
  const [store, other] = [new LabStore(home), new LabStore(home)];
  store.addToken(TOKEN);
  const settle = () =>
    utimesSync(
      join(home, "lab", "tokens", TOKEN.serial),
      new Date(0),
      new Date(Date.now() - 60_000),
    );
  expect(store.token(TOKEN.serial)).not.toBe(store.token(TOKEN.serial));
  settle();
  expect(store.token(TOKEN.serial)).toBe(store.token(TOKEN.serial));
  other.decide(TOKEN.serial, (token) => [{ ...token, user: "bob" }, null]);
  expect(store.token(TOKEN.serial)?.user).toBe("bob");
});

test("a decision to change nothing writes nothing, and there is none about a token that is not there", () => {
  const home = newHome();
  const store = new LabStore(home);
  store.addToken(TOKEN);
  expect(store.decide(TOKEN.serial, () => [null, "no"])).toBe("no");
  expect(readdirSync(join(home, "lab", "tokens", TOKEN.serial))).toEqual(["1"]);
  for (const serial of ["OATH00000002", "../users", "", "x/y"]) {
    expect(store.token(serial)).toBeNull();
    expect(store.decide(serial, () => [null, "no"])).toBeNull();
  }
});

test("what there is once is made once", () => {
  const home = newHome();
  const [one, other] = [new LabStore(home), new LabStore(home)];
  expect(one.once("thing", () => Buffer.from("a"))).toEqual(Buffer.from("a"));
  expect(other.once("thing", () => Buffer.from("b"))).toEqual(Buffer.from("a"));
  expect(statSync(join(home, "lab", "key", "1")).mode & 0o777).toBe(0o600);
});

test("the log passes over a line that was torn, and over what is no line of it", () => {
  const folder = join(newHome(), "lab");
  expect(readEvents(folder, 10)).toEqual([]);
  const event = {
    event: "login",
    outcome: "ok",
    user: "ann",
    serial: null,
    detail: "x".repeat(1_000),
  } as const;
  appendEvent(folder, event, new Date(0));
  appendFileSync(join(folder, "log.jsonl"), 'null\n{"time":"1970');
  appendFileSync(join(folder, "log.jsonl"), "\n");
  appendEvent(folder, { ...event, user: "bob" }, new Date(1000));
  const events = readEvents(folder, 10);
  expect(events.map(({ user, detail }) => [user, detail?.length])).toEqual([
    ["ann", 300],
    ["bob", 300],
  ]);
  expect(readEvents(folder, 1)).toEqual([events[1]]);
});

test("the newest of more events than are read at once are all there, in order", () => {
  const folder = join(newHome(), "lab");
  const at = (i: number) => new Date(i).toISOString();
  const event = {
    event: "login",
    outcome: "ok",
    user: "ann",
    serial: null,
    detail: "é".repeat(60),
  };
  appendEvent(folder, { ...event, outcome: "ok" }, new Date(0));
  const lines = Array.from({ length: 20_000 }, (_, i) =>
    JSON.stringify({ time: at(i + 1), ...event }),
  );
  appendFileSync(join(folder, "log.jsonl"), `${lines.join("\n")}\n`);
  expect(statSync(join(folder, "log.jsonl")).size).toBeGreaterThan(4 * 2 ** 20);
  const times = (count: number) => readEvents(folder, count).map(({ time }) => time);
  expect(times(20_001)).toEqual(Array.from({ length: 20_001 }, (_, i) => at(i)));
  expect(times(3)).toEqual([at(19_998), at(19_999), at(20_000)]);
});
