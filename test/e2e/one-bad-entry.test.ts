import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PbfWriter } from "pbf";
import { describe, expect, test } from "vitest";
import { caseFile } from "../enrollment/files/reading.ts";
import { testHome } from "./fob.ts";

/** A migration code of two tokens, the second of which has an algorithm that nobody knows. */
function halfBadCode(): string {
  const writer = new PbfWriter();
  for (const [name, algorithm] of [
    ["Good:ann", 1],
    ["Bad:bob", 9],
  ] as const) {
    const entry = new PbfWriter();
    entry.writeBytesField(1, Buffer.from("12345678901234567890"));
    entry.writeStringField(2, name);
    entry.writeVarintField(4, algorithm);
    writer.writeBytesField(1, entry.finish());
  }
  const data = Buffer.from(writer.finish()).toString("base64");
  return `otpauth-migration://offline?data=${encodeURIComponent(data)}`;
}

describe("one bad entry", () => {
  test.each(["aegis-one-bad.json", "bitwarden-one-bad.json", "freeotpplus-one-bad.json"])(
    "of %s is named by import, and the other one is taken",
    async (name) => {
      const { home, fob } = testHome();
      const file = join(home, name);
      writeFileSync(file, caseFile(name));
      const outcome = await fob(["import", file, "--json"]);
      expect(outcome.exitCode).toBe(0);
      expect(JSON.parse(outcome.stdout)).toMatchObject([{ issuer: "Good", account: "ann" }]);
      expect(outcome.stderr).toContain("left out: Bad:bob: ");
      const at = ["--at", "1970-01-01T00:00:59Z"];
      expect((await fob(["code", "Good", ...at])).stdout).toBe("287082\n");
    },
  );

  test("of a migration code is named by enroll (6), and the other one is enrolled", async () => {
    const { fob } = testHome();
    const outcome = await fob(["enroll", "-"], { input: halfBadCode() });
    expect(outcome).toMatchObject({
      exitCode: 6,
      stdout: expect.stringContaining("enrolled Good"),
      stderr: expect.stringContaining("fob: Bad:bob: algorithm 9 "),
    });
    expect(JSON.parse((await fob(["list", "--json"])).stdout)).toHaveLength(1);
  });

  test("of a migration code is shown by inspect beside the other one", async () => {
    const { fob } = testHome();
    const outcome = await fob(["inspect", "-", "--json"], { input: halfBadCode() });
    expect(outcome.exitCode).toBe(0);
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      enrollable: true,
      tokens: [{ account: "ann" }],
      findings: expect.arrayContaining([
        {
          severity: "error",
          code: "entry-refused",
          message: expect.stringMatching(/^Bad:bob: algorithm 9 /),
        },
      ]),
    });
  });
});
