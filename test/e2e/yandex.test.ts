import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { testHome } from "./fob.ts";

const SECRET = "6SB2IKNM6OBZPAVBVTOHDKS4FAAAAAAADFUTQMBTRY";
const URI = `otpauth://yaotp/ann@yandex.ru?secret=${SECRET}&name=ann&track_id=7d60&uid=426326064`;
const AT = ["--at", "@1641559648"];
const env = { FOB_PIN: "5239" };

describe("a token of Yandex", () => {
  test("gives the published passcode for its PIN, and none without", async () => {
    const { fob } = testHome();
    const enrolled = await fob(["enroll", "--name", "ya", "-"], { input: URI });
    expect(enrolled).toMatchObject({ exitCode: 0, stderr: "" });
    const { stdout } = await fob(["code", "ya", ...AT, "--json"], { env });
    expect(JSON.parse(stdout)).toMatchObject({
      code: "umozdicq",
      kind: "yandex",
      validFrom: "2022-01-07T12:47:00.000Z",
      validUntil: "2022-01-07T12:47:30.000Z",
    });
    expect((await fob(["code", "ya", ...AT], { env: { FOB_PIN: "5238" } })).stdout).not.toContain(
      "umozdicq",
    );
    expect((await fob(["code", "ya"])).exitCode).toBe(5);
    expect((await fob(["code", "--all"])).stderr).toContain("left out 1 token");
    expect(JSON.parse((await fob(["show", "ya", "--json"])).stdout)).toMatchObject({
      kind: "yandex",
      algorithm: "SHA256",
      digits: 8,
      alphabet: "lowercase",
      period: 30,
    });
    const verified = await fob(["verify", "ya", "umozdicq", "--at", "@1641559708", "--json"], {
      env,
    });
    expect(JSON.parse(verified.stdout)).toMatchObject({ match: true, offset: -2 });
    expect(await fob(["verify", "ya", "umozdi", ...AT], { env })).toMatchObject({ exitCode: 2 });
  });

  test("is shown without a passcode, and without the PIN that its string carries", async () => {
    const { fob } = testHome();
    const { stdout } = await fob(["inspect", "-", "--json"], { input: `${URI}&pin=GUZDGOI` });
    expect(JSON.parse(stdout)).toMatchObject({
      enrollable: true,
      tokens: [{ kind: "yandex", code: null }],
    });
    expect(JSON.parse(stdout).findings.map(({ code }: { code: string }) => code)).toEqual([
      "pin-in-string",
      "secret-below-recommended",
      "yandex",
      // one for each of the two drafts
      "draft-departure",
      "draft-departure",
    ]);
    expect(stdout).not.toContain("GUZDGOI");
  });

  test.each([
    ["a mistyped secret", URI.replace("RY&", "RA&"), "the checksum of secret does not fit"],
    ["a short secret", "otpauth://yaotp/ann?secret=GEZDGNBVGY3TQOJQ", "secret has 10 bytes"],
    ["other digits", `${URI}&digits=6`, 'digits is "6"'],
    ["another period", `${URI}&period=60`, 'period is "60"'],
  ])("is refused with %s", async (_, input, message) => {
    const outcome = await testHome().fob(["enroll", "-"], { input });
    expect(outcome).toMatchObject({ exitCode: 6, stderr: expect.stringContaining(message) });
  });

  test("comes back from a backup and a string, and what cannot hold it says so", async () => {
    const [from, viaString, viaBackup] = [testHome(), testHome(), testHome()];
    await from.fob(["enroll", "-"], { input: URI });
    const name = "ann@yandex.ru";
    const { stdout } = await from.fob(["export"]);
    expect((await viaString.fob(["enroll", "-"], { input: stdout })).exitCode).toBe(0);
    const file = join(from.home, "tokens.age");
    const passphrase = { env: { FOB_PIN: "a long passphrase of words" } };
    expect((await from.fob(["backup", file], passphrase)).exitCode).toBe(0);
    expect((await viaBackup.fob(["restore", file], passphrase)).exitCode).toBe(0);
    for (const { fob } of [viaString, viaBackup])
      expect((await fob(["code", name, ...AT], { env })).stdout).toBe("umozdicq\n");
    for (const [format = "", ...more] of [
      ["aegis", "--unencrypted"],
      ["pskc", "--unencrypted"],
      ["privacyidea", "--unencrypted"],
      ["migration"],
    ])
      expect(await from.fob(["export", "--format", format, ...more])).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining(name),
      });
  });
});
