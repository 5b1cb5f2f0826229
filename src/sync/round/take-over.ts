import { createHash } from "node:crypto";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Look } from "#base/long-work.ts";
import type { Repository } from "#sync/git/repository.ts";
import type { OpenFile } from "#sync/keys/sealed-file.ts";
import type { Member, Membership } from "#sync/members/member-chain.ts";
import { isSameJson } from "#sync/tokens/json-value.ts";
import { latestStamp, mergeTokens, nameIn, type SharedToken } from "#sync/tokens/shared-token.ts";
import { decodeTokenFile, type TokenContent, type TokenFile } from "#sync/tokens/token-file.ts";
import {
  isOfBranch,
  MAX_TOKEN_FILE,
  type NewBranch,
  tokenFile,
  unreadableBranch,
} from "./remote-view.ts";
import type { KnownToken } from "./sync-state.ts";

/** A token during a round. Where it is stale, its file must be written anew. */
export interface Draft extends KnownToken {
  readonly isStale: boolean;
}

/** The tokens during a round, and the contents that were opened in it. */
export interface Drafts {
  readonly tokens: Map<string, Draft>;
  readonly contents: Map<string, TokenContent>;
  /** Names of tokens of which two devices had different secrets under one id. */
  readonly split: Set<string>;
}

/** Opens the content of a shared token. */
export type OpenContent = (id: string) => Promise<TokenContent>;

/** Merges everything that is new in the other devices' branches. */
export async function takeOver(
  drafts: Drafts,
  branches: readonly NewBranch[],
  opening: Opening,
): Promise<void> {
  const opened = new Set<string>();
  for (const branch of branches) {
    try {
      await takeBranch(drafts, branch, opened, opening);
    } catch (error) {
      throw named(error, branch, opening.membership);
    }
  }
}

async function takeBranch(
  drafts: Drafts,
  { tokens, clock }: NewBranch,
  opened: Set<string>,
  opening: Opening,
): Promise<void> {
  const { repository, openFile, membership, look } = opening;
  const authors = authorsIn(membership);
  const fresh = [...tokens].filter(
    ([id, { blob }]) => drafts.tokens.get(id)?.blob !== blob && !opened.has(`${id} ${blob}`),
  );
  const contents = await repository.read(fresh.map(([, file]) => file));
  for (const [i, [id, { blob }]] of fresh.entries()) {
    await look();
    opened.add(`${id} ${blob}`);
    const file = await openTokenFile(contents[i] ?? Buffer.alloc(0), id, { openFile, authors });
    if (latestStamp(file.shared).time > clock)
      throw new FobError("rejected", t`the token file ${id} is newer than its device says`);
    const known = drafts.tokens.get(id);
    if (known && known.shared.content !== file.shared.content)
      await openContent(drafts, id, opening);
    takeFile(drafts, file, blob);
  }
}

/** An error with the name of the device whose branch it is about. */
function named(error: unknown, { id }: NewBranch, { members }: Membership): unknown {
  const member = members.find((one) => one.id === id);
  return isOfBranch(error) && member ? unreadableBranch(member, error) : error;
}

/** What opening token files needs. */
export interface Opening {
  readonly repository: Repository;
  readonly openFile: OpenFile;
  readonly membership: Membership;
  readonly look: Look;
}

/** Opens the contents of tokens that this device knows, as far as they are not open yet. */
export async function openContents(
  drafts: Drafts,
  ids: readonly string[],
  { repository, openFile, membership, look }: Opening,
): Promise<void> {
  const closed = ids.filter((id) => !drafts.contents.has(id));
  const blobs = closed.map((id) => drafts.tokens.get(id)?.blob ?? "");
  const sizes = await repository.sizes(blobs);
  const files = blobs.map((blob) => sizes.get(blob) ?? { blob, bytes: 0 });
  const sealed = await repository.read(files);
  const authors = authorsIn(membership);
  for (const [i, id] of closed.entries()) {
    await look();
    const bytes = sealed[i] ?? Buffer.alloc(0);
    const { content } = await openTokenFile(bytes, id, { openFile, authors });
    drafts.contents.set(id, content);
  }
}

/** Opens the content of one token that this device knows. */
export async function openContent(
  drafts: Drafts,
  id: string,
  opening: Opening,
): Promise<TokenContent> {
  await openContents(drafts, [id], opening);
  const content = drafts.contents.get(id);
  if (content) return content;
  throw new FobError("invalid", t`the token file ${id} is missing`);
}

/**
 * Whether a device that is out says in its branch, at this commit, that it has a token which was
 * handed over to it. True where that cannot be read: then it may have it.
 */
export async function saysItHas(
  device: string,
  { id, commit }: { readonly id: string; readonly commit: string },
  { repository, openFile, membership }: Opening,
): Promise<boolean> {
  try {
    const file = (await repository.files(commit)).get(tokenFile(id));
    if (!file) return false;
    const [sealed = Buffer.alloc(0)] =
      file.bytes <= MAX_TOKEN_FILE ? await repository.read([file]) : [];
    const authors = authorsIn(membership);
    const { shared } = await openTokenFile(sealed, id, { openFile, authors });
    return shared.holder?.value.device === device && shared.holder.value.step === "held";
  } catch (error) {
    if (isOfBranch(error)) return true;
    throw error;
  }
}

/** All devices whose signature counts: those that are members, and those that were. */
function authorsIn({ former, members }: Membership): ReadonlyMap<string, Member> {
  return new Map([...former, ...members].map((member) => [member.id, member]));
}

async function openTokenFile(
  sealed: Buffer,
  id: string,
  {
    openFile,
    authors,
  }: { readonly openFile: OpenFile; readonly authors: ReadonlyMap<string, Member> },
): Promise<TokenFile> {
  const bytes = await openFile(sealed);
  if (bytes) return decodeTokenFile(bytes, id, authors);
  throw new FobError("rejected", t`the token file ${id} is not encrypted for this device`);
}

/** Merges one file. Of equal versions all devices choose the same file, so that they converge. */
function takeFile(drafts: Drafts, { shared, content, epoch }: TokenFile, blob: string): void {
  const known = drafts.tokens.get(shared.id);
  if (!known) {
    noteSplit(drafts, shared.id);
    drafts.contents.set(shared.id, content);
    drafts.tokens.set(shared.id, {
      shared,
      blob,
      epoch,
      isStale: false,
      local: null,
      secretKey: "",
      wantsPin: false,
    });
    return;
  }
  if (known.shared.content !== shared.content) {
    splitToken(drafts, known, shared, content);
    return;
  }
  drafts.contents.set(shared.id, content);
  const merged = mergeTokens(known.shared, shared);
  const isTheirs = isSameJson(merged, shared);
  const isOurs = isSameJson(merged, known.shared);
  const isBetter = epoch > known.epoch || (epoch === known.epoch && blob < known.blob);
  if (isTheirs && (!isOurs || isBetter || known.isStale))
    drafts.tokens.set(shared.id, { ...known, shared: merged, blob, epoch, isStale: false });
  else if (!isOurs) drafts.tokens.set(shared.id, { ...known, shared: merged, isStale: true });
}

/** Half the length of an id. */
const HALF = 16;

/** Names the token of this device from which another device has split this new one. */
function noteSplit(drafts: Drafts, id: string): void {
  for (const [known, { local, shared }] of drafts.tokens) {
    if (local && known.startsWith(id.slice(0, HALF))) drafts.split.add(nameIn(shared));
  }
}

/**
 * Two secrets under one id are two tokens: the one whose content has the greater hash moves to an
 * id that follows from both, so that all devices give it the same one. Its first half stays, so
 * that the other device recognises what has happened.
 */
function splitToken(
  drafts: Drafts,
  known: Draft,
  shared: SharedToken,
  content: TokenContent,
): void {
  const isOursGreater = known.shared.content > shared.content;
  const moving = isOursGreater ? known.shared : shared;
  const ids = createHash("sha256").update(`${moving.id} ${moving.content}`).digest("hex");
  const [id, token] = [moving.id.slice(0, HALF) + ids.slice(0, HALF), ids.slice(32, 48)];
  drafts.split.add(nameIn(known.shared));
  const ourContent = drafts.contents.get(shared.id);
  if (isOursGreater) {
    drafts.tokens.set(shared.id, { ...known, shared, isStale: true, local: null, secretKey: "" });
    drafts.contents.set(shared.id, content);
    drafts.tokens.set(id, { ...known, shared: { ...known.shared, id, token }, isStale: true });
    if (ourContent) drafts.contents.set(id, ourContent);
    return;
  }
  if (drafts.tokens.has(id)) return;
  drafts.contents.set(id, content);
  drafts.tokens.set(id, {
    shared: { ...shared, id, token },
    blob: "",
    isStale: true,
    epoch: 0,
    local: null,
    secretKey: "",
    wantsPin: false,
  });
}
