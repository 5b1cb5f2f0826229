import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { testHome } from "../e2e/fob.ts";
import { DEBIAN_PYTHON, describeWith } from "../requires.ts";

/** Runs a script that reads JSON from standard input, and returns what it prints as JSON. */
function python(script: string, input: unknown) {
  const { stdout, stderr, status } = spawnSync(DEBIAN_PYTHON, ["-c", `${IMPORTS}${script}`], {
    input: JSON.stringify(input),
    encoding: "utf8",
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return JSON.parse(stdout);
}

const IMPORTS = `
import json, sys, hashlib, pyotp
given = json.load(sys.stdin)
`;

/** Reads Key URIs; prints names and passcodes. */
const READ = `
tokens = [pyotp.parse_uri(uri) for uri in given["uris"]]
print(json.dumps([[t.issuer, t.name, t.at(given["time"] if isinstance(t, pyotp.TOTP) else 0)] for t in tokens]))
`;

/** Makes tokens; prints their Key URIs and passcodes. */
const WRITE = `
tokens = [
  (pyotp.TOTP(pyotp.random_base32(), digits=d, digest=h, interval=i), {})
  for d in (6, 8) for h in (hashlib.sha1, hashlib.sha256, hashlib.sha512) for i in (30, 60)
] + [(pyotp.HOTP(pyotp.random_base32(), digits=d), {"initial_count": c}) for d in (6, 8) for c in (0, 2**40)]
print(json.dumps([
  [t.provisioning_uri(name=f"ann {n}@ä.test", issuer_name=f"ACME & Söhne {n}", **more),
   t.at(more["initial_count"]) if more else t.at(given["time"])]
  for n, (t, more) in enumerate(tokens)
]))
`;

const TIME = 1_790_000_000;

/** The option for the time, where a token has one. */
const timeOf = (kind: string | undefined) => (kind === "totp" ? ["--at", `@${TIME}`] : []);

describeWith({ "python3:pyotp": "python3-pyotp" }, "pyotp", () => {
  test("reads the Key URIs that fob writes, and gives the same passcodes", async () => {
    const { fob } = testHome();
    // pyotp decodes a URI before it takes it apart, so that a & in a name ends the name

    const orders = [
      ["totp", "--algorithm", "SHA1"],
      ["totp", "--algorithm", "SHA256", "--digits", "8", "--period", "60"],
      ["totp", "--algorithm", "SHA512", "--digits", "7"],
      ["hotp", "--digits", "8"],
    ];
    const account = "ann+ä@acme.test";
    const uris: string[] = [];
    for (const [i, order] of orders.entries()) {
      const about = ["--issuer", `Söhne ${i}`, "--account", account];
      uris.push((await fob(["provision", ...order, ...about])).stdout.trim());
    }
    await fob(["enroll", "-"], { input: uris.join("\n") });
    const ours = [];
    for (const [i, [kind]] of orders.entries())
      ours.push((await fob(["code", `Söhne ${i}`, ...timeOf(kind)])).stdout.trim());
    expect(python(READ, { uris, time: TIME })).toEqual(
      ours.map((code, i) => [`Söhne ${i}`, account, code]),
    );
  });

  test("writes Key URIs that fob reads, and gives the same passcodes", async () => {
    const { fob } = testHome();
    const theirs: [string, string][] = python(WRITE, { time: TIME });
    const input = theirs.map(([uri]) => uri).join("\n");
    expect(await fob(["enroll", "-"], { input })).toMatchObject({ exitCode: 0, stderr: "" });
    for (const [i, [uri, passcode]] of theirs.entries()) {
      const kind = uri.includes("/totp/") ? "totp" : "hotp";
      const { stdout } = await fob(["code", `ACME & Söhne ${i}`, ...timeOf(kind)]);
      expect(stdout).toBe(`${passcode}\n`);
    }
    const listed = JSON.parse((await fob(["list", "--json"])).stdout);
    expect(listed.map(({ account }: { account: string }) => account).sort()).toEqual(
      theirs.map((_, i) => `ann ${i}@ä.test`).sort(),
    );
  });
});
