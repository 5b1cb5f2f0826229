import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findAgent } from "#agent/client/find-agent.ts";
import { newAgentSecret, proofOf } from "#agent/protocol/proof.ts";
import { impersonate } from "../impostor.ts";

const secret = newAgentSecret();

/** What proves an agent, in its words. */
function prove(line: string): string {
  const [, challenge = ""] = line.split(" ");
  return `ok ${proofOf(secret, challenge)}`;
}

/** A folder of sockets, and the claim of an agent. */
function place() {
  const home = mkdtempSync(join(tmpdir(), "fob-find-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const [one, two, three] = ["1", "2", "3"].map((name) => join(home, name)) as [
    string,
    ...string[],
  ] &
    [string, string, string];
  return { one, two, three, holder: { pid: 1, started: "", socket: one, home, secret } };
}

test("the agent is looked for at one address after the other, until one proves itself", async () => {
  const { one, two, three, holder } = place();
  const strangers = await impersonate(one, () => "ok 1");
  await impersonate(two, prove);
  const last = await impersonate(three, prove);
  const found = await findAgent(holder, [join(holder.home, "nobody"), one, two, three]);
  if (!found || "stranger" in found) throw new Error("no agent was found");
  expect(found.agent.isOpen).toBe(true);
  found.agent.end();
  expect(strangers.heard).toEqual([expect.stringMatching(/^prove [\w-]{43}$/)]);
  expect(last.heard).toEqual([]);
});

test("nobody is found where nobody listens", async () => {
  const { one, holder } = place();
  expect(await findAgent(holder, [])).toBeNull();
  expect(await findAgent(holder, [one])).toBeNull();
});

test("each challenge is another one", async () => {
  const { one, holder } = place();
  const { heard } = await impersonate(one, () => "ok 1");
  await findAgent(holder, [one, one]);
  expect(new Set(heard).size).toBe(2);
});

test.each([
  ["a wrong proof", () => "ok 1"],
  ["a proof of something else", (line: string) => prove(`${line}x`)],
  ["the challenge itself", (line: string) => line.replace("prove", "ok")],
  ["a refusal", () => "error usage no"],
  ["nothing", () => ""],
] as const)("who answers with %s is a stranger, and is hung up on", async (_, reply) => {
  const { one, holder } = place();
  const hungUp = new Promise<void>((resolve) => {
    const server = createServer((client) => {
      client.on("data", (bytes) => client.write(`${reply(String(bytes).trim())}\n`));
      client.on("close", () => resolve());
    }).listen(one);
    onTestFinished(() => void server.close());
  });
  await expect.poll(() => findAgent(holder, [one])).toEqual({ stranger: one, isSilent: false });
  await hungUp;
});

test("who says nothing in time is a silent stranger", async () => {
  const { one, holder } = place();
  await impersonate(one, () => null);
  expect(await findAgent(holder, [one], 20)).toEqual({ stranger: one, isSilent: true });
});

test("who hangs up is a stranger, and not silent", async () => {
  const { one, two, holder } = place();
  const server = createServer((client) => client.end());
  await new Promise<void>((resolve) => server.listen(one, resolve));
  onTestFinished(() => void server.close());
  expect(await findAgent(holder, [one])).toEqual({ stranger: one, isSilent: false });
  // the last one counts
  await impersonate(two, () => null);
  expect(await findAgent(holder, [one, two], 20)).toEqual({ stranger: two, isSilent: true });
});
