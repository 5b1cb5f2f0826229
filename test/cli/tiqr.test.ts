import { expect, test } from "vitest";
import { type TiqrServer, type TiqrServerSettings, tiqrServer } from "../push/tiqr-server.ts";
import { type TestHome, testHome } from "./fob.ts";

const enrolled = async (settings: TiqrServerSettings = {}): Promise<TestHome & { readonly server: TiqrServer }> => {
  const [home, server] = [testHome(), await tiqrServer(settings)];
  expect(await home.fob(["enroll", "-"], { input: server.enrollment })).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^enrolled Example College \(push approval, tiqr at 127\.0\.0\.1:\d+\)\n$/),
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
  expect(await fob(["enroll", "-"], { input: server.enrollment })).toMatchObject({ exitCode: 7, stdout: "" });
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
  expect(await fob(["challenge", "Example", server.login(), "--session", "x"])).toMatchObject({ exitCode: 2 });
});

test("a TiQR token behind access domain FF answers nothing", async () => {
  const { fob, server } = await enrolled();
  await fob(["access", "domain", "Example", "FF"]);
  expect(await fob(["challenge", "Example", server.login()])).toMatchObject({ exitCode: 4, stdout: "" });
});
