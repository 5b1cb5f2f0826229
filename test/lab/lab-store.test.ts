import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { appendEvent, LOG_BYTES, readEvents } from "#lab/audit-log.ts";
import { LabStore } from "#lab/lab-store.ts";
import type { HotpToken, PromisedToken } from "#lab/lab-token.ts";

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

test("the token of an activation code is found without reading any other token", () => {
  const home = newHome();
  const promised: PromisedToken = {
    ...{ kind: "promised", serial: "TOTP00000001", user: "eve", createdAt: 0, pin: null },
    ...{ url: "http://127.0.0.1/?sc=ABCDEFGHIJ", code: "ABCDEFGHIJ", expiresAt: 1 },
    passphrase: Buffer.from("12345678"),
    order: { kind: "hotp", algorithm: "SHA1", digits: 6, policy: null },
  };
  const store = new LabStore(home);
  store.addToken(promised);
  store.addToken(TOKEN);
  const other = join(home, "lab", "tokens", TOKEN.serial);
  for (const version of readdirSync(other)) writeFileSync(join(other, version), "damaged");
  expect(() => new LabStore(home).tokens()).toThrow();
  const found = (code: string) => new LabStore(home).tokenOfCode(code);
  expect([found("ABCDEFGHIJ"), found("ABCDEFGHIK"), found("../x")]).toEqual([promised, null, null]);
  expect(JSON.stringify(readdirSync(join(home, "lab"), { recursive: true }))).not.toContain(
    "ABCDEF",
  );
  // a lab that was made before there was such an index
  rmSync(other, { recursive: true });
  for (const part of ["activations", "index-version"])
    rmSync(join(home, "lab", part), { recursive: true, force: true });
  expect(found("ABCDEFGHIJ")).toEqual(promised);
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

test.each(["", '{"time":"1970-01-01T00:00:0', "\0\0\0"])(
  "the event after a line without its end is not lost: %j",
  (torn) => {
    const folder = join(newHome(), "lab");
    const event = { event: "login", outcome: "ok", serial: null, detail: null } as const;
    for (const user of ["ann", "bob", "eve"]) {
      appendEvent(folder, { ...event, user }, new Date(0));
      appendFileSync(join(folder, "log.jsonl"), torn);
    }
    expect(readEvents(folder, 10).map(({ user }) => user)).toEqual(["ann", "bob", "eve"]);
  },
);

test("a log that has become long is set aside, and what is older than some of those is removed", () => {
  const folder = join(newHome(), "lab");
  const event = { event: "login", outcome: "ok", serial: null, detail: null } as const;
  const path = join(folder, "log.jsonl");
  const filler = `${"x".repeat(LOG_BYTES - 100)}\n`;
  const users: string[] = [];
  for (let i = 0; i < 5; i++) {
    for (const user of [`first ${i}`, `last ${i}`]) {
      users.push(user);
      appendEvent(folder, { ...event, user }, new Date(i * 1_000));
      if (user.startsWith("first")) appendFileSync(path, filler);
    }
    const size = readdirSync(folder).reduce(
      (sum, name) => sum + statSync(join(folder, name)).size,
      0,
    );
    expect(size).toBeLessThan(3.6 * LOG_BYTES);
  }
  appendEvent(folder, { ...event, user: "now" }, new Date(9_000));
  expect(statSync(path).size).toBeLessThan(200);
  const kept = readEvents(folder, 1_000).map(({ user }) => user);
  expect(kept.length).toBeGreaterThan(2);
  expect(kept).toEqual([...users, "now"].slice(-kept.length));
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
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
