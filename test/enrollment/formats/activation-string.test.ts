import { describe, expect, test } from "vitest";
import { identify, recognize, recognizeOnline } from "#enrollment/recognize.ts";

const LINES =
  "EnrollmentURL=https://se.example.test/selfenrollment/dskpp.aspx?sc=ABCDEFGHIJ\nUserID=ann\nPassphrase=1?>34";
const STRING = Buffer.from(LINES).toString("base64");

const values = (text: string) =>
  Object.fromEntries((recognizeOnline(text)?.fields ?? []).map(({ name, value }) => [name, value]));

const EXPECTED = {
  server: "se.example.test",
  EnrollmentURL: "https://se.example.test/selfenrollment/dskpp.aspx?sc=ABCDEFGHIJ",
  UserID: "ann",
  Passphrase: "1?>34",
};

describe("an activation string", () => {
  test.each([
    ["as it is made", STRING],
    ["without its padding", STRING.replace(/=+$/, "")],
    ["wrapped by a mail program", STRING.replace(/.{20}/g, "$&\r\n  ")],
    [
      "with CRLF, other cases and another order",
      encode(
        "passphrase=1?>34\r\nUSERID = ann\r\nenrollmentUrl=https://se.example.test/selfenrollment/dskpp.aspx?sc=ABCDEFGHIJ\r\n",
      ),
    ],
    ["in the URL-safe alphabet", STRING.replaceAll("+", "-").replaceAll("/", "_")],
    ["in a link, as it is", `mobilepassplus://autoenrollment?str=${STRING}`],
    [
      "in a link, percent-encoded",
      `MobilePASSplus://autoenrollment?str=${encodeURIComponent(STRING)}`,
    ],
    [
      "in a link with something before and after",
      `mobilepassplus://autoenrollment?v=1&str=${STRING}&x=2#top`,
    ],
  ])("is read %s", (_, text) => {
    expect(identify(text)?.id).toBe("activation-string");
    expect(values(text)).toEqual(EXPECTED);
  });

  test("keeps a plus a plus in a link", () => {
    const lines =
      "EnrollmentURL=https://a.test/\nUserID=\u00fb\u00fb\u00fe\u00fe>>>???\nPassphrase=~~~~";
    const string = encode(lines);
    expect(string).toMatch(/\+/);
    expect(values(`mobilepassplus://autoenrollment?str=${string}`)["UserID"]).toBe(
      "\u00fb\u00fb\u00fe\u00fe>>>???",
    );
  });

  test("hides the passphrase and the address, which is a password as well", () => {
    const secret = recognizeOnline(STRING)?.fields.filter(({ isSecret }) => isSecret);
    expect(secret?.map(({ name }) => name)).toEqual(["EnrollmentURL", "Passphrase"]);
  });

  test.each([
    ["no address", "UserID=ann\nEnrollmentURL=", /EnrollmentURL is missing/],
    ["no web address", "EnrollmentURL=ftp://a.test/", /not the address of a web server/],
    ["no address at all", "EnrollmentURL=se.example", /not the address of a web server/],
    ["two users", "EnrollmentURL=https://a.test\nUserID=a\nUserID=b", /UserID is given twice/],
  ])("with %s is refused", (_, lines, message) => {
    expect(() => recognizeOnline(encode(lines))).toThrow(
      expect.objectContaining({ code: "invalid", message: expect.stringMatching(message) }),
    );
  });

  test("with an odd line, a missing one or no TLS is read, and says so", () => {
    const online = recognizeOnline(encode("EnrollmentURL=http://a.test/x\nPolicy=9\nUserID=ann"));
    expect(online?.findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      "info unknown-line",
      "warning server-insecure",
      "warning line-missing",
      "info enrolled-online",
    ]);
  });

  test.each([
    "127.0.0.1",
    "localhost",
    "[::1]",
    "127.0.0.1.example.test",
    "localhost.example.test",
  ])("warns of http at %s unless that is this machine", (host) => {
    const online = recognizeOnline(encode(`EnrollmentURL=http://${host}/`));
    const isWarned = online?.findings.some(({ code }) => code === "server-insecure");
    expect(isWarned).toBe(host.includes("example"));
  });

  test("may say the same twice, and not without end", () => {
    expect(values(encode(`${LINES}\nUserID=ann`))).toEqual(EXPECTED);
    expect(identify(encode(`${LINES}\n${"x".repeat(16 * 1024)}`))?.id).not.toBe(
      "activation-string",
    );
  });

  test("holds no token by itself", async () => {
    await expect(recognize(STRING)).rejects.toThrow(
      expect.objectContaining({ code: "unavailable" }),
    );
  });

  test("is not seen in other Base64", () => {
    expect(identify(encode("Hello, this is some other text"))?.id).not.toBe("activation-string");
    expect(recognizeOnline("otpauth://totp/x?secret=MFRGGZDFMZTWQ2LK")).toBeNull();
  });
});

function encode(lines: string): string {
  return Buffer.from(lines, "utf8").toString("base64");
}
