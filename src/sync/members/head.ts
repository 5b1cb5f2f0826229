import { createHash } from "node:crypto";
import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { type DeviceKeys, hashOf, isSigned, signValue } from "#sync/keys/device-keys.ts";
import { type CountedToken, CountedTokenSchema } from "#sync/tokens/counted-token.ts";
import { padJson } from "#sync/tokens/padding.ts";
import { MAX_TIME } from "#sync/tokens/stamp.ts";
import { parseJson } from "#token/bounded-json.ts";
import { writtenByNewer } from "#token/newer.ts";
import { ChainSchema, type Member, type MemberChain } from "./member-chain.ts";

/** What a device has written last, as far as another one has seen it. */
export interface SeenHead {
  readonly number: number;
  readonly hash: string;
}

/**
 * What a device says of its branch. It is signed, and covers every file of the branch, the list of
 * members, and what the device had seen of the others: so a remote can neither change, leave out,
 * add nor exchange anything, nor show an older state to whoever has seen a newer one.
 */
export interface HeadBody {
  readonly device: string;
  /** Increases with every commit of the device. */
  readonly number: number;
  /** The hash of the head before; null for the first. */
  readonly previous: string | null;
  /** The logical time of the device. */
  readonly clock: number;
  readonly chain: MemberChain;
  /** The hash over names and contents of all token files ({@link filesDigest}). */
  readonly files: string;
  readonly seen: Readonly<Record<string, SeenHead>>;
  /** The tokens that the device counts or answers with; absent where there are none. */
  readonly counts?: readonly CountedToken[] | undefined;
}

const FORMAT = "fob-sync-head";
/** Heads without counts are of version 1, as they always were. */
const VERSION = 2;

/** More tokens than any vault has. */
const MAX_COUNTS = 100_000;

const PURPOSE = "sync head";

const Number_ = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const Hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const Id = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));

const Outer = v.object({ format: v.literal(FORMAT), version: Number_ });

const HeadSchema = v.strictObject({
  format: v.literal(FORMAT),
  version: Number_,
  body: v.strictObject({
    device: Id,
    number: Number_,
    previous: v.nullable(Hash),
    clock: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(MAX_TIME)),
    chain: ChainSchema,
    files: Hash,
    seen: v.record(Id, v.strictObject({ number: Number_, hash: Hash })),
    counts: v.optional(v.pipe(v.array(CountedTokenSchema), v.maxLength(MAX_COUNTS))),
  }),
  signature: v.pipe(v.string(), v.length(88), v.base64()),
});

const FarewellSchema = v.object({
  format: v.literal("fob-sync-farewell"),
  version: Number_,
  chain: ChainSchema,
});

/** The plaintext of a head, signed and padded. */
export function encodeHead(body: HeadBody, keys: DeviceKeys): Buffer {
  const signature = signValue(body, PURPOSE, keys);
  const version = body.counts ? VERSION : 1;
  return padJson(JSON.stringify({ format: FORMAT, version, body, signature }));
}

/**
 * Reverses {@link encodeHead}, without checking the signature: the chain inside says who is a
 * member. Throws FobError `invalid` for what is no head, or one of a newer fob.
 */
export function decodeHead(bytes: Buffer): { readonly body: HeadBody; readonly signature: string } {
  const json = parseJson(bytes.toString("utf8"));
  const outer = v.safeParse(Outer, json);
  if (outer.success && outer.output.version > VERSION) throw writtenByNewer(t("the repository"));
  const parsed = v.safeParse(HeadSchema, json, { abortEarly: true });
  if (!parsed.success)
    throw new FobError("invalid", t("a device's branch begins with no head that fob knows"));
  return parsed.output;
}

/** Throws FobError `rejected` where this member has not signed the head. */
export function checkHead(
  { body, signature }: { readonly body: HeadBody; readonly signature: string },
  member: Member,
): void {
  if (body.device === member.id && isSigned(body, PURPOSE, signature, member.keys)) return;
  throw new FobError("rejected", t`the branch of ${member.name} is not signed by it`);
}

/** The plaintext of the file that tells a former member: the list of members, which proves it. */
export function encodeFarewell(chain: MemberChain): Buffer {
  return padJson(JSON.stringify({ format: "fob-sync-farewell", version: 1, chain }));
}

/** Reverses {@link encodeFarewell}. Throws FobError `invalid` for anything else. */
export function decodeFarewell(bytes: Buffer): MemberChain {
  const parsed = v.safeParse(FarewellSchema, parseJson(bytes.toString("utf8")));
  if (parsed.success) return parsed.output.chain;
  throw new FobError("invalid", t("a file of the repository is damaged"));
}

/** The head as others remember it. */
export function seenOf(body: HeadBody): SeenHead {
  return { number: body.number, hash: hashOf(body) };
}

/** A hash over the names of files and the ids of their contents. */
export function filesDigest(files: ReadonlyMap<string, string>): string {
  const hash = createHash("sha256");
  for (const [name, blob] of [...files].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${name} ${blob}\n`);
  return hash.digest("hex");
}
