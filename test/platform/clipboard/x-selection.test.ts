import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { displayOf } from "#platform/clipboard/copy-process.ts";
import { checkPackets, connectToDisplay } from "#platform/clipboard/x-connection.ts";
import { ownSelection } from "#platform/clipboard/x-selection.ts";

const TEXT = Buffer.from("492039");

/** The display of a server that answers the first bytes of each client by `lie`. */
async function lyingDisplay(lie: (client: Socket) => void): Promise<string> {
  const clients: Socket[] = [];
  const server = createServer((client) => {
    clients.push(client.on("error", () => undefined));
    client.once("data", () => lie(client));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const client of clients) client.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port - 6000}`;
}

/** A first answer with one screen, no formats, and a mask of resource numbers. */
function consent(mask: number): Buffer {
  const answer = Buffer.alloc(80);
  answer.writeUInt8(1, 0);
  answer.writeUInt16LE(11, 2);
  answer.writeUInt16LE((answer.length - 8) / 4, 6);
  answer.writeUInt32LE(mask, 16);
  answer.writeUInt8(1, 28);
  return answer;
}

function packet(type: number, words: number): Buffer {
  const head = Buffer.alloc(32);
  head.writeUInt8(type, 0);
  head.writeUInt16LE(1, 2);
  head.writeUInt32LE(words, 4);
  return head;
}

const LIES: Readonly<Record<string, Buffer>> = {
  "nothing at all": Buffer.alloc(0),
  "a refusal": Buffer.from([0, 2, 11, 0, 0, 0, 1, 0, 110, 111, 0, 0]),
  "a status that is none": Buffer.alloc(64, 7),
  "no resource numbers": consent(0),
  "a reply of 16 GiB": Buffer.concat([consent(0x1fffff), packet(1, 0xffffffff)]),
  "an event of 16 GiB": Buffer.concat([consent(0x1fffff), packet(35, 0xffffffff)]),
  "an end after the first answer": consent(0x1fffff),
};

test.for(Object.entries(LIES))("a server that sends %s is given up", async ([, bytes]) => {
  const display = await lyingDisplay((client) => client.end(bytes));
  expect(await ownSelection(display, TEXT, false)).toBeNull();
});

test("a server that keeps silent is given up in time", async () => {
  const display = await lyingDisplay((client) => client.write(consent(0x1fffff)));
  const start = performance.now();
  expect(await ownSelection(display, TEXT, false, 200)).toBeNull();
  expect(performance.now() - start).toBeLessThan(4_000);
});

test("packets are passed on whole, however they arrive, or are refused", async () => {
  const stream = Buffer.concat([consent(0x1fffff), packet(1, 0), packet(28, 9), packet(30, 7)]);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: stream.length }), async (size) => {
      const checked = checkPackets();
      for (let at = 0; at < stream.length; at += size)
        checked.write(stream.subarray(at, at + size));
      checked.end();
      expect(Buffer.concat(await checked.toArray())).toEqual(stream);
    }),
    { numRuns: 20 },
  );
});

test("any bytes are passed on in part or refused, and the process goes on", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const checked = checkPackets();
      checked.end(Buffer.from(bytes));
      const passed = await checked.toArray().catch(() => []);
      expect(Buffer.concat(passed).length).toBeLessThanOrEqual(bytes.length);
    }),
  );
});

test.for(["", "here", ":", ":x", ":99999", "a:b:0", "unix:0:0"])(
  "%j names no server",
  async (display) => {
    expect(await connectToDisplay(display, AbortSignal.timeout(1_000))).toBeNull();
  },
);

test("fob owns the clipboard of X11 on Linux alone", () => {
  const env = { DISPLAY: ":0" };
  expect(displayOf(env, "linux")).toBe(":0");
  expect(displayOf(env, "darwin")).toBeNull();
  expect(displayOf({ ...env, WAYLAND_DISPLAY: "w" }, "linux")).toBeNull();
  expect(displayOf({}, "linux")).toBeNull();
});
