import { HOTP, Secret, TOTP } from "otpauth";
import { describe, expect, test } from "vitest";
import { recognize } from "#enrollment/recognize.ts";
import { HalfwayRuns } from "#lab/dskpp/halfway-runs.ts";
import { cmac, prfAes, prfSha256 } from "#lab/dskpp/prf.ts";
import { issueActivation } from "#lab/issue.ts";
import type { ActivationOrder } from "#lab/lab-token.ts";
import { attribute, DskppClient, element, helloMessage, type RunOptions } from "./dskpp-client.ts";
import { api, type TestLab, testLab } from "./lab.ts";

const HOTP_ORDER: ActivationOrder = { kind: "hotp", algorithm: "SHA1", digits: 6, policy: null };
const TOTP_ORDER: ActivationOrder = {
  ...{ kind: "totp", algorithm: "SHA256", digits: 8, period: 60 },
  policy: { minLength: 6, attempts: 5 },
};
const SHA256 = "urn:ietf:params:xml:ns:keyprov:dskpp:prf-sha256";
const AES = "urn:ietf:params:xml:ns:keyprov:dskpp:prf-aes-128";

function activate(lab: TestLab, order: ActivationOrder = HOTP_ORDER): DskppClient {
  return new DskppClient(
    issueActivation(lab, { user: "ann", pin: null }, { url: lab.url, ttlMinutes: 60, order }).text,
  );
}

async function isAccepted(lab: TestLab, pass: string): Promise<boolean> {
  return (await api(lab.post("/validate/check", { user: "ann", pass }))).result.value === true;
}

function hotp(key: Buffer | null): string {
  return HOTP.generate({
    secret: new Secret({ buffer: new Uint8Array(key ?? []).buffer }),
    counter: 0,
    digits: 6,
  });
}

describe("AES-CMAC", () => {
  const key = Buffer.from("2b7e151628aed2a6abf7158809cf4f3c", "hex");
  const message = Buffer.from(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
    "hex",
  );

  test.each([
    [0, "bb1d6929e95937287fa37d129b756746"],
    [16, "070a16b46b4d4144f79bdd9dd04a287c"],
    [40, "dfa66747de9ae63030ca32611497c827"],
    [64, "51f0bebf7e3b9d92fc49741779363cfe"],
  ])("of %i octets is as in RFC 4493", (length, mac) => {
    expect(cmac(key, message.subarray(0, length)).toString("hex")).toBe(mac);
  });

  test("and HMAC-SHA-256 make as many octets as are wanted, block by block", () => {
    for (const [prf, block] of [
      [prfAes, 16],
      [prfSha256, 32],
    ] as const) {
      const long = prf(key, message, 3 * block + 1);
      expect(long).toHaveLength(3 * block + 1);
      expect(prf(key, message, block)).toEqual(long.subarray(0, block));
      expect(prf(key, message, 5)).toEqual(long.subarray(0, 5));
    }
    expect(prfAes(key, message, 16)).toEqual(
      cmac(key, Buffer.concat([Buffer.from([0, 0, 0, 1]), message])),
    );
  });
});

describe("four passes", () => {
  test.each([
    [SHA256, "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "spki"],
    [AES, "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "modulus"],
    [SHA256, "http://www.w3.org/2001/04/xmlenc#rsa_1_5", "pkcs1"],
    [AES, "http://www.w3.org/2001/04/xmlenc#rsa_1_5", "spki"],
  ] as const)(
    "with %s and %s make the same key on both sides (K as %s)",
    async (mac, encryption, octets) => {
      const lab = await testLab();
      const { statuses, finished, tokenKey } = await activate(lab).fourPass({
        macs: [mac],
        encryption: [encryption],
        octets,
      });
      expect(statuses).toEqual(["Continue", "Success"]);
      expect(tokenKey).toHaveLength(20);
      expect(finished).not.toContain("Secret");
      expect(element(finished, "SerialNo")).toMatch(/^OATH[0-9A-F]{8}$/);
      expect(await isAccepted(lab, hotp(tokenKey))).toBe(true);
    },
  );

  test("give back what the client says of itself, unchanged", async () => {
    const info =
      '<dskpp:Extensions><dskpp:Extension xsi:type="dskpp:ClientInfoType"><dskpp:Data>aGVsbG8=</dskpp:Data></dskpp:Extension></dskpp:Extensions>';
    const reply = await activate(await testLab()).send(helloMessage({ more: info }));
    expect([attribute(reply, "Status"), element(reply, "Data")]).toEqual(["Continue", "aGVsbG8="]);
  });
});

test("a run that is half-way goes on once, for two minutes, and gives way to 256 later ones", () => {
  const runs = new HalfwayRuns();
  const mac = { name: SHA256, prf: prfSha256, keyLength: 32 };
  const agreement = { variant: "four-pass", keyType: "", encryptionAlgorithm: "", mac } as const;
  const run = { code: "", agreement, serverNonce: Buffer.of(), messages: [] };
  for (let i = 0; i <= 256; i++) runs.add(String(i), run, 0);
  expect(["0", "1", "1", "256"].map((id) => runs.take(id, 119_999))).toEqual([
    null,
    run,
    null,
    run,
  ]);
  expect(runs.take("2", 120_000)).toBeNull();
});

describe("two passes", () => {
  test.each([SHA256, AES])("with %s bring a key under the passphrase", async (mac) => {
    const lab = await testLab();
    const { statuses, tokenKey } = await activate(lab).twoPass({ macs: [mac] });
    expect(statuses).toEqual(["Success"]);
    expect(tokenKey).toHaveLength(20);
    expect(await isAccepted(lab, hotp(tokenKey))).toBe(true);
  });

  test("bring a container that our own reader of PSKC understands, with its PIN policy", async () => {
    const lab = await testLab();
    const client = activate(lab, TOTP_ORDER);
    const { finished, tokenKey } = await client.twoPass();
    const container = /<dskpp:KeyContainer.*<\/dskpp:KeyContainer>/s.exec(finished)?.[0] ?? "";
    const namespaces = [...finished.matchAll(/ xmlns:\w+="[^"]*"/g)]
      .map(([declaration]) => declaration)
      .join("");
    const standalone = container
      .replace("<dskpp:KeyContainer", `<pskc:KeyContainer${namespaces}`)
      .replace("</dskpp:KeyContainer", "</pskc:KeyContainer");
    const [draft] = await recognize(standalone, async () => Buffer.from(client.passphrase));
    expect(draft).toMatchObject({
      issuer: "fob lab",
      account: "ann",
      credential: { kind: "totp", algorithm: "SHA256", digits: 8, period: 60 },
      pin: { type: "user", policy: { minLength: 6, attempts: 5, required: true } },
    });
    expect(Buffer.from(draft?.secret ?? []).subarray(32, 64)).toEqual(tokenKey);
    const secret = new Secret({ buffer: new Uint8Array(tokenKey ?? []).buffer });
    expect(
      await isAccepted(lab, TOTP.generate({ secret, algorithm: "SHA256", digits: 8, period: 60 })),
    ).toBe(true);
  });
});

describe("a challenge-response token", () => {
  test("comes with its suite", async () => {
    const order: ActivationOrder = {
      kind: "ocra",
      suite: "OCRA-1:HOTP-SHA256-8:C-QN08",
      policy: null,
    };
    const keyTypes = ["urn:ietf:params:xml:ns:keyprov:pskc:OCRA-1"];
    const { statuses, finished } = await activate(await testLab(), order).fourPass({ keyTypes });
    expect(statuses).toEqual(["Continue", "Success"]);
    expect(finished).toContain(
      'Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:OCRA-1:HOTP-SHA256-8:C-QN08"',
    );
    expect(finished).toContain("<pskc:Counter><pskc:PlainValue>0</pskc:PlainValue></pskc:Counter>");
  });
});

describe("an activation code", () => {
  test("works once, in whatever variant, also for ten at once", async () => {
    const lab = await testLab();
    const client = activate(lab);
    const runs = Array.from({ length: 10 }, (_, i) =>
      i % 2 ? client.fourPass() : client.twoPass(),
    );
    const keys = (await Promise.all(runs)).flatMap(({ tokenKey }) => tokenKey ?? []);
    expect(keys).toHaveLength(1);
    expect(await isAccepted(lab, hotp(keys[0] ?? null))).toBe(true);
    expect((await client.fourPass()).statuses).toEqual(["AccessDenied"]);
  });

  test("expires, and another one is none", async () => {
    const lab = await testLab();
    const client = activate(lab);
    lab.pass(3601);
    expect((await client.fourPass()).statuses).toEqual(["ProvisioningPeriodExpired"]);
    const other = Object.assign(activate(lab), {
      url: `${lab.url}/selfenrollment/dskpp.aspx?sc=AAAAAAAAAA`,
    });
    expect((await other.twoPass()).statuses).toEqual(["AccessDenied"]);
  });
});

describe("the status", () => {
  const FOUR_PASS: [string, RunOptions, string][] = [
    ["another version", { version: "2.0" }, "UnsupportedVersion"],
    [
      "key types that the token is not",
      { keyTypes: ["urn:ietf:params:xml:ns:keyprov:pskc:totp"] },
      "NoSupportedKeyTypes",
    ],
    [
      "unknown encryption",
      { encryption: ["http://www.w3.org/2001/04/xmlenc#tripledes-cbc"] },
      "NoSupportedEncryptionAlgorithms",
    ],
    ["an unknown MAC", { macs: ["urn:x:md5"] }, "NoSupportedMacAlgorithms"],
    [
      "no variant of ours",
      {
        variants:
          "<dskpp:TwoPass><dskpp:SupportedKeyProtectionMethod>urn:x</dskpp:SupportedKeyProtectionMethod></dskpp:TwoPass>",
      },
      "NoProtocolVariants",
    ],
    ["other key packages", { packages: ["urn:x:pkcs12"] }, "NoSupportedKeyPackages"],
    [
      "an extension that must be understood",
      { more: '<dskpp:Extensions><dskpp:Extension Critical="true"/></dskpp:Extensions>' },
      "UnknownCriticalExtension",
    ],
    ["a key to be replaced", { more: "<dskpp:KeyID>AAAA</dskpp:KeyID>" }, "Abort"],
    ["no key types at all", { keyTypes: [] }, "MalformedRequest"],
  ];

  test.each(FOUR_PASS)(
    "for %s is said at once, and the code still works",
    async (_, options, status) => {
      const client = activate(await testLab());
      expect((await client.fourPass(options)).statuses).toEqual([status]);
      expect((await client.fourPass()).statuses).toEqual(["Continue", "Success"]);
    },
  );

  test.each([
    ["another passphrase", { passphrase: "00000000x" }, "AuthenticationDataInvalid"],
    ["another user", { clientId: "bob" }, "AuthenticationDataInvalid"],
    ["too few iterations", { iterations: 1_000 }, "AuthenticationDataInvalid"],
    ["too many iterations", { iterations: 1_000_001 }, "MalformedRequest"],
    ["no authentication", { hasAuthentication: false }, "AuthenticationDataMissing"],
    [
      "another session",
      { alterNonce: (xml: string) => xml.replace(/SessionID="../, 'SessionID="zz') },
      "Abort",
    ],
    [
      "another nonce",
      { alterNonce: (xml: string) => xml.replace(/EncryptedNonce>[^<]*/, "EncryptedNonce>AAAA") },
      "AuthenticationDataInvalid",
    ],
    [
      "another message",
      { alterNonce: (xml: string) => xml.replaceAll("KeyProvClientNonce", "KeyProvNonsense") },
      "UnknownRequest",
    ],
  ] as [string, RunOptions, string][])(
    "for %s is said at the end, and the code still works",
    async (_, options, status) => {
      const client = activate(await testLab());
      expect((await client.fourPass(options)).statuses).toEqual(["Continue", status]);
      expect((await client.fourPass()).statuses).toEqual(["Continue", "Success"]);
    },
  );

  test.each([
    ["another passphrase", { passphrase: "00000000x" }, "AuthenticationDataInvalid"],
    ["no authentication", { hasAuthentication: false }, "AuthenticationDataMissing"],
  ] as [string, RunOptions, string][])("for %s in two passes", async (_, options, status) => {
    expect((await activate(await testLab()).twoPass(options)).statuses).toEqual([status]);
  });

  test.each([
    ["a document type", '<!DOCTYPE x [<!ENTITY e "e">]>'],
    ["broken XML", "<<<"],
    ["a message without end", '<dskpp:KeyProvClientHello Version="1.0">'],
    ["deep nesting", "<a>".repeat(100)],
  ])("for %s is MalformedRequest", async (_, text) => {
    const reply = await activate(await testLab()).send(
      `${text}<!-- urn:ietf:params:xml:ns:keyprov:dskpp -->`,
    );
    expect(attribute(reply, "Status")).toBe("MalformedRequest");
  });

  test("of a session that was finished, or waited too long, is Abort", async () => {
    const lab = await testLab();
    const client = activate(lab);
    const late = await client.fourPass({
      alterNonce: (xml) => {
        lab.pass(121);
        return xml;
      },
    });
    expect(late.statuses).toEqual(["Continue", "Abort"]);
  });

  test("after ten wrong passphrases is AccessDenied, whatever comes next", async () => {
    const lab = await testLab();
    const client = activate(lab);
    for (let i = 0; i < 10; i++) {
      expect((await client.twoPass({ passphrase: `wrong ${i}` })).statuses).toEqual([
        "AuthenticationDataInvalid",
      ]);
    }
    expect((await client.twoPass()).statuses).toEqual(["AccessDenied"]);
    expect(lab.log().at(-1)).toMatchObject({
      event: "dskpp",
      detail: "AccessDenied: the user is locked",
    });
  });
});

describe("over HTTP", () => {
  test("what is no DSKPP message is 400, and replies are not to be kept", async () => {
    const { url } = activate(await testLab());
    const status = async (options: RequestInit) =>
      (await fetch(url, { method: "POST", ...options })).status;
    expect(await status({ body: "x" })).toBe(400);
    expect(
      await status({ body: "<x/>", headers: { "Content-Type": "application/dskpp+xml" } }),
    ).toBe(400);
    expect(await status({ method: "GET" })).toBe(405);
    const headers = { "Content-Type": "application/dskpp+xml; charset=utf-8" };
    const reply = await fetch(url, { method: "POST", body: helloMessage({}), headers });
    expect(reply.headers.get("content-type")).toBe("application/dskpp+xml");
    expect(reply.headers.get("cache-control")).toContain("no-cache");
  });
});
