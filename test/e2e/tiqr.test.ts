import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { drawQr } from "../../scripts/draw-qr.mjs";
import { tlsServer } from "../platform/web-server.ts";
import { type TiqrServer, type TiqrServerSettings, tiqrServer } from "../push/tiqr-server.ts";
import { describeWith } from "../requires.ts";
import { type TestHome, testHome } from "./fob.ts";
import { violations } from "./schemas.ts";

const enrolled = async (
  settings: TiqrServerSettings = {},
): Promise<TestHome & { readonly server: TiqrServer }> => {
  const [home, server] = [testHome(), await tiqrServer(settings)];
  expect(await home.fob(["enroll", "-"], { input: server.enrollment })).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(
      /^enrolled Example College \(push approval, tiqr at 127\.0\.0\.1:\d+\)\n$/,
    ),
  });
  return { ...home, server };
};

test("a TiQR enrollment is inspected without asking its server, and enrolled once", async () => {
  const { fob } = testHome();
  const server = await tiqrServer();
  const inspected = await fob(["inspect", "-"], { input: server.enrollment });
  expect(inspected).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("tiqr") });
  expect(inspected.stdout).not.toContain(server.enrollment.split("key=")[1]);
  expect((await fob(["enroll", "-"], { input: server.enrollment })).exitCode).toBe(0);
  expect(await fob(["enroll", "-"], { input: server.enrollment })).toMatchObject({
    exitCode: 8,
    stdout: "",
    stderr: expect.stringContaining("status 500"),
  });
});

test("two identities with one display name are two accounts, and --replace leaves the other", async () => {
  const { fob } = testHome();
  const replace = async (identifier: string, name: string) => {
    const { enrollment } = await tiqrServer({ identifier });
    const args = ["enroll", "--replace", "--name", name, "-"];
    expect(await fob(args, { input: enrollment })).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/^asking [^\n]*\n$/),
    });
    return JSON.parse((await fob(["list", "--json"])).stdout).map(
      (token: { name: string }) => token.name,
    );
  };
  expect(await replace("ann", "user")).toEqual(["user"]);
  expect(await replace("ann-admin", "admin")).toEqual(["admin", "user"]);
  expect(await replace("ann", "again")).toEqual(["admin", "again"]);
});

test("a second token of an account is named as it is stored, beside the first and how to remove that", async () => {
  const { fob } = testHome();
  const enroll = async () => fob(["enroll", "-"], { input: (await tiqrServer()).enrollment });
  await enroll();
  const { stderr } = await enroll();
  const [, newer, older, hint] =
    /^(.+): (.+) is a token of the same account; if it is used no longer: fob (.+)$/m.exec(
      stderr,
    ) ?? [];
  const names = JSON.parse((await fob(["list", "--json"])).stdout).map(
    (token: { name: string }) => token.name,
  );
  expect([older, newer]).toEqual(["Example College", "Example College:Ann Example"]);
  expect(names).toEqual([older, newer]);
  expect(hint).toBe(`remove '${older}'`);
  expect(await fob(["remove", older ?? "", "--yes"])).toMatchObject({ exitCode: 0 });
});

test("fob challenge prints the response to a TiQR challenge, and sends nothing", async () => {
  const { fob, server } = await enrolled({ suite: "OCRA-1:HOTP-SHA256-8:QN10" });
  const login = server.login();
  const { stdout, exitCode } = await fob(["challenge", "Example", login]);
  expect({ stdout, exitCode }).toEqual({ stdout: expect.stringMatching(/^\d{8}\n$/), exitCode: 0 });
  expect((await fob(["challenge", "Example", "-"], { input: `${login}\n` })).stdout).toBe(stdout);
  expect(server.answers).toEqual([]);
});

test("fob challenge refuses the challenge of another service, and what is none", async () => {
  const { fob, server } = await enrolled();
  const phished = server.login({ service: "tiqr.examp1e.org" });
  expect(await fob(["challenge", "Example", phished])).toMatchObject({ exitCode: 7, stdout: "" });
  expect(await fob(["challenge", "Example", server.login({ identity: "bob" })])).toMatchObject({
    exitCode: 7,
    stdout: "",
  });
  expect(await fob(["challenge", "Example", "c0ffee"])).toMatchObject({ exitCode: 6, stdout: "" });
  expect(await fob(["challenge", "Example", server.login(), "--session", "x"])).toMatchObject({
    exitCode: 2,
  });
});

test("a TiQR token behind access domain FF answers nothing", async () => {
  const { fob, server } = await enrolled();
  await fob(["access", "domain", "Example", "FF"]);
  expect(await fob(["challenge", "Example", server.login()])).toMatchObject({
    exitCode: 4,
    stdout: "",
  });
});

describe("fob push approve with a TiQR challenge", () => {
  test.each([1, 2] as const)(
    "answers the server that the token was enrolled with (version %d)",
    async (version) => {
      const { fob, server } = await enrolled({ version });
      const login = server.login();
      expect(await fob(["push", "approve", login, "--yes"])).toEqual({
        ...{
          stdout: "approved the login of ann at Example College (Example College)\n",
          stderr: "",
          exitCode: 0,
        },
      });
      expect(server.isApproved(login)).toBe(true);
      const again = await fob(["push", "approve", "-", "--yes"], { input: login });
      expect(again).toMatchObject({
        exitCode: 7,
        stdout: "",
        stderr: expect.stringContaining("answered already"),
      });
    },
  );

  test("reads the QR code of a login page, and says it as JSON", async () => {
    const { fob, home, server } = await enrolled();
    const login = server.login({ identity: null });
    const picture = join(home, "login.png");
    writeFileSync(picture, await drawQr(login).getBuffer("image/png"));
    const { stdout } = await fob(["push", "approve", "--qr", picture, "--yes", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      token: "Example College",
      accepted: true,
      identity: "ann",
    });
    expect(violations("push-approve", JSON.parse(stdout))).toEqual([]);
    expect(server.isApproved(login)).toBe(true);
  });

  test("asks nobody and sends nothing where nobody can confirm, or for another service or person", async () => {
    const { fob, server } = await enrolled();
    expect(await fob(["push", "approve", server.login()])).toMatchObject({
      exitCode: 5,
      stdout: "",
    });
    for (const login of [
      server.login({ service: "tiqr.examp1e.org" }),
      server.login({ identity: "bob" }),
    ]) {
      expect(await fob(["push", "approve", login, "--yes"])).toMatchObject({
        exitCode: 3,
        stdout: "",
      });
    }
    expect(await fob(["push", "approve", "tiqrauth://x", "--yes"])).toMatchObject({ exitCode: 6 });
    expect(server.answers).toEqual([]);
  });

  test("asks for the PIN of a token that has one, and goes through an agent", async () => {
    const { fob, server } = await enrolled();
    await fob(["pin", "set", "Example"], { env: { FOB_PIN: "4711" } });
    const login = server.login();
    expect(await fob(["push", "approve", login, "--yes"])).toMatchObject({ exitCode: 5 });
    expect((await fob(["unlock"])).exitCode).toBe(0);
    expect(
      await fob(["push", "approve", login, "--yes"], { env: { FOB_PIN: "4711" } }),
    ).toMatchObject({ exitCode: 0 });
    await fob(["lock"]);
    expect(server.isApproved(login)).toBe(true);
  });
});

test("commands that ask servers say of a TiQR token that its logins are scanned, and how", async () => {
  const { fob } = await enrolled();
  for (const args of [
    ["list"],
    ["approve"],
    ["deny"],
    ["history"],
    ["history", "example"],
    ["listen", "--json"],
  ]) {
    expect(await fob(["push", ...args, "--plain"])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(
        /^(?:\{"error".*)?.*Example College \(TiQR\) are scanned.*fob push approve --qr FILE/s,
      ),
    });
  }
});

test("the schemes of another organization are named as unknown, and taken where a setting names them", async () => {
  const [{ fob, home }, server] = [testHome(), await tiqrServer()];
  const foreign = (text: string) => text.replace(/^tiqr(auth|enroll)/, "acme$1");
  const unknown = (scheme: string) => ({
    exitCode: 6,
    stdout: "",
    stderr: `fob: ${scheme}: is no scheme that fob knows\nhint: if it is that of a TiQR app of your organization: fob config set tiqr.schemes ${scheme}; commas separate several\n`,
  });
  const input = foreign(server.enrollment);
  expect(await fob(["enroll", "-"], { input })).toEqual(unknown("acmeenroll"));
  const none = [
    "https",
    "otpauth",
    "javascript",
    "Data",
    "file",
    "mailto",
    "tiqrauth",
    "tiqrenroll",
  ];
  for (const wrong of [...none, "a b/c", "a b", "acme:", "acme,", ",", "x,x", "x, X", "1x", "ä"])
    expect(await fob(["config", "set", "tiqr.schemes", wrong])).toMatchObject({ exitCode: 2 });
  await fob(["config", "set", "tiqr.schemes", "acmeenroll"]);
  expect(await fob(["inspect", "-"], { input })).toMatchObject({ exitCode: 0 });
  expect(await fob(["enroll", "-"], { input })).toMatchObject({ exitCode: 0 });
  const login = foreign(server.login());
  expect(await fob(["push", "approve", login, "--yes"])).toEqual(unknown("acmeauth"));
  const asInput = { input: `${login}\n` };
  expect(await fob(["push", "approve", "-", "--yes"], asInput)).toEqual(unknown("acmeauth"));
  expect(await fob(["challenge", "Example", login])).toEqual(unknown("acmeauth"));
  await fob(["config", "set", "tiqr.schemes", "acmeenroll, AcmeAuth"]);
  expect(await fob(["challenge", "Example", login])).toMatchObject({ exitCode: 0 });
  const picture = join(home, "login.png");
  writeFileSync(picture, await drawQr(login).getBuffer("image/png"));
  expect(await fob(["push", "approve", "--qr", picture, "--yes"])).toMatchObject({ exitCode: 0 });
  expect(server.isApproved(login)).toBe(true);
});

test("a scheme that fob does not know is named where it cannot be enrolled, with the setting where that may help", async () => {
  const [{ fob }, server] = [testHome(), await tiqrServer()];
  const login = server.login();
  const enroll = (input: string) => fob(["enroll", "-"], { input });
  expect(await enroll(login)).toMatchObject({
    exitCode: 6,
    stderr: expect.stringMatching(/^fob: tiqrauth: .*\nhint: `fob push approve -`/),
  });
  for (const text of [login.replace("tiqrauth", "acme"), "acmeauth://x", "acme://https://x.test"])
    expect(await enroll(text)).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/^fob: (acme\w*): is no scheme .*\nhint: .*tiqr\.schemes \1;/),
    });
  const { stderr } = await enroll("foo://bar");
  expect(stderr).toMatch(/^fob: foo: is no scheme that fob knows\nhint: known are /);
  expect(stderr).not.toContain("tiqr.schemes");
});

test("an enrollment that is given as a login is said to be one", async () => {
  const { fob, server } = await enrolled();
  expect(await fob(["push", "approve", server.enrollment, "--yes"])).toMatchObject({
    exitCode: 6,
    stderr: expect.stringContaining("`fob enroll -`"),
  });
});

test("of several identities at a service, the NAME of a token chooses", async () => {
  const [{ fob, home }, ann, bob] = [testHome(), await tiqrServer(), await tiqrServer()];
  for (const [name, server] of Object.entries({ ann, bob }))
    await fob(["enroll", "-", "--name", name], { input: server.enrollment });
  const login = bob.login({ identity: null });
  expect(await fob(["push", "approve", login, "--yes"])).toMatchObject({
    exitCode: 5,
    stderr: expect.stringContaining("a NAME"),
  });
  expect(await fob(["push", "approve", login, "carl", "--yes"])).toMatchObject({ exitCode: 3 });
  expect(await fob(["push", "approve", "3f2a", "bob"])).toMatchObject({ exitCode: 2 });
  await fob(["enroll", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "--name", "carlos"]);
  for (const given of ["carlos", "Carl"])
    expect(await fob(["push", "approve", login, given, "--yes"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^fob: carlos answers no TiQR logins\nhint: /),
    });
  expect(ann.answers.concat(bob.answers)).toEqual([]);
  expect(await fob(["push", "approve", login, "bob", "--yes"])).toMatchObject({ exitCode: 0 });
  const again = bob.login({ identity: null });
  const picture = join(home, "login.png");
  writeFileSync(picture, await drawQr(again).getBuffer("image/png"));
  expect(await fob(["push", "approve", "bob", "--qr", picture, "--yes"])).toMatchObject({
    exitCode: 0,
  });
  expect([bob.isApproved(login), bob.isApproved(again), ann.answers]).toEqual([true, true, []]);
});

test("what the server says of an accepted login is shown, and its odd numbers are understood", async () => {
  const verdict = JSON.stringify({
    responseCode: "1",
    attemptsLeft: null,
    message: "Welcome back\u001b[2J",
  });
  const { fob, server } = await enrolled({ verdict });
  expect(await fob(["push", "approve", server.login(), "--yes"])).toEqual({
    stdout: expect.stringMatching(/^approved the login of ann .*\nWelcome back\P{Cc}*\n$/u),
    stderr: "",
    exitCode: 0,
  });
  const { stdout } = await fob(["push", "approve", server.login(), "--yes", "--json"]);
  expect(JSON.parse(stdout).message).toMatch(/^Welcome back/);
});

test("an enrollment that a parser of addresses has changed is read, without a warning on this machine", async () => {
  const [{ fob }, server] = [testHome(), await tiqrServer()];
  const input = server.enrollment.replace("tiqrenroll://http://", "tiqrenroll://http//");
  expect(input).not.toBe(server.enrollment);
  const inspected = JSON.parse((await fob(["inspect", "-", "--json"], { input })).stdout);
  expect(inspected.findings.map(({ severity }: { severity: string }) => severity)).toEqual([
    "info",
  ]);
  expect(await fob(["enroll", "-"], { input })).toMatchObject({
    exitCode: 0,
    stderr: `asking ${new URL(server.enrollment.slice("tiqrenroll://".length)).host} for the token\n`,
  });
});

describeWith({ openssl: "openssl" }, "a certificate for another host name", () => {
  test("is not a matter of a certificate authority, and nothing is told of one", async () => {
    const { fob } = testHome();
    const { port, certificatePath } = await tlsServer("other.test", (_, response) =>
      response.end("{}"),
    );
    const input = `tiqrenroll://https://localhost:${port}/metadata`;
    const env = { NODE_EXTRA_CA_CERTS: certificatePath };
    const { exitCode, stderr } = await fob(["enroll", "-"], { input, env });
    expect([exitCode, stderr]).toEqual([
      7,
      expect.stringContaining("does not vouch for it: it belongs to another server"),
    ]);
    expect(stderr).not.toContain("hint:");
  });
});
