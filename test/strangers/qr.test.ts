import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RFC_SECRET, testHome } from "../e2e/fob.ts";
import { describeWith } from "../requires.ts";

const SUITE = encodeURIComponent("OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1");

/** Short, long, with letters of other languages, and of another kind. */
const URIS = [
  `otpauth://totp/a?secret=${RFC_SECRET}`,
  `otpauth://totp/Söhne%20%26%20Co:${encodeURIComponent("安@acme.test")}?secret=${RFC_SECRET.repeat(8)}&issuer=Söhne%20%26%20Co&digits=8`,
  `otpauth://ocra/bank:ann?secret=${RFC_SECRET}&suite=${SUITE}&counter=7&issuer=bank`,
];

describeWith({ zbarimg: "zbar-tools" }, "what fob draws", () => {
  test("zbarimg reads", async () => {
    const { fob, home } = testHome();
    for (const [i, order] of [["totp"], ["hotp", "--bits", "512"]].entries()) {
      const file = join(home, `${i}.png`);
      const about = ["--issuer", "Söhne & Co", "--account", "ann", "--qr", file];
      const { stdout } = await fob(["provision", ...order, ...about]);
      expect(zbar(file)).toBe(stdout);
    }
  });

  test("zbarimg reads, of a migration code", async () => {
    const { fob, home } = testHome();
    await fob(["enroll", "-"], { input: URIS.slice(0, 2).join("\n") });
    const file = join(home, "all.png");
    const options = ["--format", "migration", "--qr", file];
    const { stdout } = await fob(["export", ...options]);
    expect(zbar(file)).toMatch(/^otpauth-migration:\/\/offline\?data=/);
    expect(stdout).not.toBe("");
  });
});

describeWith({ qrencode: "qrencode" }, "what qrencode draws", () => {
  test.each(["L", "M", "Q", "H"])("with error correction %s fob reads", async (level) => {
    const { fob, home } = testHome();
    for (const [i, uri] of URIS.entries()) {
      const file = join(home, `${i}.png`);
      execFileSync("qrencode", ["-l", level, "-o", file], { input: uri });
      expect(await fob(["enroll", "--qr", file])).toMatchObject({ exitCode: 0 });
    }
    expect(JSON.parse((await fob(["list", "--json"])).stdout)).toHaveLength(URIS.length);
  });
});

function zbar(file: string): string {
  return execFileSync("zbarimg", ["--quiet", "--raw", file], { encoding: "utf8", stdio: "pipe" });
}
