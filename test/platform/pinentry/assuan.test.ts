import { PassThrough } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { AssuanClient, assuanLine } from "#platform/pinentry/assuan.ts";

/** A client, and the server's ends of its pipes. */
function client() {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  return { client: new AssuanClient({ stdin, stdout }), sent: stdin, server: stdout };
}

const OUT_OF_PROTOCOL = {
  code: "unavailable",
  message: "pinentry does not keep to its protocol",
};

test("the data of a reply is what the server encoded, whatever the pieces it comes in", async () => {
  const encode = (bytes: Uint8Array) =>
    [...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 }),
      fc.integer({ min: 1, max: 9 }),
      async (parts, size) => {
        const { client: asking, server } = client();
        server.write("OK hello\n");
        await asking.greeting();
        const reply = asking.ask("GETPIN");
        const bytes = Buffer.from(
          `# a remark\nS progress\n${parts.map((part) => `D ${encode(part)}\n`).join("")}OK\n`,
        );
        for (let at = 0; at < bytes.length; at += size) server.write(bytes.subarray(at, at + size));
        expect(await reply).toEqual({ isOk: true, data: Buffer.concat(parts) });
      },
    ),
    { numRuns: 50 },
  );
});

test("an error is told by its number and text", async () => {
  const { client: asking, server } = client();
  server.write("OK\n");
  await asking.greeting();
  const reply = asking.ask("GETPIN");
  server.write("ERR 83886179 Operation cancelled <Pinentry>\n");
  const text = "Operation cancelled <Pinentry>";
  expect(await reply).toEqual({ isOk: false, number: 83886179, text });
});

test.each([
  ["an answer before the question", "OK\nOK\n", OUT_OF_PROTOCOL],
  ["half an answer before the question", "OK\nO", OUT_OF_PROTOCOL],
  ["data before the question", "OK\nD 1234\n", OUT_OF_PROTOCOL],
  ["a question of its own", "INQUIRE WHAT\n", OUT_OF_PROTOCOL],
  ["no line of the protocol", "hello\n", OUT_OF_PROTOCOL],
  ["an error without a number", "ERR cancelled\n", OUT_OF_PROTOCOL],
  ["too long a line", `OK ${"x".repeat(1_000)}\n`, OUT_OF_PROTOCOL],
  ["a flood without an end", "x".repeat(20_000), { message: "pinentry answers more than any PIN" }],
])("%s ends the conversation", async (_, text, failure) => {
  const { client: asking, server } = client();
  server.write(text);
  await expect(asking.greeting().then(() => asking.ask("GETPIN"))).rejects.toMatchObject(failure);
  await expect(asking.ask("GETPIN")).rejects.toMatchObject(failure);
});

test("a flood of data is refused, and so is a server that ends", async () => {
  const flood = client();
  flood.server.write("OK\n");
  await flood.client.greeting();
  const reply = flood.client.ask("GETPIN");
  for (let count = 0; count < 100; count++) flood.server.write(`D ${"x".repeat(900)}`);
  await expect(reply).rejects.toMatchObject({ message: "pinentry answers more than any PIN" });

  const ended = client();
  ended.server.destroy();
  await expect(ended.client.greeting()).rejects.toMatchObject({
    message: "pinentry ended before it answered",
  });
});

test("a text cannot begin a line of its own, and is cut to the length of one", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 2_000 }), (text) => {
      const line = assuanLine("SETDESC", text);
      expect(line).not.toMatch(/[\r\n]/);
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(1_000);
      const shown = decoded(line.slice("SETDESC ".length));
      if (Buffer.byteLength(line) < 900) expect(shown).toBe(text);
    }),
  );
});

function decoded(text: string): string {
  return text.replace(/%(25|0A|0D)/g, (_, digits) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}
