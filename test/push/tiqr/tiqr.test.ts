import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import type { HttpRequest } from "#base/http-client.ts";
import { ocra } from "#otp/ocra.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import { httpClient } from "#platform/http.ts";
import {
  isTiqrChallenge,
  parseTiqrChallenge,
  refuseOtherService,
  sendTiqrResponse,
  sessionInformation,
  type TiqrToken,
} from "#push/tiqr/tiqr.ts";
import { newlyEnrolled } from "#token/codec.ts";
import { tiqrServer } from "../tiqr-server.ts";

const SUITE = "OCRA-1:HOTP-SHA1-6:QH10-S";

function token(url = "https://tiqr.example.org/login", suite = SUITE): TiqrToken {
  return {
    ...{
      id: "0123456789abcdef",
      name: "College",
      issuer: null,
      account: null,
      serial: null,
      format: "tiqr",
    },
    credential: {
      ...{
        kind: "push",
        protocol: "tiqr",
        service: "tiqr.example.org",
        identity: "ann",
        suite,
        url,
      },
      ...{ isQuick: false, isInsecure: false },
    },
    ...newlyEnrolled(new Date(0)),
    pin: "none",
  };
}

/**
 * Of the TiQR project's server library (Tiqr_OCRAWrapperTest): question, session key, response to
 * the 32-byte secret `1234...`.
 */
const VECTORS = [
  ["0000000000", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "525367"],
  ["1111111111", "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f", "401066"],
  ["3333333333", "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f", "067878"],
  ["aaaaaaaaaa", "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f", "705436"],
  ["ffffffffff", "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "570983"],
] as const;

describe("a TiQR challenge", () => {
  test("names who, where, and which login", () => {
    expect(
      parseTiqrChallenge(
        "tiqrauth://a.b%40acme+x@TiQR.example.org/ab12/c0ffee/Example%20College/2\n",
      ),
    ).toEqual({
      ...{
        service: "tiqr.example.org",
        identity: "a.b@acme x",
        sessionKey: "ab12",
        question: "c0ffee",
      },
      place: "Example College",
    });
    expect(
      parseTiqrChallenge("tiqrauth://org.privacyidea/11083173066293349938/c0c89b5345"),
    ).toMatchObject({
      ...{
        service: "org.privacyidea",
        identity: null,
        sessionKey: "11083173066293349938",
        place: null,
      },
    });
    expect(
      parseTiqrChallenge("tiqrauth://x.test/1/2/place/2?https%3A%2F%2Freturn.test"),
    ).toMatchObject({
      place: "place",
    });
  });

  test("may be the link that opens an app", () => {
    const link = "https://eduid.test/tiqrauth/?u=ann&s=ab12&q=c0ffee&i=eduid.test&v=2";
    expect(isTiqrChallenge(link)).toBe(true);
    expect(parseTiqrChallenge(link)).toMatchObject({
      service: "eduid.test",
      identity: "ann",
      question: "c0ffee",
    });
  });

  test.each([
    "",
    "tiqrauth://",
    "tiqrauth://x.test/1",
    "tiqrauth://a@/1/2",
    "tiqrauth://%zz@x.test/1/2",
    `tiqrauth://x/1/${"2".repeat(9000)}`,
  ])("that is none is refused: %.40s", (text) => {
    expect(() => parseTiqrChallenge(text)).toThrow(expect.objectContaining({ code: "invalid" }));
  });

  test.each(VECTORS)("%s in session %s is answered with %s", (question, session, response) => {
    const challenge = parseTiqrChallenge(
      `tiqrauth://ann@tiqr.example.org/${session}/${question}/x/2`,
    );
    const inputs = {
      counter: null,
      pin: null,
      unixSeconds: null,
      secret: Buffer.from("12345678901234567890123456789012"),
    };
    const information = sessionInformation(challenge, token().credential);
    expect(
      ocra({
        suite: parseOcraSuite(SUITE),
        challenge: [challenge.question],
        session: information,
        ...inputs,
      }),
    ).toBe(response);
  });

  test("has session information where the suite asks for it, in hexadecimal", () => {
    for (const session of ["11083173066293349938g", "abc"]) {
      const challenge = parseTiqrChallenge(`tiqrauth://x.test/${session}/1`);
      expect(
        sessionInformation(
          challenge,
          token("https://x.test", "OCRA-1:HOTP-SHA1-6:QN10").credential,
        ),
      ).toBeNull();
      expect(() => sessionInformation(challenge, token().credential)).toThrow(
        expect.objectContaining({ code: "invalid" }),
      );
    }
  });

  test("of another service, or another person, is not for this token", () => {
    for (const text of [
      "tiqrauth://ann@tiqr.examp1e.org/a/1",
      "tiqrauth://bob@tiqr.example.org/a/1",
    ]) {
      expect(() => refuseOtherService(parseTiqrChallenge(text), token())).toThrow(
        expect.objectContaining({ code: "rejected" }),
      );
    }
    refuseOtherService(parseTiqrChallenge("tiqrauth://tiqr.example.org/a/1"), token());
  });
});

test("a response goes to the server of the enrollment, and over a connection that it may use", async () => {
  const challenge = parseTiqrChallenge("tiqrauth://ann@tiqr.example.org/ab12/c0ffee/x/2");
  for (const isInsecure of [false, true]) {
    const asked: HttpRequest[] = [];
    const http = async (request: HttpRequest) => {
      asked.push(request);
      return { status: 200, header: () => null, body: Buffer.from("OK") };
    };
    const { credential, ...rest } = token();
    await sendTiqrResponse(
      challenge,
      { ...rest, credential: { ...credential, isInsecure } },
      "123456",
      { http },
    );
    expect(asked).toMatchObject([
      { method: "POST", url: new URL("https://tiqr.example.org/login"), isInsecure },
    ]);
  }
});

describe("a response that the server does not take", () => {
  test.each([
    ["INVALID_CHALLENGE", "expired"],
    ["INVALID_RESPONSE:2", "2 attempts left"],
    ["INVALID_RESPONSE:1", "1 attempt left"],
    ["INVALID_RESPONSE:0", "has blocked this account"],
    ["INVALID_RESPONSE", "does not take the response"],
    ["ACCOUNT_BLOCKED", "has blocked this account"],
    ["ACCOUNT_BLOCKED:5", "for 5 min"],
    ["INVALID_REQUEST", "does not understand"],
    ["INVALID_USERID", "does not know this user"],
    ["AUTHENTICATION_FAILED", "AUTHENTICATION_FAILED"],
    ['{"responseCode":201,"attemptsLeft":2}', "2 attempts left"],
    ['{"responseCode":"201","attemptsLeft":"2"}', "2 attempts left"],
    ['{"responseCode":201,"attemptsLeft":null,"duration":null}', "does not take the response"],
    ['{"responseCode":204,"message":"Call\\u001b us"}', "this account: Call\\x1b us"],
    ['{"responseCode":202}', "does not understand"],
    ['{"responseCode":203}', "expired"],
    ['{"responseCode":204,"duration":10}', "for 10 min"],
    ['{"responseCode":204,"attemptsLeft":0,"duration":"10"}', "for 10 min"],
    ['{"responseCode":204,"attemptsLeft":3,"duration":0}', "has blocked this account", "rejected"],
    ["ACCOUNT_BLOCKED:0", "has blocked this account", "rejected"],
    ['{"responseCode":201,"attemptsLeft":1,"duration":0}', "1 attempt left"],
    ['{"responseCode":201,"attemptsLeft":-1,"duration":1.5}', "does not take the response"],
    ['{"responseCode":205}', "does not know this user"],
    ['{"responseCode":999}', "999"],
    ["OK\u001b[2J", "answers what no TiQR server does", "unavailable"],
    ["<html>OK</html>", "answers what no TiQR server does", "unavailable"],
    ["", "answers what no TiQR server does", "unavailable"],
  ])("is a failure with its own message: %s", async (verdict, words, code = "rejected") => {
    const server = await tiqrServer({ verdict });
    const challenge = server.login();
    const login = `${new URL(server.enrollment.replace("tiqrenroll://", "")).origin}/login`;
    const sent = sendTiqrResponse(parseTiqrChallenge(challenge), token(login), "123456", {
      http: httpClient("fob/test"),
    });
    await expect(sent).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
    await expect(sent).rejects.not.toMatchObject({ message: expect.stringMatching(/ 0 |-\d/) });
    expect(Object.fromEntries(server.answers[0] ?? [])).toMatchObject({
      userId: "ann",
      response: "123456",
      operation: "login",
    });
  });
});

test("a refusal is one with a status of failure, too", async () => {
  const intercept = (_: unknown, response: ServerResponse) =>
    response.writeHead(403).end("INVALID_RESPONSE:2").writableEnded;
  const server = await tiqrServer({ intercept });
  const login = `${new URL(server.enrollment.replace("tiqrenroll://", "")).origin}/login`;
  const sent = sendTiqrResponse(parseTiqrChallenge(server.login()), token(login), "123456", {
    http: httpClient("fob/test"),
  });
  await expect(sent).rejects.toMatchObject({
    code: "rejected",
    message: expect.stringContaining("2 attempts left"),
  });
});

test.each([404, 429, 500, 503])(
  "status %i is the server's trouble, whatever the body says",
  async (status) => {
    const intercept = (_: unknown, response: ServerResponse) => {
      response.writeHead(status).end("OK");
      return true;
    };
    const server = await tiqrServer({ intercept });
    const login = `${new URL(server.enrollment.replace("tiqrenroll://", "")).origin}/login`;
    const sent = sendTiqrResponse(parseTiqrChallenge(server.login()), token(login), "123456", {
      http: httpClient("fob/test"),
    });
    await expect(sent).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(String(status)),
    });
  },
);
