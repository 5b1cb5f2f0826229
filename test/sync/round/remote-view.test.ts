import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { gitProgram } from "#platform/program/git.ts";
import { Repository } from "#sync/git/repository.ts";
import { deviceId, hashOf, newDeviceKeys, newRecovery } from "#sync/keys/device-keys.ts";
import { openerFor, sealerFor } from "#sync/keys/sealed-file.ts";
import { encodeHead, filesDigest } from "#sync/members/head.ts";
import { extendChain, foundChain, toMember } from "#sync/members/member-chain.ts";
import { readRemote } from "#sync/round/remote-view.ts";
import type { SyncState } from "#sync/round/sync-state.ts";

const AT = new Date("2030-01-01T00:00:00Z");

/** What a device with a clock at 1000 reads of another member whose clock is at `clock`. */
async function readMember(clock: number, ignored: "other" | null = null) {
  const home = mkdtempSync(join(tmpdir(), "fob-remote-view-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const repository = new Repository(home, gitProgram(process.env, { mayAsk: false }));
  await repository.open(join(home, "nowhere"));
  const [keys, other] = [newDeviceKeys(), newDeviceKeys()];
  const founded = foundChain("one", keys, newRecovery().recipient, AT);
  const member = toMember("other", other);
  const chain = extendChain(founded, { action: "add", member, at: AT }, keys);
  const body = {
    ...{ device: member.id, number: 1, previous: null, clock, chain },
    ...{ files: filesDigest(new Map()), seen: {} },
  };
  const seal = sealerFor([Buffer.from(keys.recipient, "base64")]);
  const files = new Map([["head.age", await seal(encodeHead(body, other))]]);
  const commit = await repository.commit(files, null, AT);
  const state: SyncState = {
    ...{ revision: 1, name: "one", keys, remote: "", joining: null, genesis: hashOf(chain[0]) },
    ...{ chain, clock: 1_000, head: null, commit: null, published: null, seen: {}, loaded: {} },
    ...{ tokens: {}, invitations: [], lastSync: null },
  };
  const view = await readRemote(
    state,
    repository,
    { devices: new Map([[deviceId(other), commit]]), requests: new Map(), broken: new Map() },
    {
      openFile: openerFor(Buffer.from(keys.identity, "base64")),
      look: async () => undefined,
      isTrusted: false,
      isRestored: false,
      ignored: ignored && member.id,
    },
  );
  return view.branches.length;
}

test.each([1, 1_000, 2 ** 31])("a member's logical time may be %i", async (clock) => {
  expect(await readMember(clock)).toBe(1);
});

test.each([2 ** 33, 2 ** 48])("a member cannot use up all logical times by %i", async (clock) => {
  await expect(readMember(clock)).rejects.toMatchObject({
    code: "rejected",
    hint: expect.stringContaining("fob sync remove other"),
  });
  expect(await readMember(clock, "other")).toBe(0);
});
