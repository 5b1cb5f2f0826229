import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { identify, recognize, recognizeOnline } from "#enrollment/recognize.ts";
import { httpClient } from "#platform/http.ts";
import type { EnrollmentServices } from "#token/draft/parsed-token.ts";
import { PrivacyIdeaServer } from "../privacyidea-server.ts";

const PARAMETERS =
  "url=https%3A%2F%2Fpi.example.test%2Fttype%2Fpush&ttl=10&issuer=ACME&enrollment_credential=0123abcd&v=1&serial=PIPU01&sslverify=1";
const URI = `otpauth://pipush/ann?${PARAMETERS}`;

const said = (text: string) =>
  (recognizeOnline(text)?.findings ?? []).map(({ severity, code }) => `${severity} ${code}`);

describe("a push enrollment string", () => {
  test.each([
    URI,
    URI.replace("otpauth", "pia"),
    URI.replace("otpauth://pipush/", "PIA://PIPUSH/"),
  ])("%s is known", (text) => {
    expect(identify(text)?.id).toBe("privacyidea-push");
    expect(recognizeOnline(text)).toMatchObject({
      name: "ACME",
      account: "ann",
      serial: "PIPU01",
      server: "pi.example.test",
    });
    expect(recognizeOnline(text)?.pin).toBeUndefined();
  });

  test("hides its credential, and holds no token by itself", async () => {
    const hidden = recognizeOnline(URI)?.fields.filter(({ isSecret }) => isSecret);
    expect(hidden).toEqual([
      expect.objectContaining({ name: "enrollment_credential", value: "0123abcd" }),
    ]);
    await expect(recognize(URI)).rejects.toThrow(expect.objectContaining({ code: "unavailable" }));
    expect(identify("otpauth://totp/x?secret=MFRGGZDFMZTWQ2LK")?.id).toBe("key-uri");
  });

  test.each([
    ["pin=True", true],
    ["force_app_pin=True", true],
    ["app_force_unlock=pin", false],
    ["app_force_unlock=biometric", true],
    ["app_force_unlock=any", true],
  ])("with %s wants a PIN that stays", (parameter, biometric) => {
    expect(recognizeOnline(`${URI}&${parameter}`)?.pin).toMatchObject({
      type: "user",
      policy: { required: true, biometric },
    });
  });

  test("says what it does not do", () => {
    expect(said(`${URI}&image=https://x.test/y.png&poll_only=True`)).toEqual([
      "info image-ignored",
      "info enrolled-online",
    ]);
    expect(said(URI.replace("sslverify=1", "sslverify=0"))).toEqual([
      "info certificate-checked",
      "info enrolled-online",
    ]);
    expect(said(URI.replace("https", "http"))).toEqual([
      "warning server-insecure",
      "info enrolled-online",
    ]);
    const at = (host: string) =>
      said(URI.replace("https%3A%2F%2Fpi.example.test", `http%3A%2F%2F${host}`));
    for (const host of ["127.0.0.1", "localhost", "[::1]"])
      expect(at(host)).toEqual(["info enrolled-online"]);
    for (const host of ["127.0.0.1.example.test", "localhost.example.test", "x127.example.test"])
      expect(at(host)).toEqual(["warning server-insecure", "info enrolled-online"]);
  });

  test.each([
    ["another version", URI.replace("v=1", "v=2"), /v is "2"/],
    ["no address", URI.replace(/url=[^&]*&/, ""), /url is missing/],
    [
      "the address of no web server",
      URI.replace(/url=[^&]*/, "url=ftp:x"),
      /not the address of a web server/,
    ],
    ["no serial", URI.replace("serial=PIPU01", ""), /serial is missing/],
    [
      "no credential",
      URI.replace("enrollment_credential=0123abcd", ""),
      /enrollment_credential is missing/,
    ],
    ["a strange ttl", URI.replace("ttl=10", "ttl=-1"), /ttl is "-1"/],
    ["no time at all", URI.replace("ttl=10", "ttl=0"), /ttl is "0"/],
    ["more than a year", URI.replace("ttl=10", "ttl=525601"), /ttl is "525601"/],
    [
      "an invisible part of the serial",
      URI.replace("PIPU01", "PIPU%E2%80%8B01"),
      /serial holds control characters/,
    ],
  ])("with %s is refused", (_, text, message) => {
    expect(() => recognizeOnline(text)).toThrow(
      expect.objectContaining({ code: "invalid", message: expect.stringMatching(message) }),
    );
  });
});

test("what a server answers instead of its key makes no token, and leaves no secret", {
  timeout: 120_000,
}, async () => {
  const short = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({
    format: "der",
    type: "pkcs1",
  });
  const attempts: [(server: PrivacyIdeaServer) => void, string, RegExp][] = [
    [(server) => Object.assign(server, { publicKeyText: null }), "rejected", /sent no key/],
    [
      (server) => {
        server.intercept = (_, response) => {
          const detail = { public_key: server.publicKeyText };
          response.end(JSON.stringify({ result: { status: true, value: "yes" }, detail }));
          return true;
        };
      },
      "rejected",
      /did not take the new token/,
    ],
    [
      (server) => Object.assign(server, { publicKeyText: "AAAA" }),
      "rejected",
      /the key that \S+ sent is none/,
    ],
    [
      (server) => Object.assign(server, { publicKeyText: short.toString("base64") }),
      "rejected",
      /shorter than 2048 bits/,
    ],
    [
      (server) => Object.assign(server, { credential: "another" }),
      "rejected",
      /refuses: Invalid enrollment credential/,
    ],
  ];
  await Promise.all(
    attempts.map(async ([change, code, message]) => {
      const server = await PrivacyIdeaServer.start();
      const online = recognizeOnline(server.invitation());
      change(server);
      const traced: string[] = [];
      await expect(online?.complete(services(traced))).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
      expect(traced.join()).not.toContain("0123456789abcdef");
    }),
  );
});

function services(traced: string[]): EnrollmentServices {
  return {
    http: httpClient("fob/test"),
    randomBytes: (size) => Buffer.alloc(size),
    now: () => new Date(),
    askSecret: () => Promise.reject(new Error("nothing is to be asked")),
    isInsecure: false,
    trace: (step, detail) => void traced.push(`${step}: ${detail}`),
  };
}
