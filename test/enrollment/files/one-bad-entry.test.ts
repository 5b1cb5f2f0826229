import fc from "fast-check";
import { PbfWriter } from "pbf";
import { describe, expect, test } from "vitest";
import { recognize, recognizeEach } from "#enrollment/recognize.ts";
import { caseFile, readText } from "./reading.ts";
import * as samples from "./samples.ts";

/** Every JSON file of an app, and where its list stands. */
const FILES: readonly (readonly [string, string, readonly string[]])[] = [
  ["Aegis", samples.aegisPlain, ["db", "entries"]],
  ["2FAS", samples.twoFas, ["services"]],
  ["andOTP", samples.andOtp, []],
  ["FreeOTP+", samples.freeOtpPlus, ["tokens"]],
  ["Raivo", samples.raivo, []],
  ["Stratum", samples.stratum, ["Authenticators"]],
  ["Bitwarden", samples.bitwardenJson, ["items"]],
  ["Proton Authenticator", samples.proton, ["entries"]],
];

describe("each entry of a file stands alone", () => {
  test.each([
    ["aegis-one-bad.json", "Aegis", "Bad:bob: info.secret is missing"],
    ["bitwarden-one-bad.json", "Bitwarden", "Bad:bob: login.totp is not what it should be"],
    ["freeotpplus-one-bad.json", "FreeOTP+", "Bad:bob: secret is missing"],
  ])("%s gives the good entry, and the reason for the other", async (name, app, refusal) => {
    const content = await readText(caseFile(name));
    expect(content.app).toBe(app);
    expect(content.drafts).toMatchObject([{ issuer: "Good", account: "ann" }]);
    expect(content.drafts[0]?.secret).toEqual(Buffer.from("12345678901234567890"));
    expect(content.refusals).toEqual([refusal]);
  });

  test.each(FILES)("whatever one entry of %s is, the others are read", async (app, file, path) => {
    const whole = await readText(file);
    expect(whole.refusals).toEqual([]);
    const odd = fc.oneof(fc.jsonValue(), fc.constant(undefined));
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), odd, async (at, place, value) => {
        const content = JSON.parse(file);
        const list = path.reduce((holder, key) => holder[key], content);
        // entries without a one-time password are no tokens
        const index = at % whole.drafts.length;
        const holders: [Record<string, unknown>, string][] = [[list, String(index)]];
        JSON.stringify(list[index], function (key, inner) {
          if (key !== "") holders.push([this, key]);
          return inner;
        });
        const [holder, key] = holders[place % holders.length] ?? [list, "0"];
        // a list keeps its length
        holder[key] = value ?? null;
        const read = await readText(JSON.stringify(content));
        expect(read.app).toBe(app);
        const others = whole.drafts.filter((_, i) => i !== index);
        const secrets = read.drafts.map(({ secret }) => secret);
        for (const { secret } of others) expect(secrets).toContainEqual(secret);
        expect(read.drafts.length + read.refusals.length).toBeGreaterThanOrEqual(others.length);
      }),
      { numRuns: 60 },
    );
  });

  test("whatever one entry of a migration code is, the others are read", async () => {
    const good = (name: string) => {
      const writer = new PbfWriter();
      writer.writeBytesField(1, Buffer.from("12345678901234567890"));
      writer.writeStringField(2, name);
      return writer.finish();
    };
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (odd) => {
        const writer = new PbfWriter();
        for (const entry of [good("ann"), odd, good("bob")]) writer.writeBytesField(1, entry);
        const data = Buffer.from(writer.finish()).toString("base64");
        const code = `otpauth-migration://offline?data=${encodeURIComponent(data)}`;
        const { tokens, refusals } = await recognizeEach(code);
        expect(tokens.map(({ account }) => account)).toEqual(
          expect.arrayContaining(["ann", "bob"]),
        );
        expect(tokens.length + refusals.length).toBe(3);
      }),
    );
  });

  test("an entry of a migration code that ends before its secret does is refused", async () => {
    const data = Buffer.from("0a030a7f41", "hex").toString("base64");
    const code = `otpauth-migration://offline?data=${encodeURIComponent(data)}`;
    await expect(recognize(code)).rejects.toMatchObject({
      code: "invalid",
      message: "the entry ends before its data does",
    });
  });
});
