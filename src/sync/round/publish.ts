import type { Look } from "#base/long-work.ts";
import { ownValue } from "#base/own-value.ts";
import type { NewFile, Repository } from "#sync/git/repository.ts";
import { blobId } from "#sync/git/repository.ts";
import { deviceId, hashOf } from "#sync/keys/device-keys.ts";
import { sealerFor } from "#sync/keys/sealed-file.ts";
import {
  encodeFarewell,
  encodeHead,
  filesDigest,
  type HeadBody,
  seenOf,
} from "#sync/members/head.ts";
import type { MemberChain, Membership } from "#sync/members/member-chain.ts";
import type { CountedToken } from "#sync/tokens/counted-token.ts";
import type { Stamp } from "#sync/tokens/stamp.ts";
import { encodeTokenFile } from "#sync/tokens/token-file.ts";
import { farewellFile, HEAD_FILE, type RemoteView, tokenFile } from "./remote-view.ts";
import type { KnownToken, SyncState } from "./sync-state.ts";
import type { Draft, Drafts, OpenContent } from "./take-over.ts";

/** What a commit is made of. */
interface Publication {
  readonly before: SyncState;
  readonly drafts: Drafts;
  readonly chain: MemberChain;
  readonly membership: Membership;
  readonly view: RemoteView;
  readonly stamp: Stamp;
  readonly now: Date;
  /** Whether a new head is written although nothing else has changed. */
  readonly mustWrite: boolean;
  /** What this device says that it counts with. */
  readonly counts: readonly CountedToken[];
}

/**
 * Encrypts what has changed, or was encrypted for other members than there are now, and makes a
 * commit where the branch differs from the last one. `commit` is null where there is none to make.
 */
export async function prepareCommit(
  publication: Publication,
  {
    repository,
    look,
    open,
    openAll,
  }: {
    repository: Repository;
    look: Look;
    open: OpenContent;
    openAll(ids: readonly string[]): Promise<void>;
  },
): Promise<Pick<SyncState, "tokens" | "head" | "published"> & { readonly commit: string | null }> {
  const { before, drafts, chain, membership, view, stamp, now } = publication;
  const counts = publication.counts.length === 0 ? undefined : publication.counts;
  const device = deviceId(before.keys);
  const recipients = [membership.recovery, ...membership.members.map(({ keys }) => keys.recipient)];
  const seal = sealerFor(recipients.map((key) => Buffer.from(key, "base64")));
  const files = new Map<string, NewFile>();
  const tokens: Record<string, KnownToken> = {};
  const isOutdated = ({ isStale, epoch }: Draft) => isStale || epoch !== membership.epoch;
  await openAll([...drafts.tokens].flatMap(([id, draft]) => (isOutdated(draft) ? id : [])));
  for (const [id, draft] of [...drafts.tokens].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { isStale: _, ...known } = draft;
    if (!isOutdated(draft)) {
      tokens[id] = known;
      files.set(tokenFile(id), known.blob);
      continue;
    }
    await look();
    const content = await open(id);
    const { epoch } = membership;
    const plaintext = encodeTokenFile({ shared: draft.shared, content, epoch }, before.keys);
    const sealed = await seal(plaintext);
    plaintext.fill(0);
    tokens[id] = { ...known, blob: blobId(sealed), epoch };
    files.set(tokenFile(id), sealed);
  }
  const blobs = new Map(Object.entries(tokens).map(([id, { blob }]) => [tokenFile(id), blob]));
  const published = hashOf({
    tokens: filesDigest(blobs),
    chain: hashOf(chain.at(-1)),
    ...(counts && { counts }),
  });
  const ownSeen = ownValue(view.seen, device);
  const isBehind = ownSeen !== undefined && ownSeen.number > (before.head?.number ?? 0);
  if (published === before.published && !isBehind && !publication.mustWrite)
    return { tokens, head: before.head, published, commit: null };
  for (const [name, bytes] of Object.entries(await farewellsOf(membership, chain))) {
    files.set(name, bytes);
    blobs.set(name, blobId(bytes));
  }
  const last = isBehind ? ownSeen : before.head;
  const { [device]: _, ...seen } = view.seen;
  const body: HeadBody = {
    device,
    number: (last?.number ?? 0) + 1,
    previous: last?.hash ?? null,
    clock: stamp.time,
    chain,
    files: filesDigest(blobs),
    seen,
    ...(counts && { counts }),
  };
  files.set(HEAD_FILE, await seal(encodeHead(body, before.keys)));
  const commit = await repository.commit(files, before.commit, now);
  return { tokens, head: seenOf(body), published, commit };
}

/** A file for each device that others have removed, encrypted for it. */
async function farewellsOf(
  { former }: Membership,
  chain: MemberChain,
): Promise<Record<string, Buffer>> {
  const farewells: Record<string, Buffer> = {};
  for (const { id, keys } of former) {
    const removal = chain.find(({ body }) => body.action === "remove" && body.member.id === id);
    if (removal?.body.author === id) continue;
    const recipient = Buffer.from(keys.recipient, "base64");
    farewells[farewellFile(id)] = await sealerFor([recipient])(encodeFarewell(chain));
  }
  return farewells;
}
