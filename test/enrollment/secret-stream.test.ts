import { describe, expect, test } from "vitest";
import { openStream } from "#enrollment/secret-stream.ts";

const KEY = Buffer.from(Array.from({ length: 32 }, (_, i) => i));

/** What libsodium 1.0.18 made of as many bytes 0, 1, 2, ...: the header, and the one message. */
const STREAMS: readonly (readonly [bytes: number, header: string, message: string])[] = [
  [0, "ccb8f56f7153e3b037e52c49918e9aaf78731c158b289083", "ae9f0567f0895ed80d4b1f5c3394a7915b"],
  [1, "6fd507e341125d5d7677b2711d58220e8744db15ea4d4f72", "2cc7c3cd591fb085bb10ea921a8fc0403ba2"],
  [
    15,
    "e986f90ca045c984770c3648b9edbdf39572ed91ff875902",
    "22b420f8da96e338825c21b536e583eea8ed375d8d0f2d72e88be9b9733d0bad",
  ],
  [
    16,
    "bf2fd6597558bfb3e3328fd154e1e9df1be636ecc3d59670",
    "982e8c65500410508879bbc4a1afb8dda2890b9f22188bbc24af412eed21665f60",
  ],
  [
    47,
    "31a618bcbc1ce0b5b55e1a68c634852876ae9da91b56297e",
    "dfdf61763873712db0d75b79555b6f92d0f793968567ed3a1f52d121477ec65c058bf77ec9cfc78a8681eff8e0df299c367c26eb0f182f95d8eb3863d44893f3",
  ],
  [
    64,
    "bf0e09cccfdfe359c49983c072a272563240d7db393df9e5",
    "ca1e048e63429986063dd35d35a17e88c102723299ea96de704fec9fe653968a7ed4bf88badf676ee0809bcb451b97e412a57040022e3ba7b3a6ef4963e71635e4a79bd6ff1cb8719cc78d254a0ea8028f",
  ],
];

describe("a stream of libsodium with one message", () => {
  test.each(STREAMS)("of %i bytes is opened", async (bytes, header, message) => {
    const opened = await openStream(KEY, Buffer.from(header, "hex"), Buffer.from(message, "hex"));
    expect(opened).toEqual(Buffer.from(Array.from({ length: bytes }, (_, i) => i)));
  });

  test("does not open with anything changed, or cut off", async () => {
    const [, headerText, messageText] = STREAMS[2] ?? [0, "", ""];
    const parts = [KEY, Buffer.from(headerText, "hex"), Buffer.from(messageText, "hex")] as const;
    for (const [which, part] of parts.entries()) {
      for (let i = 0; i < part.length; i++) {
        const [key, header, message] = parts.map((bytes) => Buffer.from(bytes));
        if (!key || !header || !message) throw new Error("three parts are three");
        const changed = [key, header, message][which] as Buffer;
        changed[i] = (changed[i] ?? 0) ^ 1;
        expect([which, i, await openStream(key, header, message)]).toEqual([which, i, null]);
      }
    }
    const [key, header, message] = parts;
    for (let length = 0; length < message.length; length++)
      expect(await openStream(key, header, message.subarray(0, length))).toBeNull();
    expect(await openStream(key, header.subarray(1), message)).toBeNull();
  });
});
