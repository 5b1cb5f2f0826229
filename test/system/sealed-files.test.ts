import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readAppFile } from "#enrollment/files/read-file.ts";
import { decodeBase32 } from "#token/base32.ts";
import { PASSWORD, SEALED } from "../enrollment/files/sealed/sealed-samples.ts";
import { DEBIAN_PYTHON, describeWith } from "../requires.ts";

const SEAL = fileURLToPath(new URL("../enrollment/files/sealed/seal.py", import.meta.url));

const REQUIREMENTS = {
  "python3:argon2": "python3-argon2",
  "python3:cryptography": "python3-cryptography",
  "python3:nacl": "python3-nacl",
};

/** The costs that OTPClient has without being told others. */
const usual = { ...SEALED.find(({ name }) => name === "otpclient-3"), name: "otpclient-real" };

describeWith(REQUIREMENTS, "what libsodium, libargon2 and OpenSSL encrypt", () => {
  test.each([...SEALED, usual as (typeof SEALED)[number]])(
    "in the form of $name is read",
    { timeout: 60_000 },
    async ({ name, app, plain, tokens }) => {
      const { stdout, stderr, status } = spawnSync(DEBIAN_PYTHON, [SEAL, name, PASSWORD], {
        input: plain,
      });
      expect({ stderr: stderr.toString(), status }).toEqual({ stderr: "", status: 0 });
      const content = await readAppFile(stdout, "export.file", {
        askSecret: async () => Buffer.from(PASSWORD),
        readQrCodes: async () => [],
      });
      expect([content.app, content.refusals]).toEqual([app, []]);
      expect(content.drafts.map(({ secret }) => secret)).toEqual(
        tokens.map(({ secret }) => decodeBase32(secret)),
      );
    },
  );
});
