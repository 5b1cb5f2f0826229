import { FobError } from "#base/fob-error.ts";
import type { Look } from "#base/long-work.ts";
import type { JsonValue } from "#sync/tokens/json-value.ts";
import { sharedFields, withSharedFields } from "#sync/tokens/local-fields.ts";
import { isInUse, nameIn } from "#sync/tokens/shared-token.ts";
import type { Stamp } from "#sync/tokens/stamp.ts";
import type { TokenContent } from "#sync/tokens/token-file.ts";
import { newlyEnrolled } from "#token/codec.ts";
import { raiseCounter } from "#token/counter.ts";
import { fold } from "#token/names.ts";
import { USER_PIN_POLICY } from "#token/pin-policy.ts";
import { forget } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import { replaceNote, sealedNoteOf } from "#vault/belongings/note.ts";
import { addCodes } from "#vault/belongings/recovery-codes.ts";
import { settleRestored } from "#vault/belongings/restored-codes.ts";
import { askNewPin, type PinPrompt } from "#vault/pins/pin-prompt.ts";
import { addTokens, type NewToken } from "#vault/tokens/adding.ts";
import type { Processes } from "#vault/tokens/batch.ts";
import { countingKey, readSound, soundFingerprint } from "#vault/tokens/same-secret.ts";
import { fingerprintOf, type NewPin, withCounter } from "#vault/tokens/token-record.ts";
import { readRemoved, removedIds, removeToken, restoreToken } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";
import { displayNames } from "./display-names.ts";
import type { Draft, Drafts } from "./take-over.ts";
import { fieldsInVault, sharedNote } from "./vault-fields.ts";

/** What changing the vault needs. */
export interface VaultWork {
  readonly vault: Vault;
  readonly device: string;
  readonly pinPrompt: PinPrompt;
  /** Whether the PINs of tokens that arrive are asked for now. */
  readonly asksPins: boolean;
  readonly processes: Processes;
  readonly now: Date;
  /** Of the changes that this round makes. */
  readonly stamp: Stamp;
  readonly look: Look;
  openContent(id: string): Promise<TokenContent>;
}

/** What a round has changed in the vault: names of tokens. */
export interface VaultReport {
  readonly added: string[];
  readonly removed: string[];
  readonly changed: string[];
  /** Tokens that wait for a PIN. */
  readonly waiting: string[];
  /** Tokens that were removed because another device has them, which is the one with this id. */
  readonly elsewhere: { readonly name: string; readonly device: string }[];
}

/** Makes the vault agree with the shared tokens. Doing it twice changes nothing more. */
export async function changeVault(drafts: Drafts, work: VaultWork): Promise<VaultReport> {
  const report: VaultReport = { added: [], removed: [], changed: [], waiting: [], elsewhere: [] };
  removeGone(drafts, work, report);
  linkPresent(drafts, work);
  const names = namesFor(drafts, work);
  renameAll(drafts, names, work, report);
  await addMissing(drafts, names, work, report);
  takeCodes(drafts, work);
  amendAll(drafts, names, work, report);
  return { ...report, changed: report.changed.filter((name) => !report.added.includes(name)) };
}

/** Whether a shared token belongs into the vault of this device. */
export function belongsHere({ shared, isUnheard }: Draft, device: string): boolean {
  if (!isInUse(shared) || isUnheard) return false;
  const holder = shared.holder?.value;
  if (!holder) return true;
  if (holder.step === "held") return holder.device === device;
  return holder.step !== "released" && holder.from === device;
}

/** The device that has a token in the place of this one; null for none. */
export function deviceElsewhere({ shared }: Pick<Draft, "shared">, device: string): string | null {
  const holder = shared.holder?.value;
  if (!holder || !isInUse(shared) || holder.device === device) return null;
  return holder.step === "released" || holder.step === "held" ? holder.device : null;
}

/**
 * Removes the tokens that do not belong here, also those that came back: a home or a backup of the
 * time before a move was restored. They stay restorable.
 */
function removeGone(drafts: Drafts, { vault, device, now }: VaultWork, report: VaultReport): void {
  const kept = new Set(
    [...drafts.tokens.values()].flatMap((draft) =>
      draft.local && belongsHere(draft, device) ? draft.local.id : [],
    ),
  );
  const listed = new Map(vault.entries().map((entry) => [entry.id, entry]));
  const find = (id: string | null) => (id && !kept.has(id) ? listed.get(id) : undefined);
  for (const [id, draft] of drafts.tokens) {
    if (belongsHere(draft, device)) continue;
    const elsewhere = deviceElsewhere(draft, device);
    const entry = find(draft.local?.id ?? (elsewhere && draft.shared.token));
    if (entry) takeAway(entry, elsewhere, { vault, now }, report);
    const isAside = (entry && elsewhere !== null) || draft.isAside === true;
    drafts.tokens.set(id, { ...draft, local: null, wantsPin: false, isAside });
  }
}

/** `elsewhere` is the device that has the token in the place of this one; null for none. */
function takeAway(
  { id, name }: Pick<Token, "id" | "name">,
  elsewhere: string | null,
  { vault, now }: Pick<VaultWork, "vault" | "now">,
  report: VaultReport,
): void {
  removeToken(vault, id, now);
  report.removed.push(name);
  if (elsewhere !== null) report.elsewhere.push({ name, device: elsewhere });
}

/** The shown name of each shared token that belongs here, by the id of its file. */
function namesFor(drafts: Drafts, { vault, device }: VaultWork): ReadonlyMap<string, string> {
  const here = [...drafts.tokens].filter(([, draft]) => belongsHere(draft, device));
  const shared = new Set(here.flatMap(([, { local }]) => local?.id ?? []));
  const others = vault.entries().flatMap(({ id, name }) => (shared.has(id) ? [] : name));
  return displayNames(
    here.map(([id, { shared }]) => ({ id, name: nameIn(shared) })),
    others,
  );
}

/** Gives existing tokens their names, so that those that are added find theirs free. */
function renameAll(
  drafts: Drafts,
  names: ReadonlyMap<string, string>,
  { vault }: VaultWork,
  report: VaultReport,
): void {
  const wanted = new Map<string, string>();
  for (const [id, { local }] of drafts.tokens) {
    const name = names.get(id);
    if (local && name !== undefined) wanted.set(local.id, name);
  }
  const entries = new Map(vault.entries().map(({ id, name }) => [id, name]));
  const pending = new Map([...wanted].filter(([id, name]) => entries.get(id) !== name));
  const isFree = (id: string, name: string) =>
    [...entries].every(([other, taken]) => other === id || fold(taken) !== fold(name));
  const rename = (id: string, name: string) => {
    vault.amend(id, (token) => ({ ...token, name }));
    entries.set(id, name);
  };
  while (pending.size > 0) {
    const next = [...pending].find(([id, name]) => isFree(id, name));
    if (next) {
      rename(...next);
      report.changed.push(next[1]);
      pending.delete(next[0]);
      continue;
    }
    // two tokens exchange their names: one of them takes a name that nobody wants in between
    const [first] = pending.keys();
    if (first === undefined) return;
    rename(first, `${pending.get(first)} (${first})`);
  }
}

/** A token that is to be stored, with the id of its file. */
interface Arriving {
  readonly id: string;
  readonly token: NewToken;
}

/**
 * Links the tokens that the vault has already: somebody enrolled the same secret here, or the round
 * before was cut off after it had stored them. Before names are given, so that their own names are
 * not taken for those of others.
 */
function linkPresent(drafts: Drafts, { vault, device }: VaultWork): void {
  const missing = [...drafts.tokens].filter(
    ([, draft]) => !draft.local && belongsHere(draft, device),
  );
  if (missing.length === 0) return;
  const present = presentSecrets(drafts, vault);
  for (const [id, draft] of missing) {
    const found = present.get(draft.secretKey) ?? present.get(draft.shared.token);
    if (found !== undefined) link(drafts, id, draft, vault, found);
  }
}

async function addMissing(
  drafts: Drafts,
  names: ReadonlyMap<string, string>,
  work: VaultWork,
  report: VaultReport,
): Promise<void> {
  const missing = [...drafts.tokens].filter(([id, { local }]) => names.has(id) && !local);
  if (missing.length === 0) return;
  const removed = new Set(removedIds(work.vault));
  const arriving: Arriving[] = [];
  for (const [id, draft] of missing) {
    const name = names.get(id) ?? draft.shared.token;
    const { token } = draft.shared;
    if (removed.has(token)) {
      const record = readRemoved(work.vault, token);
      if (record && "token" in record) await settleRestored(work.vault, record, work);
      restoreToken(work.vault, token);
      link(drafts, id, draft, work.vault, token);
      report.added.push(name);
      continue;
    }
    const content = await work.openContent(id);
    const guard = await guardFor(content, name, work);
    if (guard !== "later")
      arriving.push({ id, token: { ...newToken(draft, content, name), guard } });
    else {
      drafts.tokens.set(id, { ...draft, wantsPin: true });
      report.waiting.push(name);
    }
  }
  await store(drafts, arriving, work, report);
}

async function store(
  drafts: Drafts,
  arriving: readonly Arriving[],
  { vault, now, processes, look }: VaultWork,
  report: VaultReport,
): Promise<void> {
  const wanted = arriving.map(({ token }) => token);
  const added = await addTokens(vault, wanted, { now, processes, look });
  for (const [i, { id, token }] of arriving.entries()) {
    forget(token.guard?.pin);
    const draft = drafts.tokens.get(id);
    const stored = added[i];
    if (!draft || !stored) continue;
    const local = { id: stored.id, fields: sharedFields(stored) };
    drafts.tokens.set(id, { ...draft, local, wantsPin: false, isAside: false });
    report.added.push(stored.name);
  }
}

/**
 * Stores the recovery codes of tokens that were handed over to this device, once, and takes them
 * out of the shared token: from now on they change here.
 */
function takeCodes(drafts: Drafts, { vault, device, stamp }: VaultWork): void {
  for (const [id, draft] of drafts.tokens) {
    const { local, shared } = draft;
    if (!local || shared.holder?.value.step !== "held") continue;
    const { codes, ...value } = shared.holder.value;
    if (!codes || value.device !== device) continue;
    // what was given meanwhile stays given, if an interrupted round has stored them already
    addCodes(vault, local.id, codes, false);
    const without = { ...shared, holder: { value, stamp } };
    drafts.tokens.set(id, { ...draft, shared: without, isStale: true });
  }
}

/**
 * The tokens in the vault by kind and secret, and by id. Those whose shared token is linked are
 * left out.
 */
function presentSecrets(drafts: Drafts, vault: Vault): Map<string, string> {
  const linked = new Set([...drafts.tokens.values()].flatMap(({ local }) => local?.id ?? []));
  const present = new Map<string, string>();
  for (const { id, credential } of vault.entries()) {
    if (linked.has(id)) continue;
    present.set(id, id);
    const fingerprint = soundFingerprint(vault, readSound(vault, id));
    if (fingerprint) present.set(countingKey(fingerprint, credential), id);
  }
  return present;
}

/** Identifies tokens of one kind with the same secret, in this vault. */
export function keyOf(
  { credential, secret }: Pick<TokenContent, "credential" | "secret">,
  { vaultKey }: Pick<Vault, "vaultKey">,
): string {
  return countingKey(fingerprintOf(secret, vaultKey), credential);
}

/**
 * The token of the vault is this shared one: what differs is taken over from the shared one. It
 * counts on where either of the two has come to.
 */
function link(drafts: Drafts, id: string, draft: Draft, vault: Vault, token: string): void {
  const counter = draft.shared.holder?.value.counter;
  if (counter) {
    vault.update(token, (record) => withCounter(record, BigInt(counter)));
  }
  const entry = vault.entries().find((one) => one.id === token);
  const fields = entry ? fieldsInVault(vault, entry) : {};
  const local = { id: token, fields };
  drafts.tokens.set(id, { ...draft, local, wantsPin: false, isAside: false });
}

function newToken({ shared }: Draft, content: TokenContent, name: string): NewToken {
  const { credential, format, enrolledAt, pin, secret } = content;
  const counter = shared.holder?.value.counter;
  const bare: Token = {
    ...newlyEnrolled(enrolledAt),
    id: shared.token,
    name,
    issuer: null,
    account: null,
    serial: null,
    format,
    credential: counter ? raiseCounter(credential, BigInt(counter)) : credential,
    pin: pin === "user" ? "none" : pin,
  };
  return { ...withSharedFields(bare, valuesOf(shared.fields)), name, secret };
}

/** The PIN of a token that needs one, null for none, "later" where nobody is there to choose it. */
async function guardFor(
  { pin, pinPolicy }: TokenContent,
  name: string,
  { pinPrompt, asksPins, now }: VaultWork,
): Promise<NewPin | null | "later"> {
  if (pin !== "user") return null;
  if (!asksPins) return "later";
  const policy = pinPolicy ?? USER_PIN_POLICY;
  try {
    const chosen = await askNewPin(pinPrompt, name, policy, { later: null });
    return { pin: chosen, policy, setAt: now, isOwn: true };
  } catch (error) {
    if (error instanceof FobError && error.code === "locked") return "later";
    throw error;
  }
}

/** Takes changed fields over into the vault. */
function amendAll(
  drafts: Drafts,
  names: ReadonlyMap<string, string>,
  { vault }: VaultWork,
  report: VaultReport,
): void {
  const entries = new Map(vault.entries().map((entry) => [entry.id, entry]));
  for (const [id, draft] of drafts.tokens) {
    const name = names.get(id);
    const entry = draft.local && entries.get(draft.local.id);
    if (!entry || name === undefined) continue;
    const wanted = { ...withSharedFields(entry, valuesOf(draft.shared.fields)), name };
    const before = JSON.stringify(sharedFields(entry));
    const isChanged = JSON.stringify(sharedFields(wanted)) !== before;
    const amended = isChanged
      ? vault.amend(entry.id, (token) => ({
          ...withSharedFields(token, valuesOf(draft.shared.fields)),
          name,
        }))
      : entry;
    const note = sharedNote(draft.shared);
    const isNoteChanged = note !== undefined && takeNote(vault, draft, note);
    if (isChanged || isNoteChanged) report.changed.push(name);
    // not the note that is there: one that was written meanwhile is a change for the next round
    const fields = { ...sharedFields(amended), ...(note === undefined ? {} : { note }) };
    drafts.tokens.set(id, { ...draft, local: { id: entry.id, fields } });
  }
}

/** Takes a shared note over, unless another one was written here meanwhile. */
function takeNote(vault: Vault, { local }: Draft, note: string | null): boolean {
  if (!local) return false;
  const current = sealedNoteOf(vault, local.id);
  if (note === current || current !== (local.fields["note"] ?? null)) return false;
  return replaceNote(vault, local.id, { before: current, after: note });
}

function valuesOf(fields: Draft["shared"]["fields"]): Record<string, JsonValue> {
  return Object.fromEntries(Object.entries(fields).map(([name, { value }]) => [name, value]));
}
