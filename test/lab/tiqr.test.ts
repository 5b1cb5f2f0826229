import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { issueTiqr } from "#lab/issue.ts";
import { authenticationUrl } from "#lab/tiqr/addresses.ts";
import { openTransaction } from "#lab/transaction.ts";
import { ocra } from "#otp/ocra.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import { api, type TestLab, testLab } from "./lab.ts";

const PRIVACYIDEA = "OCRA-1:HOTP-SHA1-6:QN10";
const TIQR_PROJECT = "OCRA-1:HOTP-SHA1-6:QH10-S064";

interface Metadata {
  readonly service: Readonly<Record<string, string>>;
  readonly identity: Readonly<Record<string, string>>;
}

/** A TiQR app, as its project describes it. */
class TiqrApp {
  readonly lab: TestLab;
  readonly metadataUrl: string;
  readonly secret = randomBytes(20);
  metadata: Metadata = { service: {}, identity: {} };

  constructor(lab: TestLab, suite: string) {
    this.lab = lab;
    const order = { url: lab.url, ttlMinutes: 10, suite };
    this.metadataUrl = issueTiqr(lab, { user: "ann", pin: null }, order).text.replace(
      /^tiqrenroll:\/\//,
      "",
    );
  }

  async enroll(change: Readonly<Record<string, string>> = {}): Promise<string> {
    const response = await fetch(this.metadataUrl);
    if (response.ok) this.metadata = (await response.json()) as Metadata;
    const fields = {
      secret: this.secret.toString("hex"),
      language: "en",
      operation: "register",
      ...change,
    };
    return post(this.metadata.service["enrollmentUrl"] ?? "", fields);
  }

  respond(challenge: string, sessionKey: string): string {
    const suite = parseOcraSuite(this.metadata.service["ocraSuite"] ?? "");
    const session = suite.session === null ? null : Buffer.from(sessionKey, "hex");
    const input = {
      suite,
      secret: this.secret,
      challenge: [challenge],
      counter: null,
      pin: null,
      session,
    } as const;
    return ocra({ ...input, unixSeconds: null });
  }

  answer(fields: Readonly<Record<string, string>>): Promise<string> {
    const userId = this.metadata.identity["identifier"] ?? "";
    const all = { userId, language: "en", operation: "login", ...fields };
    return post(this.metadata.service["authenticationUrl"] ?? "", all);
  }
}

async function post(url: string, fields: Readonly<Record<string, string>>): Promise<string> {
  return (await fetch(url, { method: "POST", body: new URLSearchParams(fields) })).text();
}

/** What the app reads from the QR code of a new challenge. */
function challenge(lab: TestLab) {
  const [asked] =
    openTransaction(lab, lab.store.tokensOf("ann"), { title: "", question: "", mode: "plain" })
      ?.asked ?? [];
  if (asked?.kind !== "tiqr") throw new Error("the app was not asked");
  const url = authenticationUrl("ann", asked.challenge);
  const [, service, sessionKey = "", question = "", name] =
    /^tiqrauth:\/\/ann@([^/]+)\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(url) ?? [];
  expect([service, name]).toEqual(["lab.fob", "fob%20lab"]);
  return { sessionKey, question };
}

async function enrolledApp(lab: TestLab, suite = PRIVACYIDEA): Promise<TiqrApp> {
  const app = new TiqrApp(lab, suite);
  expect(await app.enroll()).toBe("OK");
  return app;
}

describe("enrollment", () => {
  test("tells the app about service and identity, and takes its secret once", async () => {
    const lab = await testLab();
    const app = await enrolledApp(lab);
    expect(app.metadata).toMatchObject({
      service: {
        displayName: "fob lab",
        identifier: "lab.fob",
        ocraSuite: PRIVACYIDEA,
        infoUrl: `${lab.url}/`,
      },
      identity: { identifier: "ann", displayName: "ann" },
    });
    expect(await app.enroll()).toBe("FAIL");
    expect((await fetch(app.metadataUrl)).status).toBe(404);
    expect(lab.log().at(-1)).toMatchObject({
      event: "tiqr-metadata",
      detail: "a device was enrolled already",
    });
  });

  test("answers by number in protocol version 2", async () => {
    const lab = await testLab();
    const app = new TiqrApp(lab, PRIVACYIDEA);
    expect(JSON.parse(await app.enroll({ version: "2" }))).toEqual({ responseCode: 1 });
    expect(JSON.parse(await app.enroll({ version: "2" }))).toEqual({ responseCode: 101 });
    const old = new TiqrApp(await testLab({ isOld: true }), PRIVACYIDEA);
    expect(await old.enroll({ version: "2" })).toBe("OK");
  });

  test.each([
    ["a short secret", { secret: "00".repeat(15) }],
    ["a long secret", { secret: "00".repeat(65) }],
    ["no hexadecimal", { secret: "x".repeat(40) }],
    ["another operation", { operation: "login" }],
  ])("is refused with %s, and can be tried again", async (_, change) => {
    const app = new TiqrApp(await testLab(), PRIVACYIDEA);
    expect(await app.enroll(change)).toBe("FAIL");
    expect(await app.enroll()).toBe("OK");
  });

  test("is refused with another session, and after its time", async () => {
    const lab = await testLab();
    const app = new TiqrApp(lab, PRIVACYIDEA);
    expect((await fetch(app.metadataUrl.replace(/session=[0-9a-f]+/, "session=00"))).status).toBe(
      404,
    );
    lab.pass(601);
    expect((await fetch(app.metadataUrl)).status).toBe(404);
  });
});

describe("a login", () => {
  test.each([PRIVACYIDEA, TIQR_PROJECT])("with %s is accepted once", async (suite) => {
    const lab = await testLab();
    const app = await enrolledApp(lab, suite);
    const { sessionKey, question } = challenge(lab);
    const response = app.respond(question, sessionKey);
    expect(await app.answer({ sessionKey, response })).toBe("OK");
    expect(await app.answer({ sessionKey, response })).toBe("INVALID_CHALLENGE");
    const { result } = await api(lab.get(`/validate/polltransaction/${sessionKey}`));
    expect(result.value).toBe(true);
    const login = { user: "ann", pass: "", transaction_id: sessionKey };
    expect((await api(lab.post("/validate/check", login))).result.value).toBe(true);
    expect((await api(lab.post("/validate/check", login))).result.value).toBe(false);
  });

  test("takes the app's response from the app alone, and not from a keyboard", async () => {
    const lab = await testLab();
    const app = await enrolledApp(lab);
    const { sessionKey, question } = challenge(lab);
    const login = {
      user: "ann",
      pass: app.respond(question, sessionKey),
      transaction_id: sessionKey,
    };
    expect((await api(lab.post("/validate/check", login))).result.value).toBe(false);
  });

  test("that is wrong says how many attempts are left, and at last that the account is blocked", async () => {
    const lab = await testLab();
    const app = await enrolledApp(lab);
    const { sessionKey, question } = challenge(lab);
    expect(await app.answer({ sessionKey, response: "x" })).toBe("INVALID_RESPONSE:9");
    expect(JSON.parse(await app.answer({ sessionKey, response: "x", version: "2" }))).toEqual({
      responseCode: 201,
      attemptsLeft: 8,
    });
    for (let left = 7; left >= 0; left--) {
      expect(await app.answer({ sessionKey, response: "x" })).toBe(`INVALID_RESPONSE:${left}`);
    }
    const response = app.respond(question, sessionKey);
    expect(await app.answer({ sessionKey, response })).toBe("ACCOUNT_BLOCKED");
    expect(JSON.parse(await app.answer({ sessionKey, response, version: "2" }))).toEqual({
      responseCode: 204,
    });
  });

  test.each([
    ["another user", { userId: "bob" }, "INVALID_USERID", 205],
    ["another session", { sessionKey: "00000000000000000000" }, "INVALID_CHALLENGE", 203],
    ["another operation", { operation: "register" }, "INVALID_REQUEST", 202],
    ["nothing to check", { response: "" }, "INVALID_REQUEST", 202],
  ])("is refused for %s", async (_, change, text, responseCode) => {
    const lab = await testLab();
    const app = await enrolledApp(lab);
    const { sessionKey, question } = challenge(lab);
    const fields = { sessionKey, response: app.respond(question, sessionKey), ...change };
    expect(await app.answer(fields)).toBe(text);
    expect(JSON.parse(await app.answer({ ...fields, version: "2" }))).toEqual({ responseCode });
  });

  test("is too late after two minutes", async () => {
    const lab = await testLab();
    const app = await enrolledApp(lab);
    const { sessionKey, question } = challenge(lab);
    lab.pass(121);
    expect(await app.answer({ sessionKey, response: app.respond(question, sessionKey) })).toBe(
      "INVALID_CHALLENGE",
    );
  });
});
