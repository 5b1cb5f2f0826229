import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { gitProgram } from "#platform/program/git.ts";
import { Repository } from "#sync/git/repository.ts";
import { deviceId, newDeviceKeys, newRecovery } from "#sync/keys/device-keys.ts";
import { openerFor, sealerFor } from "#sync/keys/sealed-file.ts";
import { extendChain, foundChain, readMembership, toMember } from "#sync/members/member-chain.ts";
import { tokenFile } from "#sync/round/remote-view.ts";
import { type Drafts, takeOver } from "#sync/round/take-over.ts";
import { contentHash, encodeTokenFile, type TokenContent } from "#sync/tokens/token-file.ts";

const ID = "0123456789abcdef0123456789abcdef";
const AT = new Date("2030-01-01T00:00:00Z");

const contentOf = (secret: string): TokenContent => ({
  format: "otpauth",
  credential: { kind: "motp" },
  enrolledAt: AT,
  pin: "none",
  pinPolicy: null,
  secret: Buffer.from(secret),
});

/** Two members, each with a secret of its own under one id, in one repository. */
async function twoSecrets(secrets: readonly [string, string]) {
  const home = mkdtempSync(join(tmpdir(), "fob-take-over-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const repository = new Repository(home, gitProgram(process.env, { mayAsk: false }));
  await repository.open(join(home, "nowhere"));
  const [one, other] = [newDeviceKeys(), newDeviceKeys()];
  const member = toMember("other", other);
  const founded = foundChain("one", one, newRecovery().recipient, AT);
  const chain = extendChain(founded, { action: "add", member, at: AT }, one);
  const membership = readMembership(chain);
  const seal = sealerFor(
    membership.members.map(({ keys }) => Buffer.from(keys.recipient, "base64")),
  );
  /** What a device knows, and how the other one sees it. */
  const deviceOf = (keys: typeof one, secret: string) => {
    const content = contentOf(secret);
    const stamp = { time: 1, device: deviceId(keys) };
    const fields = { name: { value: "mail", stamp } };
    const shared = {
      ...{ id: ID, token: "0123456789abcdef", content: contentHash(content), fields },
      ...{ removed: { value: false, stamp }, holder: null },
    };
    const local = { id: shared.token, fields: { name: "mail" } };
    const drafts: Drafts = { tokens: new Map(), contents: new Map(), split: new Set() };
    const rest = { blob: "", epoch: 2, isStale: true, secretKey: "", wantsPin: false };
    drafts.tokens.set(ID, { shared, local, ...rest });
    drafts.contents.set(ID, content);
    return { keys, drafts };
  };
  /** Commits what a device knows; the branch as the other one gets it. */
  const publish = async ({ keys, drafts }: ReturnType<typeof deviceOf>) => {
    const files = new Map<string, Buffer>();
    for (const [id, { shared }] of drafts.tokens) {
      const content = drafts.contents.get(id);
      if (content)
        files.set(tokenFile(id), await seal(encodeTokenFile({ shared, content, epoch: 2 }, keys)));
    }
    const commit = await repository.commit(files, null, AT);
    const listed = await repository.files(commit);
    const tokens = new Map([...listed].map(([name, file]) => [name.slice(7, 39), file]));
    return { id: deviceId(keys), commit, clock: 1, counts: [], tokens };
  };
  const take = async (
    { keys, drafts }: ReturnType<typeof deviceOf>,
    branch: Awaited<ReturnType<typeof publish>>,
  ) => {
    const openFile = openerFor(Buffer.from(keys.identity, "base64"));
    await takeOver(drafts, [branch], { repository, openFile, membership, look: async () => {} });
  };
  return { one: deviceOf(one, secrets[0]), other: deviceOf(other, secrets[1]), publish, take };
}

const secretsIn = ({ drafts }: { readonly drafts: Drafts }) =>
  [...drafts.contents].map(([id, { secret }]) => `${id} ${Buffer.from(secret)}`).sort();

test.each([
  ["a", "b"],
  ["b", "a"],
  ["c", "d"],
  ["d", "c"],
] as const)(
  "two secrets under one id (%s and %s) both stay, and both devices say so",
  async (...secrets) => {
    const { one, other, publish, take } = await twoSecrets(secrets);
    await take(one, await publish(other));
    await take(other, await publish(one));
    expect([...one.drafts.split]).toEqual(["mail"]);
    expect([...other.drafts.split]).toEqual(["mail"]);
    expect(secretsIn(one)).toHaveLength(2);
    expect(secretsIn(other)).toEqual(secretsIn(one));
    // each keeps its own secret in its vault
    for (const [{ drafts }, secret] of [
      [one, secrets[0]],
      [other, secrets[1]],
    ] as const) {
      const mine = [...drafts.tokens].filter(([, { local }]) => local !== null);
      expect(mine.map(([id]) => String(drafts.contents.get(id)?.secret))).toEqual([secret]);
    }
    // saying it once is enough
    one.drafts.split.clear();
    await take(one, await publish(other));
    expect([...one.drafts.split]).toEqual([]);
  },
);

test("a file that is newer than its device says is refused", async () => {
  const { one, other, publish, take } = await twoSecrets(["a", "b"]);
  const branch = { ...(await publish(other)), clock: 0 };
  await expect(take(one, branch)).rejects.toMatchObject({ code: "rejected" });
});
