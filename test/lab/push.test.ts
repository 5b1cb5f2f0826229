import { describe, expect, test } from "vitest";
import { issuePush } from "#lab/issue.ts";
import { openTransaction, type Transaction } from "#lab/transaction.ts";
import { type ApiReply, api, type TestLab, testLab } from "./lab.ts";
import { foreignKey, PUBLIC_KEY, PushDevice, unknownNonce } from "./push-device.ts";

const WORDING = { title: "VPN", question: "Log in at the VPN from Rome?", mode: "plain" } as const;
type Mode = Parameters<typeof openTransaction>[2]["mode"];

function issued(lab: TestLab, { isOld = false } = {}): PushDevice {
  const order = { url: lab.url, ttlMinutes: 10, wantsPin: false, isOld };
  return new PushDevice(lab, issuePush(lab, { user: "ann", pin: null }, order).text);
}

async function enrolled(lab: TestLab, options = {}): Promise<PushDevice> {
  const device = issued(lab, options);
  await device.enroll();
  return device;
}

function push(lab: TestLab, mode: Mode = "plain"): Transaction {
  const transaction = openTransaction(lab, lab.store.tokensOf("ann"), { ...WORDING, mode });
  if (!transaction) throw new Error("nobody could be asked");
  return transaction;
}

async function outcome(lab: TestLab, { id }: Transaction): Promise<unknown> {
  const { result, detail } = await api(lab.get(`/validate/polltransaction?transaction_id=${id}`));
  return result.value === true ? true : detail?.["challenge_status"];
}

const refusal = (reply: ApiReply) => reply.result.error?.message;

describe("enrollment", () => {
  test("gives the server's key for the device's key, and works once", async () => {
    const device = issued(await testLab());
    expect(await device.enroll()).toMatchObject({
      result: { status: true, value: true },
      detail: { serial: device.serial },
    });
    expect(device.serverKey?.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(refusal(await device.enroll())).toBe("the enrollment credential was used already");
  });

  test("takes a key in url-safe Base64 without padding", async () => {
    const device = issued(await testLab());
    const pubkey = Buffer.from(PUBLIC_KEY, "base64").toString("base64url");
    expect((await device.enroll({ pubkey })).result.value).toBe(true);
  });

  test.each([
    [
      "another credential",
      { enrollment_credential: "00".repeat(20) },
      "the enrollment credential is wrong",
    ],
    [
      "another serial number",
      { serial: "PIPU00000000" },
      "there is no push token of this serial number",
    ],
    [
      "a path as serial number",
      { serial: "../users" },
      "there is no push token of this serial number",
    ],
    ["no key", { pubkey: "AAAA" }, "the public key is not an RSA key of 2048 to 8192 bits"],
  ])("is refused with %s", async (_, change, reason) => {
    const lab = await testLab();
    const device = issued(lab);
    const reply = await device.enroll(change);
    expect(refusal(reply)).toBe(reason);
    expect(lab.log().at(-1)).toMatchObject({ event: "push-enrollment", outcome: "refused" });
  });

  test("is refused after its time", async () => {
    const lab = await testLab();
    const device = issued(lab);
    lab.pass(601);
    expect(refusal(await device.enroll())).toBe("the enrollment credential has expired");
  });
});

describe("polling", () => {
  test("brings signed requests, with what the server can do", async () => {
    const lab = await testLab();
    const device = await enrolled(lab);
    expect(await device.requests()).toEqual([]);
    push(lab);
    const [request] = await device.requests();
    expect(request).toMatchObject({
      title: "VPN",
      question: WORDING.question,
      serial: device.serial,
      sslverify: "0",
    });
    expect(request).not.toHaveProperty("require_presence");
    const { capabilities = "", capabilities_signature: signature = "", nonce } = request ?? {};
    expect(JSON.parse(capabilities)).toEqual({ decline_reason: true });
    expect(
      device.isFromServer(`{"capabilities":{"decline_reason":true},"nonce":"${nonce}"}`, signature),
    ).toBe(true);
  });

  test.each([59, -59])("allows a clock that is %i seconds off", async (seconds) => {
    const lab = await testLab();
    const device = await enrolled(lab);
    const timestamp = new Date(lab.clock().getTime() + seconds * 1000)
      .toISOString()
      .replace("Z", "123+00:00");
    expect((await device.poll(timestamp)).result.value).toEqual([]);
  });

  test.each([
    [
      "a clock that is more than a minute off",
      "2020-01-01T00:00:00Z",
      "the timestamp is more than a minute off",
    ],
    ["no time at all", "yesterday", "the timestamp is more than a minute off"],
  ])("is refused with %s", async (_, timestamp, reason) => {
    expect(refusal(await (await enrolled(await testLab())).poll(timestamp))).toBe(reason);
  });

  test("is refused for a token of somebody else, and before the enrollment", async () => {
    const lab = await testLab();
    const device = await enrolled(lab);
    device.privateKey = foreignKey;
    expect(refusal(await device.poll())).toBe("the signature is wrong");
    expect(refusal(await issued(lab).poll())).toBe("the token is not enrolled");
    expect(refusal(await device.poll(undefined, "PIPU00000000"))).toBe("the token is not enrolled");
  });

  test("no longer brings a request that was answered, or is older than two minutes", async () => {
    const lab = await testLab();
    const device = await enrolled(lab);
    push(lab);
    for (const request of await device.requests()) await device.approve(request);
    expect(await device.requests()).toEqual([]);
    push(lab);
    expect(await device.requests()).toHaveLength(1);
    lab.pass(121);
    expect(await device.requests()).toEqual([]);
  });
});

describe("an answer", () => {
  test("approves, once, and lets the login in, once", async () => {
    const lab = await testLab();
    const device = await enrolled(lab);
    const transaction = push(lab);
    expect(await outcome(lab, transaction)).toBe("pending");
    const [request = {}] = await device.requests();
    expect((await device.approve(request)).result.value).toBe(true);
    expect((await device.approve(request)).result.value).toBe(false);
    expect((await device.decline(request)).result.value).toBe(false);
    expect(lab.log().at(-1)).toMatchObject({
      event: "push-answer",
      detail: "the request was answered already",
    });
    expect(await outcome(lab, transaction)).toBe(true);
    const login = { user: "ann", pass: "", transaction_id: transaction.id };
    expect((await api(lab.post("/validate/check", login))).result.authentication).toBe("ACCEPT");
    expect((await api(lab.post("/validate/check", login))).result.authentication).toBe("REJECT");
  });

  test("of one device ends the question to the others, and does not let in who is locked", async () => {
    const lab = await testLab();
    const [one, other] = [await enrolled(lab), await enrolled(lab)];
    const { id } = push(lab);
    const login = async () => {
      const reply = api(lab.post("/validate/check", { user: "ann", pass: "", transaction_id: id }));
      return (await reply).result.authentication;
    };
    for (const request of await one.requests()) await one.approve(request);
    lab.store.updateUser("ann", (user) => ({ ...user, failures: 10 }));
    expect(await login()).toBe("REJECT");
    lab.store.updateUser("ann", (user) => ({ ...user, failures: 0 }));
    const [late = {}] = await other.requests();
    expect(await login()).toBe("ACCEPT");
    expect(await other.requests()).toEqual([]);
    expect((await other.approve(late)).result.value).toBe(false);
    expect(await login()).toBe("REJECT");
  });

  test("must say which request it is for where the lab speaks as older servers do", async () => {
    const lab = await testLab({ isOld: true });
    const device = await enrolled(lab);
    push(lab);
    const [{ nonce = "" } = {}] = await device.requests();
    const unnamed = await device.answer({}, `${nonce}|${device.serial}`);
    expect(refusal(unnamed)).toBe("serial, nonce and signature are needed");
    expect((await device.answer({ nonce }, `${nonce}|${device.serial}`)).result.value).toBe(true);
  });

  test("that does not say which request it is for is understood by its signature", async () => {
    const lab = await testLab();
    const device = await enrolled(lab);
    push(lab);
    const second = push(lab);
    const nonce = (await device.requests())[1]?.["nonce"] ?? "";
    expect((await device.answer({}, `${nonce}|${device.serial}`)).result.value).toBe(true);
    expect(await outcome(lab, second)).toBe(true);
  });

  test.each([undefined, "unknown_trigger", "cancelled"])(
    "declines with the reason %s",
    async (reason) => {
      const lab = await testLab();
      const device = await enrolled(lab);
      const transaction = push(lab);
      const [request = {}] = await device.requests();
      expect((await device.decline(request, reason)).result.value).toBe(true);
      expect(await outcome(lab, transaction)).toBe("declined");
      const login = { user: "ann", pass: "", transaction_id: transaction.id };
      expect((await api(lab.post("/validate/check", login))).result.value).toBe(false);
    },
  );

  test.each([
    [
      "signed with another key",
      (device: PushDevice, nonce: string) => {
        device.privateKey = foreignKey;
        return device.approve({ nonce });
      },
      "the signature is wrong",
    ],
    [
      "an approval turned into a denial",
      (device: PushDevice, nonce: string) =>
        device.answer({ nonce, decline: "1" }, `${nonce}|${device.serial}`),
      "the signature is wrong",
    ],
    [
      "with another reason than was signed",
      (device: PushDevice, nonce: string) =>
        device.answer(
          { nonce, decline: "1", decline_reason: "cancelled" },
          `${nonce}|${device.serial}|decline`,
        ),
      "the signature is wrong",
    ],
    [
      "with a reason that nobody knows",
      (device: PushDevice, nonce: string) => device.decline({ nonce }, "bored"),
      "the reason is not known",
    ],
    [
      "a denial sent as the number of an approval",
      (device: PushDevice, nonce: string) =>
        device.answer({ nonce, presence_answer: "decline" }, `${nonce}|${device.serial}|decline`),
      "no number was asked for",
    ],
    [
      "a denial with its reason sent as the number of an approval",
      (device: PushDevice, nonce: string) =>
        device.answer(
          { nonce, presence_answer: "decline|cancelled" },
          `${nonce}|${device.serial}|decline|cancelled`,
        ),
      "no number was asked for",
    ],
    [
      "for a request that nobody made",
      (device: PushDevice) => device.approve({ nonce: unknownNonce }),
      "there is no such request",
    ],
    [
      "for another token",
      (device: PushDevice, nonce: string) =>
        device.answer({ nonce, serial: "PIPU00000000" }, `${nonce}|PIPU00000000`),
      "there is no push token of this serial number",
    ],
  ])("is refused when it is %s", async (_, answer, detail) => {
    const lab = await testLab();
    const device = await enrolled(lab);
    const transaction = push(lab);
    const [{ nonce = "" } = {}] = await device.requests();
    expect((await answer(device, nonce)).result.value).toBe(false);
    expect(lab.log().at(-1)).toMatchObject({ event: "push-answer", outcome: "refused", detail });
    expect(await outcome(lab, transaction)).toBe("pending");
  });

  test("is too late after two minutes", async () => {
    const lab = await testLab();
    const device = await enrolled(lab);
    const transaction = push(lab);
    const [request = {}] = await device.requests();
    lab.pass(121);
    expect((await device.approve(request)).result.value).toBe(false);
    expect(lab.log().at(-1)?.detail).toBe("the request has expired");
    expect(await outcome(lab, transaction)).toBe("pending");
  });
});

describe("number matching", () => {
  test("takes no denial for an approval, however its parts are named", async () => {
    const lab = await testLab();
    const device = await enrolled(lab);
    for (const reason of ["", "|cancelled", "|unknown_trigger"]) {
      const transaction = push(lab, "number-matching");
      const [{ nonce = "" } = {}] = await device.requests();
      const denial = `${nonce}|${device.serial}|decline${reason}`;
      const reply = await device.answer({ nonce, presence_answer: `decline${reason}` }, denial);
      expect(reply.result.value).toBe(false);
      expect(await outcome(lab, transaction)).toBe("pending");
    }
  });

  test("offers three numbers of two digits and takes the right one", async () => {
    const lab = await testLab();
    const device = await enrolled(lab);
    const transaction = push(lab, "number-matching");
    const [request = {}] = await device.requests();
    const options = request["require_presence"]?.split(",") ?? [];
    expect(request["version"]).toBe("2");
    expect(options).toHaveLength(3);
    for (const option of options) expect(option).toMatch(/^\d\d$/);
    expect((await device.approve(request)).result.value).toBe(false);
    const [asked] = transaction.asked;
    const right = asked?.kind === "push" ? asked.challenge.presence?.right : undefined;
    expect((await device.approve(request, right)).result.value).toBe(true);
    expect(await outcome(lab, transaction)).toBe(true);
  });

  test("stays open after a wrong one", async () => {
    const lab = await testLab();
    const device = await enrolled(lab);
    const transaction = push(lab, "number-matching");
    const [request = {}] = await device.requests();
    const [asked] = transaction.asked;
    const right = asked?.kind === "push" ? asked.challenge.presence?.right : undefined;
    const wrong = request["require_presence"]?.split(",").find((option) => option !== right);
    expect((await device.approve(request, wrong)).result.value).toBe(false);
    expect((await device.approve(request, right)).result.value).toBe(true);
    expect(await outcome(lab, transaction)).toBe(true);
  });
});

describe("code to phone", () => {
  test("shows a code after the approval, which lets in once", async () => {
    const lab = await testLab();
    const device = await enrolled(lab);
    const { id } = push(lab, "code-to-phone");
    const check = async (pass: string) =>
      (await api(lab.post("/validate/check", { user: "ann", pass, transaction_id: id }))).result
        .authentication;
    const [request = {}] = await device.requests();
    const { detail } = await device.approve(request);
    const code = String(detail?.["display_code"]);
    expect(code).toMatch(/^\d{6}$/);
    expect(detail?.["message"]).toBeTypeOf("string");
    expect(await check("")).toBe("REJECT");
    expect(await check(code === "000000" ? "111111" : "000000")).toBe("REJECT");
    expect(await check(code)).toBe("ACCEPT");
    expect(await check(code)).toBe("REJECT");
  });

  test("takes the code of no request that was not approved", async () => {
    const lab = await testLab();
    await enrolled(lab);
    const { id, asked } = push(lab, "code-to-phone");
    const code = asked[0]?.kind === "push" ? asked[0].challenge.displayCode : null;
    expect(code).toMatch(/^\d{6}$/);
    const login = { user: "ann", pass: String(code), transaction_id: id };
    expect((await api(lab.post("/validate/check", login))).result.authentication).toBe("REJECT");
  });
});

describe("an approval", () => {
  test.each([
    ["after its time", (lab: TestLab) => lab.pass(121)],
    [
      "of a user who was locked meanwhile",
      (lab: TestLab) => lab.store.updateUser("ann", (user) => ({ ...user, failures: 10 })),
    ],
  ])("lets nobody in %s", async (_, meanwhile) => {
    const lab = await testLab();
    const device = await enrolled(lab);
    const { id } = push(lab);
    const [request = {}] = await device.requests();
    expect((await device.approve(request)).result.value).toBe(true);
    meanwhile(lab);
    const login = { user: "ann", pass: "", transaction_id: id };
    expect((await api(lab.post("/validate/check", login))).result.authentication).toBe("REJECT");
  });
});

describe("an older server", () => {
  test.each([
    ["by the token", { token: true, lab: false }],
    ["by the server's option", { token: false, lab: true }],
  ])("knows neither capabilities nor reasons, chosen %s", async (_, old) => {
    const lab = await testLab({ isOld: old.lab });
    const device = await enrolled(lab, { isOld: old.token });
    const transaction = push(lab);
    const [request = {}] = await device.requests();
    expect(request).not.toHaveProperty("capabilities");
    expect((await device.decline(request, "cancelled")).result.value).toBe(false);
    expect((await device.decline(request)).result.value).toBe(true);
    expect(await outcome(lab, transaction)).toBe("declined");
  });
});
