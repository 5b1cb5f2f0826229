import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { testHome } from "./fob.ts";
import { PEAK_KIB } from "./peak-memory.ts";

const MEBIBYTE = 2 ** 20;
/** Just what is still read: everything larger is refused by its size. */
const SIZE = 7.9 * MEBIBYTE;
const fill = (text: string) => text.repeat(Math.ceil(SIZE / text.length));

/** Runs the program with this file and tells the most memory that it held, in MiB. */
async function readHuge(args: readonly string[], content: string) {
  const { fob, home } = testHome();
  const [file, peak] = [join(home, "huge"), join(home, "peak")];
  writeFileSync(file, content);
  const report = `process.on("exit", () => fs.writeFileSync(${JSON.stringify(peak)}, String(${PEAK_KIB})))`;
  const module = `data:text/javascript,${encodeURIComponent(`import fs from "node:fs"; ${report}`)}`;
  const input = args.includes("-") ? { input: content } : {};
  const env = { NODE_OPTIONS: `--import=${module}`, FOB_PIN: "whatever it is" };
  const outcome = await fob([...args, ...(args.includes("-") ? [] : [file])], { ...input, env });
  return { ...outcome, mebibytes: Number(readFileSync(peak, "utf8")) / 1024 };
}

describe("megabytes of nonsense", () => {
  test.each([["import"], ["inspect"], ["enroll", "-"]])(
    "beyond all that is read, given to %s %s",
    async (...args) => {
      const outcome = await readHuge(args, "A".repeat(10 * MEBIBYTE));
      expect(outcome).toMatchObject({
        exitCode: 6,
        stdout: "",
        stderr: expect.stringContaining("is larger than 8 MiB"),
      });
    },
  );

  test.each([
    ["a line without an end", fill("A")],
    ["many lines", fill("otpauth://totp/x?secret=!\n")],
    ["a Key URI with a long secret", `otpauth://totp/x?secret=${fill("GEZDGNBV")}`],
    ["a Key URI with many parameters", `otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&${fill("a=b&")}`],
    ["a migration code", `otpauth-migration://offline?data=${fill("CgCg")}`],
    ["JSON that never closes", fill("[")],
    ["JSON with a long string", `{"services":["${fill("[\\\\")}`],
    ["JSON that never ends", `{"services":[${fill('{"a":[{"b":1}]},')}`],
    [
      "JSON of a known shape",
      `{"services":[${fill('{"name":"x","secret":"!","otp":{}},').slice(0, -1)}],"schemaVersion":4}`,
    ],
    [
      "XML that never closes",
      `<?xml version="1.0"?><KeyContainer xmlns="urn:ietf:params:xml:ns:keyprov:pskc">${fill("<a>")}`,
    ],
    [
      "XML with many attributes",
      `<KeyContainer xmlns="urn:ietf:params:xml:ns:keyprov:pskc" ${Array.from({ length: 500_000 }, (_, i) => `a${i}="1"`).join(" ")}/>`,
    ],
    [
      "a key container with many keys",
      `<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc">${fill("<KeyPackage><Key/></KeyPackage>")}</KeyContainer>`,
    ],
    ["CSV", `name,login_totp\n${fill("a,b\n")}`],
    ["CSV with an open quote", `name,login_totp\n"${fill("a")}`],
  ])("%s is refused in time and within its memory", async (_, content) => {
    for (const args of [["import"], ["inspect"], ["enroll", "-"]]) {
      const start = performance.now();
      const { exitCode, stdout, stderr, mebibytes } = await readHuge(args, content);
      expect({ args, exitCode, stderr: stderr.slice(0, 2_000) }).toMatchObject({
        args,
        exitCode: 6,
      });
      expect(stdout.length + stderr.length).toBeLessThan(4_000);
      expect({ args, isSmall: mebibytes < 256 ? true : mebibytes }).toEqual({
        args,
        isSmall: true,
      });
      expect(performance.now() - start).toBeLessThan(20_000);
    }
  });
});
