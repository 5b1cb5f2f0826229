import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { isLoopback } from "#lab/http/server.ts";
import { testLab } from "../lab.ts";

/** The status of the reply to a request with these lines behind its first one. */
async function statusOf(
  url: string,
  lines: readonly string[],
  version = "1.1",
): Promise<string | undefined> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write([`GET / HTTP/${version}`, ...lines, "Connection: close", "", ""].join("\r\n"));
  return /^HTTP\/1\.1 (\d{3}) /.exec(await text(socket))?.[1];
}

test("answers whoever names it with its port, in any letter case", async () => {
  const { url } = await testLab();
  const { port } = new URL(url);
  for (const name of ["localhost", "LocalHost", "127.0.0.1", "[::1]"])
    expect([name, await statusOf(url, [`Host: ${name}:${port}`])]).toEqual([name, "200"]);
});

test("answers no other name, which leads here by a name server of somebody else's", async () => {
  const { url } = await testLab();
  const { port } = new URL(url);
  const names = [
    ...[
      "127.999.1.1",
      "127.0.0.1.evil.test",
      "127.1",
      "127.0.0.2",
      "evil.test",
      "localhost.evil.test",
      "localhost.",
    ],
    ...[
      "::1",
      "[::1",
      "[::ffff:127.0.0.1]",
      "0.0.0.0",
      "localhost@evil.test",
      "localhost,evil.test",
      "",
    ],
  ].map((name) => `${name}:${port}`);
  for (const name of [
    ...names,
    "localhost",
    "127.0.0.1",
    "localhost:1",
    `localhost:0${port}`,
    `localhost:${port}:80`,
  ])
    expect([name, await statusOf(url, [`Host: ${name}`])]).toEqual([
      name,
      expect.stringMatching(/^(400|421)$/),
    ]);
});

test("answers no request that names no host, or two", async () => {
  const { url } = await testLab();
  const { host } = new URL(url);
  expect(await statusOf(url, [])).toBe("400");
  expect(await statusOf(url, [], "1.0")).toBe("400");
  expect(await statusOf(url, [`Host: ${host}`, `Host: ${host}`])).toBe("400");
  expect(await statusOf(url, [`Host: ${host}`, "Host: evil.test"])).toBe("400");
  expect(await statusOf(url, ["Host: evil.test", `host: ${host}`])).toBe("400");
});

test.each([
  [65_536, 400],
  [65_537, 413],
])("a request of %i bytes is answered with status %i", async (length, status) => {
  const { url } = await testLab();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const response = await fetch(`${url}/validate/check`, {
    method: "POST",
    headers,
    body: "x".repeat(length),
  });
  expect(response.status).toBe(status);
});

test.each([
  ["127.0.0.1", true],
  ["127.255.255.254", true],
  ["::1", true],
  ["localhost", true],
  ["127.999.1.1", false],
  ["127.0.0.1.evil.test", false],
  ["0.0.0.0", false],
])("%s is loopback: %s", (host, is) => {
  expect(isLoopback(host)).toBe(is);
});
