import { execFileSync } from "node:child_process";
import { createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { recognizeOnline } from "#enrollment/recognize.ts";
import { httpClient } from "#platform/http.ts";
import type { EnrollmentServices } from "#token/draft/parsed-token.ts";
import { webServer } from "../../platform/web-server.ts";
import { describeWith } from "../../requires.ts";
import {
  CLIENT_ID,
  dskppServer,
  envelope,
  PASSWORD,
  PRF_IDS,
  RSA,
  refusal,
  rsaKeyInfo,
  type Script,
} from "./dskpp-server.ts";

/** What a test's enrollment works with, and the log that it leaves. */
function services(more: Partial<EnrollmentServices> = {}) {
  const log: string[] = [];
  const all: EnrollmentServices = {
    http: httpClient("fob/test"),
    randomBytes: (size) => randomBytes(size),
    now: () => new Date(),
    askSecret: async (role) => Promise.reject(new Error(`asked for a ${role}`)),
    isInsecure: false,
    trace: (step, detail) => void log.push(`${step}: ${detail}`),
    ...more,
  };
  return { ...all, log };
}

function stringFor(url: URL, lines = `UserID=${CLIENT_ID}\nPassphrase=${PASSWORD}`): string {
  return Buffer.from(`EnrollmentURL=${url.href}\n${lines}`).toString("base64");
}

async function enroll(url: URL, with_ = services(), lines?: string) {
  const [draft] = (await recognizeOnline(stringFor(url, lines))?.complete(with_)) ?? [];
  if (!draft) throw new Error("no token came");
  return draft;
}

/**
 * Enrolls with a server of this behaviour; the token's secret must be the one that the server made.
 */
async function enrollWith(script: Script, with_ = services(), lines?: string) {
  const server = await dskppServer(script);
  const draft = await enroll(server.url, with_, lines);
  expect(server.complaints).toEqual([]);
  expect(Buffer.from(draft.secret)).toEqual(server.secrets.at(-1));
  return { draft, server, log: with_.log };
}

const failing = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

const named = (name: string) => ({ keyInfo: `<ds:KeyName>${name}</ds:KeyName>` });
const shared = randomBytes(16);

describe("an activation string is enrolled", () => {
  test.each<[string, Script]>([
    ["RSA with OAEP", {}],
    ["RSA with PKCS #1 1.5", { encryption: "rsa-1_5" }],
    ["AES for the PRF", { prf: "aes" }],
    ["a longer secret", { secretBytes: 32, parameters: suite("HMAC-SHA256") }],
    [
      "AES for the PRF and a longer secret",
      { prf: "aes", secretBytes: 64, parameters: suite("HMAC-SHA512") },
    ],
    [
      "a key of the user's own name",
      { ...named(CLIENT_ID), sharedKey: Buffer.from(PASSWORD), encryption: "prf-sha256" },
    ],
    ["data that the server wants back", { extensions: serverInfo("c3RhdGU=") }],
  ])("in four passes, with %s", async (_, script) => {
    const { server } = await enrollWith({ ...script, passes: 4 });
    expect(server.requests).toHaveLength(2);
    if (script.extensions)
      expect(server.requests[1]).toContain("<dskpp:Data>c3RhdGU=</dskpp:Data>");
  });

  test.each([
    ["prf-sha256", "sha256"],
    ["prf-aes-128", "aes"],
    ["kw-aes128", "sha256"],
    ["aes128-cbc", "aes"],
  ] as const)(
    "in four passes, with a shared key that is asked for and %s",
    async (encryption, prf) => {
      const askSecret = async (role: string, of: string | null) =>
        Buffer.from(role === "key" && of === "Example-Key1" ? shared.toString("hex") : "");
      await enrollWith(
        { ...named("Example-Key1"), sharedKey: shared, encryption, prf },
        services({ askSecret }),
      );
    },
  );

  test.each<[string, Script]>([
    ["AES-CBC", {}],
    ["AES key wrap", { encryption: "kw-aes128" }],
    ["AES for the PRF", { prf: "aes" }],
    [
      "AES for the PRF and a longer secret",
      { prf: "aes", secretBytes: 32, parameters: suite("HMAC-SHA256") },
    ],
    ["the server's name in its MAC", { serverId: "https://example.test/" }],
    [
      "the other namespace for derived keys",
      { derivedKeyNamespace: "http://www.w3.org/2009/xmlenc11#" },
    ],
  ])("in two passes, with %s", async (_, script) => {
    const { server } = await enrollWith({ ...script, passes: 2 });
    expect(server.requests).toHaveLength(1);
  });

  test.each<[string, Script, object]>([
    [
      "time-based",
      { parameters: format(8), secretBytes: 20 },
      { kind: "totp", digits: 8, period: 30 },
    ],
    ["event-based", { algorithm: "hotp" }, { kind: "hotp", counter: 0n }],
    [
      "challenge-response",
      { algorithm: "OCRA-1:HOTP-SHA1-6:QN08" },
      { kind: "ocra", suite: "OCRA-1:HOTP-SHA1-6:QN08" },
    ],
  ])("as a %s token", async (_, script, credential) => {
    const { draft } = await enrollWith(script);
    expect(draft).toMatchObject({
      format: "activation-string",
      credential,
      issuer: "Example",
      account: CLIENT_ID,
    });
    expect(draft.serial).toBe("987654321");
  });

  test("with the PIN policy that its key package has", async () => {
    const policy =
      '<pskc:Policy><pskc:PINPolicy MinLength="6" MaxFailedAttempts="5" PINUsageMode="Local"/></pskc:Policy>';
    const { draft } = await enrollWith({ passes: 2, policy });
    expect(draft.pin).toMatchObject({
      type: "user",
      policy: { minLength: 6, attempts: 5, required: true },
    });
  });

  test("with an authentication code in the form of RFC 6063 section 3.4.1", async () => {
    const code = `Passphrase=108${CLIENT_ID}210${PASSWORD}`;
    for (const passes of [2, 4] as const) await enrollWith({ passes }, services(), code);
  });

  test("with a passphrase in whatever form its letters have", async () => {
    const wide = [...PASSWORD]
      .map((letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0))
      .join("");
    await enrollWith({ passes: 2 }, services(), `UserID=${CLIENT_ID}\nPassphrase=${wide}`);
  });

  test("with the passphrase asked for, where the string has none", async () => {
    const askSecret = async () => Buffer.from(PASSWORD);
    for (const passes of [2, 4] as const)
      await enrollWith({ passes }, services({ askSecret }), `UserID=${CLIENT_ID}`);
  });

  test.each([2, 4] as const)("whatever the prefixes, in %i passes", async (passes) => {
    // the protocol's namespace becomes the default one, and its old prefix that of key containers
    const alter = (reply: string) =>
      reply
        .replaceAll(/(<\/?)dskpp:/g, "$1")
        .replaceAll(/(<\/?)pskc:/g, "$1dskpp:")
        .replace(' xmlns:dskpp="', ' xmlns="')
        .replace(' xmlns:pskc="', ' xmlns:dskpp="');
    await enrollWith({ passes, alter });
  });

  test("with another run, when the server says that it may succeed", async () => {
    let tries = 0;
    const alter = (reply: string) =>
      tries++ === 0 ? refusal("InitializationFailed", "Hello") : reply;
    const { server } = await enrollWith({ passes: 2, alter });
    expect(server.requests).toHaveLength(2);
    await expect(
      enrollWith({ passes: 2, alter: () => refusal("InitializationFailed", "Finished") }),
    ).rejects.toThrow(failing("rejected", /could not make a token/));
  });

  test("as HTTP wants it: posted, typed, and never cached", async () => {
    const { server } = await enrollWith({});
    for (const headers of server.headers) {
      expect(headers).toMatchObject({
        "content-type": "application/dskpp+xml",
        "cache-control": "no-cache, no-store",
        pragma: "no-cache",
      });
    }
  });

  test("with a log that tells every step and no secret", async () => {
    const { draft, server, log } = await enrollWith({});
    const text = log.join("\n");
    expect(text).toMatch(/^offer: .*user A…A \(8 characters\)/);
    expect(text).toMatch(
      /^request: POST http:\/\/127\.0\.0\.1:\d+\/selfenrollment\/dskpp\.aspx \(KeyProvClientHello, /m,
    );
    expect(text).toMatch(
      /^understood: KeyProvServerHello, Continue: totp, rsa-oaep-mgf1p, prf-sha256; key public$/m,
    );
    expect(text).toMatch(/^confirmed: totp token/m);
    const values = server.requests.flatMap((request) => [
      ...request.matchAll(/>([A-Za-z0-9+/=]{16,})</g),
    ]);
    const secrets = [...values.map(([, value = ""]) => value), PASSWORD, CLIENT_ID, "ABCDEFGHIJ"];
    expect(values.length).toBeGreaterThan(3);
    for (const secret of [...secrets, Buffer.from(draft.secret).toString("hex")])
      expect(text).not.toContain(secret);
  });
});

describeWith(
  { openssl: "openssl" },
  "an activation string is enrolled, where the server shows a certificate",
  () => {
    test("in four passes", async () => {
      const folder = mkdtempSync(join(tmpdir(), "fob-certificate-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const keyPath = join(folder, "key.pem");
      writeFileSync(keyPath, RSA.privateKey.export({ type: "pkcs8", format: "pem" }));
      const made = [
        "req",
        "-x509",
        "-key",
        keyPath,
        "-days",
        "2",
        "-subj",
        "/CN=lab",
        "-outform",
        "DER",
      ];
      const certificate = execFileSync("openssl", made, { stdio: ["ignore", "pipe", "ignore"] });
      const text = certificate.toString("base64");
      await enrollWith({
        keyInfo: `<ds:X509Data><ds:X509Certificate>${text}</ds:X509Certificate></ds:X509Data>`,
      });
    });
  },
);

describe("a trigger", () => {
  test("is followed, and what it gave goes back", async () => {
    let step = 0;
    const alter = (reply: string) => (step++ === 0 ? trigger("") : reply);
    const { server } = await enrollWith(
      { alter },
      services(),
      `UserID=somebody\nPassphrase=${PASSWORD}`,
    );
    expect(server.requests[1]).toContain("<pskc:SerialNo>987654321</pskc:SerialNo>");
    expect(server.requests[1]).toContain("<dskpp:KeyID>SE9UUDAwMDAwMDAx</dskpp:KeyID>");
    expect(server.requests[1]).toContain("<dskpp:Mac>4bRJf9xXd3KchKoTenHJiw==</dskpp:Mac>");
  });

  test("is asked for where nothing can be posted at first", async () => {
    let step = 0;
    const alter = (reply: string, _: string, response: ServerResponse) => {
      step++;
      if (step === 1) response.writeHead(405).end();
      return step === 1 ? null : step === 2 ? trigger("") : reply;
    };
    const { server } = await enrollWith({ alter });
    expect(server.requests[1]).toBe("");
  });

  test.each([
    [
      "to another server",
      "<dskpp:ServerUrl>https://elsewhere.example/</dskpp:ServerUrl>",
      "rejected",
      /another server/,
    ],
    ["without end", "", "invalid", /not the message that comes now/],
  ])("is not followed %s", async (_, url, code, message) => {
    await expect(enrollWith({ alter: () => trigger(url) })).rejects.toThrow(failing(code, message));
  });
});

describe("a trigger by https", () => {
  test.each([
    "http://a.test/",
    "https://a.test:444/",
    "https://b.test/",
    "b.test",
    "ftp://a.test/",
  ])("that leads to %s is not followed", async (elsewhere) => {
    const asked: string[] = [];
    const http: EnrollmentServices["http"] = async ({ url }) => {
      asked.push(url.href);
      const body = Buffer.from(trigger(`<dskpp:ServerUrl>${elsewhere}</dskpp:ServerUrl>`));
      return { status: 200, header: () => null, body };
    };
    await expect(enroll(new URL("https://a.test/"), services({ http }))).rejects.toThrow(
      failing("rejected", /another server/),
    );
    expect(asked).toEqual(["https://a.test/"]);
  });
});

describe("nothing is enrolled", () => {
  test.each([
    "Abort",
    "AccessDenied",
    "MalformedRequest",
    "UnknownRequest",
    "UnknownCriticalExtension",
    "UnsupportedVersion",
    "NoSupportedKeyTypes",
    "NoSupportedEncryptionAlgorithms",
    "NoSupportedMacAlgorithms",
    "NoProtocolVariants",
    "NoSupportedKeyPackages",
    "AuthenticationDataMissing",
    "AuthenticationDataInvalid",
    "InitializationFailed",
    "ProvisioningPeriodExpired",
  ])("when the server says %s", async (status) => {
    const alter = (_: string, step: string) =>
      refusal(status, step === "hello" ? "Hello" : "Finished");
    const error = await enrollWith({ alter }).catch((caught) => caught);
    expect(error).toMatchObject({ code: "rejected" });
    // one that says nothing has no name to look up
    if (status !== "Abort") expect(error.message).toContain(`(${status})`);
    expect(error.hint).not.toBeUndefined();
  });

  const finished = (change: (reply: string) => string) => (reply: string, step: string) =>
    step === "finished" ? change(reply) : reply;
  const hello = (change: (reply: string) => string) => (reply: string, step: string) =>
    step === "hello" ? change(reply) : reply;
  const other = randomBytes(32).toString("base64");

  test.each<[string, Script, string, RegExp]>([
    [
      "the MAC is wrong",
      { alter: finished((reply) => reply.replace(/(<dskpp:Mac [^>]*>)[^<]*/, `$1${other}`)) },
      "rejected",
      /its MAC is wrong/,
    ],
    [
      "the MAC is wrong in two passes",
      {
        passes: 2,
        alter: finished((reply) => reply.replace(/(<dskpp:Mac [^>]*>)[^<]*/, `$1${other}`)),
      },
      "rejected",
      /its MAC is wrong/,
    ],
    [
      "the MAC is cut off",
      { alter: finished((reply) => reply.replace(/(<dskpp:Mac [^>]*>[^<]{20})[^<]*/, "$1")) },
      "rejected",
      /its MAC is wrong/,
    ],
    [
      "another name is in the MAC",
      {
        passes: 2,
        serverId: "https://a.test/",
        alter: finished((reply) => reply.replace("https://a.test/", "https://b.test/")),
      },
      "rejected",
      /its MAC is wrong/,
    ],
    [
      "the wrong passphrase opens it",
      { passes: 2, wrapUnder: "another one" },
      "rejected",
      /does not open what the server sent/,
    ],
    [
      "the secret is in the clear",
      {
        passes: 2,
        alter: (reply) =>
          reply.replace(
            /<pskc:EncryptedValue>.*<\/pskc:ValueMAC>/,
            "<pskc:PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</pskc:PlainValue>",
          ),
      },
      "invalid",
      /does not protect/,
    ],
    [
      "four passes carry a secret",
      {
        alter: finished((reply) =>
          reply.replace(
            "<pskc:Data></pskc:Data>",
            "<pskc:Data><pskc:Secret><pskc:PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</pskc:PlainValue></pskc:Secret></pskc:Data>",
          ),
        ),
      },
      "invalid",
      /holds a secret/,
    ],
    [
      "the nonce is short",
      { alter: hello((reply) => reply.replace(/(<dskpp:Nonce>)[^<]*/, "$1MTIzNA==")) },
      "invalid",
      /nonce has 4 bytes/,
    ],
    [
      "the session has no name",
      { alter: hello((reply) => reply.replace(/SessionID="\w+"/, "")) },
      "invalid",
      /no SessionID/,
    ],
    [
      "the session is another one",
      { alter: finished((reply) => reply.replace(/SessionID="\w+"/, 'SessionID="x"')) },
      "invalid",
      /another session/,
    ],
    [
      "the version is another one",
      { alter: (reply) => reply.replace('Version="1.0" Status', 'Version="2.0" Status') },
      "invalid",
      /Version/,
    ],
    [
      "an algorithm was not offered",
      { encryption: "tripledes-cbc" },
      "invalid",
      /EncryptionAlgorithm was not offered/,
    ],
    [
      "the kind of token was not offered",
      { keyType: "securid" },
      "invalid",
      /KeyType was not offered/,
    ],
    [
      "the MAC is of another algorithm",
      { alter: finished((reply) => reply.replace(PRF_IDS.sha256, PRF_IDS.aes)) },
      "invalid",
      /another algorithm/,
    ],
    ["key and algorithm do not fit", { encryption: "kw-aes128" }, "invalid", /needs a shared one/],
    [
      "an extension is critical",
      {
        extensions: serverInfo("c3Q=")
          .replace("<dskpp:Extension ", '<dskpp:Extension Critical="true" ')
          .replace("ServerInfoType", "OtherType"),
      },
      "invalid",
      /critical extension/,
    ],
    [
      "the last message comes first, without a key",
      { alter: hello(() => envelope("Finished", 'Status="Success"', [])) },
      "invalid",
      /no KeyContainer/,
    ],
    [
      "the first message comes twice",
      { alter: repeat() },
      "invalid",
      /not the message that comes now/,
    ],
    [
      "it succeeds too early",
      { alter: hello((reply) => reply.replace("Continue", "Success")) },
      "invalid",
      /Success is no Status/,
    ],
    [
      "it never ends",
      { alter: finished((reply) => reply.replace("Success", "Continue")) },
      "invalid",
      /Continue is no Status/,
    ],
    [
      "the status is none",
      { alter: () => refusal("Maybe", "Hello") },
      "invalid",
      /"Maybe", which there is not/,
    ],
    [
      "the reply is cut off",
      { alter: hello((reply) => reply.slice(0, -40)) },
      "invalid",
      /broken XML/,
    ],
    [
      "the reply has a document type",
      { alter: (reply) => reply.replace("?>", "?><!DOCTYPE x>") },
      "invalid",
      /document type/,
    ],
    [
      "the reply is a page",
      { alter: () => "<html><body>Welcome</body></html>" },
      "invalid",
      /not a message of DSKPP/,
    ],
    [
      "the namespace is another one",
      { alter: (reply) => reply.replace('keyprov:dskpp"', 'keyprov:ct-kip"') },
      "invalid",
      /not a message of DSKPP/,
    ],
    [
      "a part is in another namespace",
      {
        alter: hello((reply) =>
          reply
            .replace("<dskpp:Nonce>", '<x:Nonce xmlns:x="urn:x">')
            .replace("</dskpp:Nonce>", "</x:Nonce>"),
        ),
      },
      "invalid",
      /nonce is missing/,
    ],
    [
      "a prefix is not declared",
      {
        alter: (reply) =>
          reply
            .replace("<dskpp:KeyType>", "<y:KeyType>")
            .replace("</dskpp:KeyType>", "</y:KeyType>"),
      },
      "invalid",
      /does not declare/,
    ],
    [
      "the key is protected in a way that was not offered",
      { passes: 2, alter: (reply) => reply.replace("dskpp:passphrase-wrap<", "dskpp:wrap<") },
      "invalid",
      /protects the key in a way that was not offered/,
    ],
    [
      "a policy is not known",
      { policy: "<pskc:Policy><pskc:Moon/></pskc:Policy>" },
      "invalid",
      /must not be used/,
    ],
    [
      "there are two tokens",
      {
        alter: finished((reply) => reply.replace(/<pskc:KeyPackage>.*<\/pskc:KeyPackage>/, "$&$&")),
      },
      "invalid",
      /2 tokens/,
    ],
  ])("when %s", async (_, script, code, message) => {
    await expect(enrollWith(script)).rejects.toThrow(failing(code, message));
  });

  test.each([512, 1_024, 2_040])(
    "when the server's key of RSA has %i bits",
    async (modulusLength) => {
      const { publicKey } = generateKeyPairSync("rsa", { modulusLength });
      await expect(enrollWith({ keyInfo: rsaKeyInfo(publicKey) })).rejects.toThrow(
        failing("invalid", new RegExp(`has ${modulusLength} bits: 2048 to 8192 are possible`)),
      );
    },
  );

  test("when the server's key of RSA is longer than anybody's", async () => {
    const n = randomBytes(1_025).fill(0xff, 0, 1).toString("base64url");
    const huge = createPublicKey({ key: { kty: "RSA", n, e: "AQAB" }, format: "jwk" });
    await expect(enrollWith({ keyInfo: rsaKeyInfo(huge) })).rejects.toThrow(
      failing("invalid", /has 8200 bits/),
    );
  });

  test("when a short passphrase is to encrypt the nonce", async () => {
    const script = {
      ...named(CLIENT_ID),
      encryption: PRF_IDS.sha256.slice(PRF_IDS.sha256.lastIndexOf(":") + 1),
    };
    const error = enrollWith(script, services(), `UserID=${CLIENT_ID}\nPassphrase=12345678`);
    await expect(error).rejects.toThrow(failing("invalid", /has 64 bits/));
  });

  test("when an earlier run is replayed", async () => {
    const replies: string[] = [];
    await enrollWith({ alter: (reply) => replies[replies.push(reply) - 1] ?? "" });
    await expect(enrollWith({ alter: () => replies.shift() ?? "" })).rejects.toThrow(
      failing("rejected", /its MAC is wrong/),
    );
  });

  test.each<[string, (response: ServerResponse) => unknown, string, RegExp]>([
    [
      "refuses",
      (response) => response.writeHead(403).end(),
      "rejected",
      /refuses to enroll \(HTTP 403\)/,
    ],
    ["does not understand", (response) => response.writeHead(400).end(), "rejected", /HTTP 400/],
    [
      "is not there",
      (response) => response.writeHead(404).end(),
      "rejected",
      /does not enroll at this address \(HTTP 404\)/,
    ],
    ["has a failure", (response) => response.writeHead(503).end(), "unavailable", /HTTP 503/],
    ["hangs up", (response) => response.destroy(), "unavailable", /./],
    [
      "sends us elsewhere",
      (response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
      "rejected",
      /./,
    ],
    ["never ends", endless, "unavailable", /./],
  ])("when the server %s", async (_, answer, code, message) => {
    const url = await webServer((request, response) => {
      request.resume();
      answer(response);
    });
    await expect(enroll(url)).rejects.toThrow(failing(code, message));
  });

  test("when http would leave this machine", async () => {
    await expect(enroll(new URL("http://192.0.2.1/"))).rejects.toThrow(failing("rejected", /./));
  });

  test("whatever the server says", async () => {
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const http = async () => ({ status: 200, header: () => null, body: Buffer.from(bytes) });
      await expect(enroll(new URL("https://a.test/"), services({ http }))).rejects.toBeInstanceOf(
        FobError,
      );
    });
    await fc.assert(property, { numRuns: 50 });
  });
});

/** A message of the server that sends us to an address. */
function trigger(url: string): string {
  return envelope("Hello", "", [])
    .replaceAll("KeyProvServerHello", "KeyProvTrigger")
    .replace(
      "></dskpp:KeyProvTrigger>",
      [
        "><dskpp:InitializationTrigger><dskpp:DeviceIdentifierData><dskpp:DeviceId>",
        "<pskc:Manufacturer>ACME</pskc:Manufacturer><pskc:SerialNo>987654321</pskc:SerialNo>",
        "</dskpp:DeviceId></dskpp:DeviceIdentifierData><dskpp:KeyID>SE9UUDAwMDAwMDAx</dskpp:KeyID>",
        `<dskpp:AuthenticationData><dskpp:ClientID>${CLIENT_ID}</dskpp:ClientID><dskpp:AuthenticationCodeMac>`,
        "<dskpp:IterationCount>512</dskpp:IterationCount><dskpp:Mac>4bRJf9xXd3KchKoTenHJiw==</dskpp:Mac>",
        `</dskpp:AuthenticationCodeMac></dskpp:AuthenticationData>${url}`,
        "</dskpp:InitializationTrigger></dskpp:KeyProvTrigger>",
      ].join(""),
    );
}

function suite(name: string): string {
  return `<pskc:AlgorithmParameters><pskc:Suite>${name}</pskc:Suite></pskc:AlgorithmParameters>`;
}

function format(digits: number): string {
  return `<pskc:AlgorithmParameters><pskc:ResponseFormat Length="${digits}" Encoding="DECIMAL"/></pskc:AlgorithmParameters>`;
}

function serverInfo(data: string): string {
  const type =
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="dskpp:ServerInfoType"';
  return `<dskpp:Extensions><dskpp:Extension ${type}><dskpp:Data>${data}</dskpp:Data></dskpp:Extension></dskpp:Extensions>`;
}

function repeat() {
  let first = "";
  return (reply: string, step: string) => {
    first = step === "hello" ? reply : first;
    return first;
  };
}

function endless(response: ServerResponse): void {
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536, "x"))) void 0;
  };
  response.on("drain", more);
  more();
}
