import { createHash, pbkdf2Sync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { recognize } from "#enrollment/recognize.ts";
import { decodeBase32 } from "#token/base32.ts";

const SERVER_PART = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const URI = `otpauth://totp/privacyIDEA:TOTP1?secret=${SERVER_PART}&issuer=privacyIDEA&digits=6&period=30`;

async function enroll(uri: string) {
  const [draft] = await recognize(uri);
  if (!draft?.clientPart) throw new Error("no two-step token came of it");
  const bytes = decodeBase32(draft.clientPart);
  if (!Buffer.isBuffer(bytes)) throw new Error("the client's part is not Base32");
  return { draft, checksum: bytes.subarray(0, 4), part: bytes.subarray(4) };
}

describe("a two-step enrollment of privacyIDEA", () => {
  test.each([
    ["&2step_salt=8&2step_output=20&2step_difficulty=10000", 8, 20, 10_000],
    ["&2step_salt=12&2step_output=32&2step_difficulty=5", 12, 32, 5],
    ["&2step_difficulty=777&algorithm=SHA256", 8, 32, 777],
    ["&2step_output=16", 8, 16, 10_000],
    ["&2step_salt=64&2step_output=64&2step_difficulty=1", 64, 64, 1],
    ["&2step_salt=1", 1, 20, 10_000],
    ["&2step_salt=256&2step_difficulty=1000000", 256, 20, 1_000_000],
  ])("%s makes the secret of both parts", async (parameters, clientBytes, secretBytes, rounds) => {
    const { draft, checksum, part } = await enroll(URI + parameters);
    expect(part).toHaveLength(clientBytes);
    expect(checksum).toEqual(createHash("sha1").update(part).digest().subarray(0, 4));
    const password = Buffer.from("12345678901234567890").toString("hex");
    expect(draft.secret).toEqual(pbkdf2Sync(password, part, rounds, secretBytes, "sha1"));
    expect(draft.clientPart).toMatch(/^[A-Z2-7]+$/);
    expect(draft.findings).toContainEqual(
      expect.objectContaining({ code: "two-step", severity: "info" }),
    );
  });

  test("makes another part each time", async () => {
    const parts = await Promise.all(Array.from({ length: 5 }, () => enroll(`${URI}&2step_salt=8`)));
    expect(new Set(parts.map(({ draft }) => draft.clientPart)).size).toBe(5);
  });

  test.each([
    "2step_salt=0",
    "2step_salt=257",
    "2step_output=8",
    "2step_output=15",
    "2step_output=65",
    "2step_difficulty=0",
    "2step_difficulty=1000001",
  ])("refuses %s", async (parameter) => {
    await expect(recognize(`${URI}&${parameter}`)).rejects.toThrow(/are possible/);
  });

  test("is an ordinary token where nothing of it is said", async () => {
    expect((await recognize(URI))[0]).not.toHaveProperty("clientPart");
  });
});
