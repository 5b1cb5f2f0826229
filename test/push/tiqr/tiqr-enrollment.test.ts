import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { OnlineEnrollment } from "#enrollment/draft.ts";
import { recognizeOnline } from "#enrollment/recognize.ts";
import { httpClient } from "#platform/http.ts";
import type { EnrollmentServices } from "#token/draft/parsed-token.ts";
import { type Metadata, type TiqrServerSettings, tiqrServer } from "../tiqr-server.ts";

const http = httpClient("fob/test");

const services = (): EnrollmentServices & { readonly made: Buffer[]; readonly steps: string[] } => {
  const [made, steps]: [Buffer[], string[]] = [[], []];
  return {
    ...{ http, made, steps, isInsecure: false },
    randomBytes: (size) => made[made.push(randomBytes(size)) - 1] ?? Buffer.alloc(0),
    now: () => new Date(),
    askSecret: () => Promise.reject(new Error("nothing is asked")),
    trace: (step, detail) => void steps.push(`${step}: ${detail}`),
  };
};

function online(text: string): OnlineEnrollment {
  const enrollment = recognizeOnline(text);
  if (!enrollment) throw new Error(`${text} is enrolled without a server`);
  return enrollment;
}

const enrollAt = async (settings: TiqrServerSettings, given = services()) => {
  const server = await tiqrServer(settings);
  return { server, given, done: online(server.enrollment).complete(given) };
};

describe("a TiQR enrollment string", () => {
  test("names its server and hides its key, and reading it asks nobody", () => {
    const enrollment = online(
      "tiqrenroll://https://tiqr.example.org/tiqr.php?key=abc&serial=TiQR0001",
    );
    expect(enrollment).toMatchObject({
      format: "tiqr",
      server: "tiqr.example.org",
      serial: "TiQR0001",
    });
    expect(enrollment.fields).toContainEqual({
      ...{ name: "metadata", value: "https://tiqr.example.org/tiqr.php?key=abc&serial=TiQR0001" },
      ...{ origin: "given", isSecret: true },
    });
  });

  test("names its server with the port", () => {
    const { server, fields } = online("tiqrenroll://https://tiqr.example.org:8443/?key=abc");
    const value = "tiqr.example.org:8443";
    expect(server).toBe(value);
    expect(fields).toContainEqual({ name: "server", value, origin: "given" });
  });

  test("may be the link that opens an app", () => {
    const metadata = encodeURIComponent("https://login.eduid.test/tiqrenroll/?key=X");
    expect(online(`https://eduid.test/tiqrenroll/?metadata=${metadata}`).server).toBe(
      "login.eduid.test",
    );
  });

  test.each([
    "tiqrenroll://",
    "tiqrenroll://ftp://x.test/",
    "tiqrenroll://nowhere",
    "https://x.test/tiqrenroll/?key=1",
  ])("without an address is refused: %s", (text) => {
    expect(() => recognizeOnline(text)).toThrow(expect.objectContaining({ code: "invalid" }));
  });

  test("warns of a server without TLS", () => {
    expect(online("tiqrenroll://http://x.test/?k=1").findings).toContainEqual(
      expect.objectContaining({ severity: "warning", code: "server-insecure" }),
    );
  });
});

describe("enrolling with a TiQR server", () => {
  test.each([1, 2] as const)(
    "of version %d hands over a new secret of 32 bytes",
    async (version) => {
      const { server, given, done } = await enrollAt({ version });
      const [draft] = await done;
      expect(server.secret()).toHaveLength(32);
      expect(draft).toMatchObject({
        ...{
          format: "tiqr",
          name: "Example College",
          issuer: "Example College",
          account: "Ann Example",
        },
        credential: {
          ...{
            kind: "push",
            protocol: "tiqr",
            service: "tiqr.example.org",
            identity: "ann",
            isInsecure: false,
          },
          suite: "OCRA-1:HOTP-SHA1-6:QH10-S",
        },
      });
      expect(server.secret()?.equals(draft?.secret ?? Buffer.alloc(0))).toBe(true);
      expect(given.steps.join("\n")).not.toContain(server.secret()?.toString("hex"));
    },
  );

  test("works once", async () => {
    const { server, done } = await enrollAt({});
    await done;
    await expect(online(server.enrollment).complete(services())).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("status 500"),
      hint: expect.stringContaining("no token was made"),
    });
  });

  test.each(["unknown", ""])(
    "that fails before the secret was sent has made no token: %j",
    async (body) => {
      const { server, done } = await enrollAt({
        intercept(_, response) {
          response.writeHead(500).end(body);
          return true;
        },
      });
      await expect(done).rejects.toMatchObject({
        code: "unavailable",
        hint: expect.not.stringContaining("may have made"),
      });
      expect(server.secret()).toBeNull();
    },
  );

  test("that has lost its reply to the secret may have made the token", async () => {
    const { done } = await enrollAt({
      intercept(request) {
        if (request.method === "POST") request.socket.destroy();
        return request.method === "POST";
      },
    });
    await expect(done).rejects.toMatchObject({
      code: "unavailable",
      hint: expect.stringContaining("may have made the token"),
    });
  });

  test.each([
    ["", ""],
    [null, null],
    [undefined, undefined],
    [" \u200b", "\u0007"],
  ] as const)(
    "that gives no name to show (%j, %j) is called by its identifiers",
    async (service, identity) => {
      const { done } = await enrollAt({
        tamper: (given) => ({
          service: { ...given.service, displayName: service },
          identity: { ...given.identity, displayName: identity },
        }),
      });
      expect(await done).toMatchObject([
        { name: "tiqr.example.org", issuer: "tiqr.example.org", account: "ann" },
      ]);
    },
  );

  const changed = (key: string, value: string) => ({
    tamper: ({ service, identity }: Metadata) => ({
      identity,
      service: { ...service, [key]: value },
    }),
  });
  test("is called by its name, however long that is", async () => {
    const { done } = await enrollAt(changed("displayName", "University ".repeat(99)));
    expect((await done)[0]?.name).toHaveLength(256);
  });

  test("without a suite takes the project's own", async () => {
    const { done } = await enrollAt({
      tamper: ({ service: { ocraSuite: _, ...service }, ...rest }) => ({ ...rest, service }),
    });
    expect(await done).toMatchObject([{ credential: { suite: "OCRA-1:HOTP-SHA1-6:QH10-S" } }]);
  });

  test.each<[string, TiqrServerSettings, string]>([
    [
      "wants the secret sent to another host",
      changed("enrollmentUrl", "https://evil.test/"),
      "evil.test",
    ],
    [
      "wants the secret sent to another port",
      changed("enrollmentUrl", "http://127.0.0.1:1/"),
      "sent to 127.0.0.1:1",
    ],
    ["wants responses by another protocol", changed("authenticationUrl", "ftp://x.test/"), "TLS"],
    ["wants what TiQR has not", changed("ocraSuite", "OCRA-1:HOTP-SHA1-6:C-QN08"), "counter"],
    ["has a suite that is none", changed("ocraSuite", "OCRA-2:x"), "suite"],
    ["names nobody", { tamper: ({ service }) => ({ service }) }, "identity"],
    ["says nothing of sense", { tamper: () => [] }, "wrong"],
  ])("that %s sends no secret", async (_, settings, words) => {
    const { server, given, done } = await enrollAt(settings);
    await expect(done).rejects.toMatchObject({
      code: "rejected",
      message: expect.stringContaining(words),
    });
    expect(server.secret()).toBeNull();
    expect(given.made).toEqual([]);
  });

  test.each([
    ["no in words", 200, "Enrollment failed\u001b[2J", "rejected"],
    ["no in JSON", 200, '{"responseCode":101,"message":"too late"}', "rejected"],
    ["no in JSON with null", 200, '{"responseCode":"101","message":null}', "rejected"],
    ["nothing", 500, "", "unavailable"],
    ["yes with a status of trouble", 503, '{"responseCode":1}', "unavailable"],
    ["yes with a status that is none", 404, "OK", "unavailable"],
    ["yes in JSON with a status that is none", 403, '{"responseCode":1}', "unavailable"],
    ["that it has too much to do", 429, "OK", "unavailable"],
  ])("that says %s to the secret leaves nothing of it", async (_, status, body, code) => {
    const { given, done } = await enrollAt({
      intercept(request, response) {
        if (request.method === "POST") response.writeHead(status).end(body);
        return request.method === "POST";
      },
    });
    const error = await done.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code,
      message: expect.not.stringContaining("\u001b"),
    });
    expect(given.made.map((secret) => secret.some((byte) => byte !== 0))).toEqual([false]);
  });

  test("that sends 100 MB of metadata is left after 64 KiB", async () => {
    let sent = 0;
    const { done } = await enrollAt({
      intercept(_, response) {
        const more = () => {
          while (sent < 100 * 2 ** 20 && !response.destroyed) {
            sent += 2 ** 16;
            if (!response.write(Buffer.alloc(2 ** 16, 32)))
              return void response.once("drain", more);
          }
          response.end();
        };
        more();
        return true;
      },
    });
    await expect(done).rejects.toMatchObject({ code: "unavailable" });
    expect(sent).toBeLessThan(20 * 2 ** 20);
  });
});
