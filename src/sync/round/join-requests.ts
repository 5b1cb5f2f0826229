import type { RemoteBranches, Repository } from "#sync/git/repository.ts";
import { type JoinRequest, openRequest, requestWords } from "#sync/members/invitation.ts";
import {
  extendChain,
  type MemberChain,
  readMembership,
  toMember,
} from "#sync/members/member-chain.ts";
import { FreeNames, fold } from "#token/names.ts";
import type { SyncState } from "./sync-state.ts";

/**
 * Decides about a request, of which both screens show these words, and which was made with this
 * invitation. Null leaves it as it is.
 */
export type Approve = (
  request: JoinRequest,
  words: string,
  invitationId: string,
) => Promise<boolean | null>;

/** A request is a name and two keys. */
const MAX_REQUEST = 8_192;

/**
 * The members after the requests that were made with an invitation of this device. `foreign` are
 * the ids of invitations whose request was made by somebody who does not have its secret.
 */
export async function answerRequests(
  { invitations, keys }: SyncState,
  before: MemberChain,
  { requests }: RemoteBranches,
  { repository, now, approve }: { repository: Repository; now: Date; approve: Approve },
) {
  let chain = before;
  const approved: string[] = [];
  const left: { readonly name: string; readonly words: string }[] = [];
  const used = new Set<string>();
  const foreign: string[] = [];
  for (const invitation of invitations) {
    const commit = requests.get(invitation.id);
    if (commit === undefined || invitation.expires <= now.getTime()) continue;
    const file = (await repository.files(commit)).get("request");
    const [bytes] = file && file.bytes <= MAX_REQUEST ? await repository.read([file]) : [];
    const request = bytes ? openRequest(bytes, invitation) : null;
    if (!request) {
      foreign.push(invitation.id);
      continue;
    }
    const words = requestWords(request, invitation);
    const answer = await approve(request, words, invitation.id);
    if (answer === null) {
      left.push({ name: request.name, words });
      continue;
    }
    used.add(invitation.id);
    if (!answer) continue;
    const { members } = readMembership(chain);
    const names = new FreeNames(members.map(({ name }) => fold(name)));
    const member = toMember(names.next(request.name), request.keys);
    chain = extendChain(chain, { action: "add", member, at: now }, keys);
    approved.push(member.name);
  }
  return { chain, approved, requests: left, used, foreign };
}
