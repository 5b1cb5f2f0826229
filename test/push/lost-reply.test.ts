import { expect, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { httpClient } from "#platform/http.ts";
import { withUsedUpHint } from "#push/lost-reply.ts";
import { webServer } from "../platform/web-server.ts";

const http = httpClient("fob/test");

async function failureAt(url: string | URL): Promise<FobError> {
  const request = { method: "POST", url: new URL(url), maxBytes: 100, timeout: 300 } as const;
  const error = await http({ ...request, isInsecure: false }).catch((thrown: unknown) => thrown);
  const failure = withUsedUpHint(error);
  if (failure instanceof FobError) return failure;
  throw new Error("nothing failed");
}

test.each<[string, (request: { destroy(): void }, response: { end(text: string): void }) => void]>([
  ["cut", (socket) => socket.destroy()],
  ["never given", () => undefined],
  ["too long", (_, response) => response.end("x".repeat(1000))],
])("a string whose reply is %s may be used up", async (_, answer) => {
  const base = await webServer((request, response) => answer(request.socket, response));
  expect(await failureAt(base)).toMatchObject({
    code: "unavailable",
    hint: expect.stringContaining("used up"),
  });
});

test("a string that no server has received is not used up", async () => {
  const refused = await failureAt("http://127.0.0.1:1/");
  expect([refused.code, refused.hint]).toEqual(["unavailable", undefined]);
  const rejected = new FobError("rejected", "no");
  expect(withUsedUpHint(rejected)).toBe(rejected);
});
