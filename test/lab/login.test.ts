import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HOTP, Secret, TOTP } from "otpauth";
import { describe, expect, test } from "vitest";
import { attempt } from "#lab/attempts.ts";
import { issuePasscodes, type PasscodeOrder } from "#lab/issue.ts";
import { decideLogin } from "#lab/login.ts";
import { wasUsed } from "#lab/passcode-check.ts";
import { hashPassword } from "#lab/password.ts";
import { LOGIN_WORDING } from "#lab/push/wording.ts";
import { findTransaction, openTransaction } from "#lab/transaction.ts";
import { ocra } from "#otp/ocra.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import { type ApiReply, api, type TestLab, testLab } from "./lab.ts";

const HOTP_ORDER = { kind: "hotp", algorithm: "SHA1", digits: 6 } as const;
const TOTP_ORDER = { kind: "totp", algorithm: "SHA256", digits: 8, period: 30 } as const;

async function issued(lab: TestLab, order: PasscodeOrder, pin?: string) {
  const hash = pin === undefined ? null : await hashPassword(Buffer.from(pin));
  const { token, text } = issuePasscodes(lab, { user: "ann", pin: hash }, order);
  const { searchParams } = new URL(text);
  const secret = Secret.fromBase32(searchParams.get("secret") ?? "");
  const hotp = (counter: number) => HOTP.generate({ secret, counter, digits: 6 });
  const totp = (seconds = 0) =>
    TOTP.generate({
      secret,
      algorithm: "SHA256",
      digits: 8,
      timestamp: lab.clock().getTime() + seconds * 1000,
    });
  return { serial: token.serial, secret: Buffer.from(secret.bytes), searchParams, hotp, totp };
}

function check(
  lab: TestLab,
  pass: string,
  more: Readonly<Record<string, string>> = {},
): Promise<ApiReply> {
  return api(lab.post("/validate/check", { user: "ann", pass, ...more }));
}

async function isAccepted(lab: TestLab, pass: string, more = {}): Promise<boolean> {
  return (await check(lab, pass, more)).result.value === true;
}

describe("event-based passcodes", () => {
  test("are accepted once and in order, up to ten ahead", async () => {
    const lab = await testLab();
    const { hotp, serial } = await issued(lab, HOTP_ORDER);
    expect(await check(lab, hotp(0))).toMatchObject({
      result: { value: true, authentication: "ACCEPT" },
      detail: { serial },
    });
    expect(await isAccepted(lab, hotp(0))).toBe(false);
    expect(await isAccepted(lab, hotp(11))).toBe(true);
    expect(await isAccepted(lab, hotp(5))).toBe(false);
    expect(await isAccepted(lab, hotp(23))).toBe(false);
    expect(await isAccepted(lab, hotp(22))).toBe(true);
  });
});

describe("time-based passcodes", () => {
  test("are accepted once for each time step", async () => {
    const lab = await testLab();
    const { totp } = await issued(lab, TOTP_ORDER);
    const passcode = totp();
    expect(await isAccepted(lab, passcode)).toBe(true);
    expect(await isAccepted(lab, passcode)).toBe(false);
    expect(await isAccepted(lab, totp(-30))).toBe(false);
    expect(await isAccepted(lab, totp(30))).toBe(true);
  });

  test("may be two steps off, and the lab follows a clock that drifts", async () => {
    const lab = await testLab();
    const { totp } = await issued(lab, TOTP_ORDER);
    expect(await isAccepted(lab, totp(90))).toBe(false);
    expect(await isAccepted(lab, totp(60))).toBe(true);
    lab.pass(600);
    expect(await isAccepted(lab, totp(120))).toBe(true);
    lab.pass(600);
    expect(await isAccepted(lab, totp(-30))).toBe(false);
  });
});

describe("a clock that drifts", () => {
  test.each([1, -1])("is followed for twenty steps and no further (%i)", async (direction) => {
    const lab = await testLab();
    const { totp } = await issued(lab, TOTP_ORDER);
    const steps = (count: number) => totp(direction * count * 30);
    for (let off = 2; off <= 22; off += 2) {
      lab.pass(600);
      expect(await isAccepted(lab, steps(off))).toBe(true);
    }
    lab.pass(600);
    expect(await isAccepted(lab, steps(23))).toBe(false);
    expect(await isAccepted(lab, steps(22))).toBe(true);
  });
});

describe("a server PIN", () => {
  test("is typed before or after the passcode, and says so in the Key URI", async () => {
    const lab = await testLab();
    const { hotp, searchParams } = await issued(lab, HOTP_ORDER, "4711");
    expect(searchParams.get("pinpolicy")).toBe("server");
    expect(await isAccepted(lab, hotp(0))).toBe(false);
    expect(await isAccepted(lab, `4712${hotp(0)}`)).toBe(false);
    expect(await isAccepted(lab, `4711${hotp(0)}`)).toBe(true);
    expect(await isAccepted(lab, `${hotp(1)}4711`)).toBe(true);
  });

  test("of the token counts before the user's password", async () => {
    const lab = await testLab();
    await lab.addUser("bob", "secret of bob");
    const { hotp } = await issued(lab, HOTP_ORDER);
    expect(await isAccepted(lab, hotp(0), { user: "bob" })).toBe(false);
    const { text } = issuePasscodes(lab, { user: "bob", pin: null }, HOTP_ORDER);
    const secret = Secret.fromBase32(new URL(text).searchParams.get("secret") ?? "");
    const passcode = HOTP.generate({ secret, counter: 0 });
    expect(await isAccepted(lab, passcode, { user: "bob" })).toBe(false);
    expect(await isAccepted(lab, `secret of bob${passcode}`, { user: "BOB " })).toBe(true);
  });
});

describe("ten wrong passcodes", () => {
  test("lock a user, whatever comes next, until an administrator unlocks", async () => {
    const lab = await testLab();
    const { hotp } = await issued(lab, HOTP_ORDER);
    for (let i = 0; i < 10; i++) expect(await isAccepted(lab, "000")).toBe(false);
    expect(await isAccepted(lab, hotp(0))).toBe(false);
    expect(lab.log().at(-1)).toMatchObject({
      event: "login",
      outcome: "refused",
      user: "ann",
      detail: "the user is locked",
    });
    lab.store.updateUser("ann", (user) => ({ ...user, failures: 0 }));
    expect(await isAccepted(lab, hotp(0))).toBe(true);
  });

  test("with a right one between them do not", async () => {
    const lab = await testLab();
    const { hotp } = await issued(lab, HOTP_ORDER);
    for (const counter of [0, 1]) {
      for (let i = 0; i < 9; i++) await check(lab, "000");
      expect(await isAccepted(lab, hotp(counter))).toBe(true);
    }
  });

  test("are counted when they come at once", async () => {
    const lab = await testLab();
    await issued(lab, HOTP_ORDER);
    await Promise.all(Array.from({ length: 30 }, () => check(lab, "000")));
    expect(lab.store.user("ann")?.failures).toBe(10);
  });
});

describe("what counts as a guess", () => {
  test("is not an attempt that failed for another reason", async () => {
    const lab = await testLab();
    const user = lab.store.user("ann");
    if (!user) throw new Error("there is no ann");
    const failed = attempt(lab, user, () => {
      throw new Error("the disk is full");
    });
    await expect(failed).rejects.toThrow("the disk is full");
    expect(lab.store.user("ann")?.failures).toBe(0);
  });

  test("is not a passcode that was one of the last ten", async () => {
    const lab = await testLab();
    const { serial, hotp } = await issued(lab, HOTP_ORDER);
    const token = lab.store.token(serial);
    if (token?.kind !== "hotp") throw new Error("no event-based token");
    const isUsed = (counter: number) =>
      wasUsed({ ...token, counter: 20 }, hotp(counter), lab.clock());
    expect([9, 10, 19, 20].map(isUsed)).toEqual([false, true, true, false]);
  });
});

describe("right logins that come at once", () => {
  test("are all accepted, never lock, and count as no failures", async () => {
    const lab = await testLab();
    await lab.addUser("bob", "secret of bob");
    const { text } = issuePasscodes(lab, { user: "bob", pin: null }, HOTP_ORDER);
    const secret = Secret.fromBase32(new URL(text).searchParams.get("secret") ?? "");
    lab.store.updateUser("bob", (user) => ({ ...user, failures: 9 }));
    const typed = Array.from(
      { length: 16 },
      (_, counter) => `secret of bob${HOTP.generate({ secret, counter })}`,
    );
    const logins = typed.map((pass) =>
      decideLogin(lab, { user: "bob", typed: pass, transaction: null }),
    );
    expect((await Promise.all(logins)).map(({ kind }) => kind)).toEqual(
      typed.map(() => "accepted"),
    );
    expect(lab.store.user("bob")?.failures).toBe(0);
  });

  test.each([HOTP_ORDER, TOTP_ORDER])(
    "with one and the same passcode are accepted once, and lock nobody ($kind)",
    async (order) => {
      const lab = await testLab();
      const { hotp, totp } = await issued(lab, order);
      lab.store.updateUser("ann", (user) => ({ ...user, failures: 9 }));
      const pass = order.kind === "hotp" ? hotp(0) : totp();
      const logins = await Promise.all(Array.from({ length: 16 }, () => isAccepted(lab, pass)));
      expect(logins.filter(Boolean)).toHaveLength(1);
      expect(lab.store.user("ann")?.failures).toBe(0);
    },
  );
});

describe("a challenge", () => {
  const respond = (suite: string, secret: Buffer, question: string, more = {}) =>
    ocra({
      ...{
        suite: parseOcraSuite(suite),
        secret,
        challenge: [question],
        counter: null,
        pin: null,
        session: null,
      },
      unixSeconds: null,
      ...more,
    });

  async function asked(lab: TestLab) {
    const { result, detail } = await check(lab, "");
    expect(result.authentication).toBe("CHALLENGE");
    const { attributes, transaction_id } = detail as unknown as {
      readonly attributes: { readonly challenge: string };
      readonly transaction_id: string;
    };
    return { question: attributes.challenge, transaction_id };
  }

  test.each([
    ["OCRA-1:HOTP-SHA1-6:QN08", /^\d{8}$/],
    ["OCRA-1:HOTP-SHA256-8:QA10", /^[2-9A-Z]{10}$/],
    ["OCRA-1:HOTP-SHA512-0:QH16", /^[0-9A-F]{16}$/],
  ])("of %s fits the suite and is answered once", async (suite, form) => {
    const lab = await testLab();
    const { secret } = await issued(lab, { kind: "ocra", suite, responsePin: null });
    const { question, transaction_id } = await asked(lab);
    expect(question).toMatch(form);
    const response = respond(suite, secret, question);
    expect(await isAccepted(lab, "12345678", { transaction_id })).toBe(false);
    expect(await isAccepted(lab, response, { transaction_id })).toBe(true);
    expect(await isAccepted(lab, response, { transaction_id })).toBe(false);
  });

  test("with counter and PIN takes each counter once, up to ten ahead", async () => {
    const lab = await testLab();
    const suite = "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1";
    const pin = Buffer.from("1234");
    const { secret } = await issued(lab, { kind: "ocra", suite, responsePin: pin });
    const login = async (counter: bigint, typed = pin) => {
      const { question, transaction_id } = await asked(lab);
      return isAccepted(lab, respond(suite, secret, question, { counter, pin: typed }), {
        transaction_id,
      });
    };
    expect(await login(0n)).toBe(true);
    expect(await login(0n)).toBe(false);
    expect(await login(1n, Buffer.from("1235"))).toBe(false);
    expect(await login(11n)).toBe(true);
  });

  test("with time takes a clock that is two steps off", async () => {
    const lab = await testLab();
    const suite = "OCRA-1:HOTP-SHA256-6:QN08-T30S";
    const { secret } = await issued(lab, { kind: "ocra", suite, responsePin: null });
    const login = async (seconds: number) => {
      const { question, transaction_id } = await asked(lab);
      const unixSeconds = Math.floor(lab.clock().getTime() / 1000) + seconds;
      return isAccepted(lab, respond(suite, secret, question, { unixSeconds }), { transaction_id });
    };
    expect(await login(-60)).toBe(true);
    expect(await login(120)).toBe(false);
  });

  test("is one of at most fifty of a token: the oldest is forgotten", async () => {
    const lab = await testLab();
    const { serial } = await issued(lab, {
      kind: "ocra",
      suite: "OCRA-1:HOTP-SHA1-6:QN08",
      responsePin: null,
    });
    const ask = () => openTransaction(lab, lab.store.tokensOf("ann"), LOGIN_WORDING)?.id ?? "";
    const [first = "", second = "", ...others] = Array.from({ length: 51 }, ask);
    expect(findTransaction(lab, first)).toBeNull();
    for (const id of [second, ...others]) expect(findTransaction(lab, id)?.asked).toHaveLength(1);
    expect(lab.store.token(serial)).toMatchObject({ challenges: { length: 50 } });
  });

  test("is over after two minutes, and is nobody else's", async () => {
    const lab = await testLab();
    await lab.addUser("bob");
    const suite = "OCRA-1:HOTP-SHA1-6:QN08";
    const { secret } = await issued(lab, { kind: "ocra", suite, responsePin: null });
    const first = await asked(lab);
    const response = respond(suite, secret, first.question);
    expect(
      await isAccepted(lab, response, { transaction_id: first.transaction_id, user: "bob" }),
    ).toBe(false);
    lab.pass(121);
    expect(await isAccepted(lab, response, { transaction_id: first.transaction_id })).toBe(false);
  });

  test("is only asked for with the PIN, where there is one", async () => {
    const lab = await testLab();
    const { text } = issuePasscodes(
      lab,
      { user: "ann", pin: await hashPassword(Buffer.from("4711")) },
      { kind: "ocra", suite: "OCRA-1:HOTP-SHA1-6:QN08", responsePin: null },
    );
    expect(text).toContain("suite=");
    expect((await check(lab, "")).result.authentication).toBe("REJECT");
    expect((await check(lab, "4711")).result.authentication).toBe("CHALLENGE");
    expect(lab.store.user("ann")?.failures).toBe(1);
    const { result } = await api(lab.post("/validate/triggerchallenge", { user: "ann" }));
    expect(result).toMatchObject({ value: 1, authentication: "CHALLENGE" });
  });
});

describe("what a page from elsewhere makes a browser send", () => {
  const form = new URLSearchParams({ user: "ann", pass: "000000" });

  test("by GET counts no attempt and asks no device", async () => {
    const lab = await testLab();
    await issued(lab, { kind: "ocra", suite: "OCRA-1:HOTP-SHA1-6:QN08", responsePin: null });
    for (const path of ["/validate/check", "/validate/triggerchallenge"]) {
      expect((await lab.get(`${path}?${form}`)).status).toBe(405);
    }
    expect(lab.store.user("ann")?.failures).toBe(0);
    expect(lab.log().filter(({ event }) => event === "challenge")).toEqual([]);
  });

  test.each<[string, Record<string, string>]>([
    ["/validate/check", { origin: "https://evil.test" }],
    ["/validate/check", { origin: "null" }],
    ["/validate/check", { "sec-fetch-site": "cross-site" }],
    ["/validate/check", { "sec-fetch-site": "same-site" }],
    ["/validate/triggerchallenge", { origin: "http://127.0.0.1:1" }],
    ["/ttype/tiqr", { origin: "https://evil.test" }],
    ["/login", { origin: "https://evil.test" }],
  ])("to %s is refused by its headers: %o", async (path, headers) => {
    const lab = await testLab();
    const response = await fetch(`${lab.url}${path}`, { method: "POST", body: form, headers });
    expect(response.status).toBe(403);
    expect(lab.store.user("ann")?.failures).toBe(0);
  });

  test("is told from what a page of the lab itself sends", async () => {
    const lab = await testLab();
    for (const headers of [{ origin: lab.url }, { "sec-fetch-site": "same-origin" }]) {
      const response = await fetch(`${lab.url}/validate/check`, {
        method: "POST",
        body: form,
        headers,
      });
      expect(response.status).toBe(200);
    }
  });
});

describe("the validation API", () => {
  test("says nothing about why, and the log says it without secrets", async () => {
    const lab = await testLab();
    const { hotp } = await issued(lab, HOTP_ORDER, "4711");
    const replies = [await check(lab, "4711000000"), await check(lab, "x", { user: "nobody" })];
    for (const { result, detail } of replies) {
      expect({ result, detail }).toEqual({
        result: { status: true, value: false, authentication: "REJECT" },
        detail: { message: "wrong otp value" },
      });
    }
    await check(lab, `4711${hotp(0)}`);
    const log = JSON.stringify(lab.log());
    expect(log).toContain("there is no such user");
    for (const secret of ["4711", hotp(0), "000000"]) expect(log).not.toContain(secret);
  });

  test("takes no empty name for anybody's, whatever users are called", async () => {
    const lab = await testLab();
    await lab.addUser("7");
    for (const user of ["", " ", "..", "a/b", "x".repeat(1_000)]) {
      expect((await check(lab, "1", { user })).result.authentication).toBe("REJECT");
    }
  });

  test.each([
    ["/validate/check", {}],
    ["/validate/triggerchallenge", { user: "nobody" }],
    ["/validate/polltransaction", {}],
  ])("refuses %s without what it needs", async (path, form) => {
    const lab = await testLab();
    const response = await lab.post(path, form);
    expect(response.status).toBe(400);
    expect(((await response.json()) as ApiReply).result.status).toBe(false);
  });
});

test("a login looks at no token of anybody else", async () => {
  const lab = await testLab();
  const order = { kind: "hotp", algorithm: "SHA1", digits: 6 } as const;
  const other = issuePasscodes(lab, { user: "bob", pin: null }, order).token;
  const { text } = issuePasscodes(lab, { user: "ann", pin: null }, order);
  const suite = "OCRA-1:HOTP-SHA1-6:QN08";
  issuePasscodes(lab, { user: "ann", pin: null }, { kind: "ocra", suite, responsePin: null });
  // whoever reads it fails
  writeFileSync(join(lab.home, "lab", "tokens", other.serial, "1"), "damaged");

  const secret = Secret.fromBase32(new URL(text).searchParams.get("secret") ?? "");
  const pass = HOTP.generate({ secret, counter: 0 });
  const accepted = await api(lab.post("/validate/check", { user: "ann", pass }));
  expect(accepted.result.authentication).toBe("ACCEPT");
  const asked = await api(lab.post("/validate/triggerchallenge", { user: "ann" }));
  const id = asked.detail?.["transaction_id"];
  const polled = await api(lab.get(`/validate/polltransaction?transaction_id=${id}`));
  expect(polled.detail).toMatchObject({ challenge_status: "pending" });
});

test("users of transactions are forgotten when these are over", async () => {
  const lab = await testLab();
  const order = { kind: "ocra", suite: "OCRA-1:HOTP-SHA1-6:QN08", responsePin: null } as const;
  issuePasscodes(lab, { user: "ann", pin: null }, order);
  const ask = () => openTransaction(lab, lab.store.tokensOf("ann"), LOGIN_WORDING)?.id ?? "";
  const first = ask();
  lab.pass(239);
  const second = ask();
  expect([first, second].map((id) => findTransaction(lab, id)?.id)).toEqual([first, second]);
  lab.pass(360);
  ask();
  expect(readdirSync(join(lab.home, "lab", "transactions"))).toHaveLength(1);
});
