import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import type { HttpRequest } from "#base/http-client.ts";
import { httpClient } from "#platform/http.ts";
import { describeWith } from "../requires.ts";
import { listening, tlsServer, webServer } from "./web-server.ts";

const get = (url: URL | string, more: Partial<HttpRequest> = {}) =>
  httpClient("fob/test")({
    ...{ method: "GET", url: new URL(url), maxBytes: 1024, timeout: 5_000, isInsecure: false },
    ...more,
  });

const failure = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe("the http client", () => {
  test("sends what it is given and returns status, headers and body", async () => {
    const url = await webServer(async (request, response) => {
      const body = await text(request);
      response
        .writeHead(404, { "x-thing": "one" })
        .end(`${request.method} ${request.url} ${body} ${request.headers["user-agent"]}`);
    });
    const body = Buffer.from("a=1");
    const reply = await get(new URL("/path?q=2", url), { method: "POST", body });
    expect([
      reply.status,
      reply.header("x-thing"),
      reply.header("x-other"),
      reply.body.toString(),
    ]).toEqual([...[404, "one", null], "POST /path?q=2 a=1 fob/test"]);
  });

  test("keeps its connections for the next requests", async () => {
    const ports = new Set<number | undefined>();
    const url = await webServer((request, response) => {
      ports.add(request.socket.remotePort);
      response.end();
    });
    const client = httpClient("fob/test");
    const request = { method: "GET", url, maxBytes: 9, timeout: 5_000, isInsecure: false } as const;
    for (let i = 0; i < 20; i++) await client(request);
    // the first may still be on its way back when the second sets out
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  test.each([
    "http://push.example.test/",
    "http://127.0.0.1.example.test/",
    "http://10.0.0.1/",
    "http://[::ffff:10.0.0.1]/",
    "http://localhost.example.test/",
    "ftp://127.0.0.1/",
  ])("does not send %s in the clear", async (url) => {
    await expect(get(url)).rejects.toEqual(failure("rejected", /^\S+ is to be reached /));
  });

  test.each(["localhost", "127.0.0.1", "127.1", "2130706433"])(
    "reaches this very machine as %s without TLS, and past any proxy",
    async (name) => {
      setEnvironment("http_proxy", "http://127.0.0.1:9");
      const { port } = await webServer((_, response) => void response.end("here"));
      expect((await get(`http://${name}:${port}/`)).body.toString()).toBe("here");
    },
  );

  test.each([
    [
      "another host",
      "https://evil.example.test/x",
      /redirects to evil\.example\.test, where fob does not follow/,
    ],
    ["its own", "/login", /redirects elsewhere/],
    ["nowhere", undefined, /redirects elsewhere/],
  ])("follows no redirect to %s", async (_, location, message) => {
    const url = await webServer((_request, response) => {
      response.writeHead(302, location === undefined ? {} : { location }).end();
    });
    await expect(get(url)).rejects.toEqual(failure("rejected", message));
  });

  test.each([301, 302, 303, 307, 308])("follows no redirect with status %i", async (status) => {
    const asked: string[] = [];
    const url = await webServer((request, response) => {
      asked.push(String(request.url));
      response.writeHead(status, { location: "/other" }).end();
    });
    await expect(get(url)).rejects.toEqual(failure("rejected", /redirects elsewhere/));
    expect(asked).toEqual(["/"]);
  });

  test("takes a reply of as many bytes as it may, and no more", async () => {
    const url = await webServer((_, response) => void response.end("x".repeat(1024)));
    expect((await get(url, { maxBytes: 1024 })).body).toHaveLength(1024);
    await expect(get(url, { maxBytes: 1023 })).rejects.toEqual(
      failure("unavailable", /more than 1023 bytes/),
    );
  });

  test("ends a reply that is too long", { timeout: 10_000 }, async () => {
    const endless = (_: IncomingMessage, response: ServerResponse) => {
      const more = () => void (response.destroyed || response.write(Buffer.alloc(65_536), more));
      more();
    };
    await expect(get(await webServer(endless))).rejects.toEqual(
      failure("unavailable", /sends more than 1024 bytes/),
    );
  });

  test("waits no longer than it may for a server that drips or says nothing", async () => {
    const drip = (_: IncomingMessage, response: ServerResponse) => {
      const timer = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(timer));
    };
    for (const answer of [drip, () => undefined]) {
      const url = await webServer(answer);
      await expect(get(url, { timeout: 200 })).rejects.toEqual(
        failure("unavailable", /no whole reply in 0\.2 s/),
      );
    }
  });

  test("ends when its signal says so", async () => {
    const end = new AbortController();
    const url = await webServer(() => end.abort());
    await expect(get(url, { signal: end.signal })).rejects.toEqual(
      failure("interrupted", /interrupted/),
    );
  });

  test("says why a server cannot be reached", async () => {
    const { port } = await webServer(() => undefined);
    const closed = createServer();
    const free = await new Promise<number>((resolve) => {
      closed.listen(0, "127.0.0.1", () => {
        const address = closed.address();
        closed.close(() => resolve(typeof address === "object" && address ? address.port : 0));
      });
    });
    await expect(get(`http://127.0.0.1:${free}/`)).rejects.toEqual(
      failure("unavailable", /nothing listens there/),
    );
    await expect(get(`https://127.0.0.1:${port}/`)).rejects.toEqual(
      failure("unavailable", /cannot be reached: /),
    );
    await expect(get("https://name.invalid/")).rejects.toEqual(
      failure("unavailable", /name\.invalid cannot be reached: its name/),
    );
  });
});

describeWith({ openssl: "openssl" }, "over TLS the http client", () => {
  test("refuses a certificate that nobody vouches for, unless told otherwise", async () => {
    const { port } = await tlsServer("localhost", (_, response) => void response.end("secret"));
    await expect(get(`https://localhost:${port}/`)).rejects.toMatchObject({
      code: "rejected",
      message: expect.stringMatching(
        /^the certificate of localhost:\d+ does not vouch for it: it vouches for itself$/,
      ),
      hint: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
    });
    expect((await get(`https://localhost:${port}/`, { isInsecure: true })).body.toString()).toBe(
      "secret",
    );
  });

  test.each(["localhost", "127.0.0.1"])(
    "reaches this very machine as %s past any proxy",
    async (name) => {
      const { port } = await tlsServer("localhost", (_, response) => void response.end("here"));
      const asked: (string | undefined)[] = [];
      const proxy = createServer().on("connect", (request, socket) => {
        asked.push(request.url);
        socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
      });
      setEnvironment("https_proxy", `http://127.0.0.1:${await listening(proxy)}`);
      expect((await get(`https://${name}:${port}/`, { isInsecure: true })).body.toString()).toBe(
        "here",
      );
      expect(asked).toEqual([]);
    },
  );

  test("goes through the proxy that the environment names, and not where NO_PROXY names the server", async () => {
    const { port } = await tlsServer(
      "push.example.test",
      (_, response) => void response.end("through"),
    );
    const asked: (string | undefined)[] = [];
    const proxy = createServer().on("connect", (request, socket) => {
      asked.push(request.url);
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const server = connect(port, "127.0.0.1");
      socket.on("error", () => server.destroy());
      socket.pipe(server).pipe(socket);
    });
    setEnvironment("https_proxy", `http://127.0.0.1:${await listening(proxy)}`);
    const reply = await get("https://push.example.test/", { isInsecure: true });
    expect([reply.body.toString(), asked]).toEqual(["through", ["push.example.test:443"]]);
    setEnvironment("no_proxy", "example.test");
    await expect(get("https://push.example.test/", { isInsecure: true })).rejects.toEqual(
      failure("unavailable", /cannot be reached/),
    );
    expect(asked).toHaveLength(1);
  });
});

function setEnvironment(name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  onTestFinished(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}
