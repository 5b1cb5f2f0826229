import { FobError } from "#base/fob-error.ts";
import { again, t } from "#base/language.ts";
import { defineCommand, required } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { nothingEnrolled } from "#commands/lookup.ts";
import { forget, type Secret } from "#token/secret.ts";
import { type Header, readHeader } from "#vault/keys/header.ts";
import { findKey } from "#vault/keys/kept-key.ts";
import { type KeyMove, moveKey } from "#vault/keys/key-move.ts";
import {
  KEYCHAIN_KINDS,
  KEYCHAIN_WORDS,
  type KeychainKind,
  type KeyKeeper,
} from "#vault/keys/keychain-kind.ts";
import { type OpenedVault, refuseExported } from "#vault/keys/open.ts";
import { findSlot } from "#vault/keys/slots.ts";
import { askNewAppPin } from "#vault/pins/app-pin.ts";

const [first, ...others] = KEYCHAIN_KINDS;

interface Moved extends KeyMove {
  readonly notes: readonly string[];
}

type MoveContext = Pick<Context, "access" | "openToChange" | "pinPrompt">;

/** `fob keychain move`: changes who keeps the vault's key. */
export const keychainMove = defineCommand({
  name: "keychain move",
  summary: "change who keeps the vault's key",
  description:
    "Asks for the app PIN where there is one, or takes the recovery code in its place, also when the key is lost; then a new PIN is asked for. " +
    "Tokens, their PINs, grants and a running agent go on as they are; biometrics are off afterwards.",
  arguments: {
    kind: required(KEYCHAIN_KINDS.join("|"), "who keeps the key from now on", KEYCHAIN_KINDS),
  },
  options: {},
  examples: [example(first), ...others.map(example)],
  async run({ kind }, context: MoveContext): Promise<Moved> {
    const to = parseKind(kind);
    const header = readHeader(context.access.home) ?? nothingEnrolled();
    refuseExported(header);
    await refuseSameKeeper(header, to, context);
    if (to !== "none") await refuseUnreachable(to, context);
    const opened = (await context.openToChange({ byPin: true })) ?? nothingEnrolled();
    const pin = await choosePin(opened, to, context);
    try {
      const move = await moveKey(opened, context.access, to, pin);
      return { ...move, notes: remarks(move, opened, context) };
    } finally {
      forget(pin);
    }
  },
  text: ({ to, recoveryCode }) => {
    const { keepsNow, recovery } = KEYCHAIN_WORDS[to];
    if (recoveryCode === null) return keepsNow();
    return [keepsNow(), t`new recovery code: ${recoveryCode}`, recovery()].join("\n");
  },
  json: ({ from, to, recoveryCode, closedBiometrics, leftBehind }) => ({
    from,
    to,
    recoveryCode,
    closedBiometrics,
    oldKey: from === "none" ? null : leftBehind ? "left" : "removed",
  }),
  notes: ({ notes }) => notes,
});

function example(kind: KeychainKind) {
  return {
    command: `fob keychain move ${kind}`,
    explanation: KEYCHAIN_WORDS[kind].explanation,
  };
}

function parseKind(text: string): KeychainKind {
  const kind = KEYCHAIN_KINDS.find((one) => one === text);
  if (kind !== undefined) return kind;
  throw new FobError(
    "usage",
    t`${JSON.stringify(text)} keeps no keys: ${KEYCHAIN_KINDS.join(", ")} are what can be chosen`,
  );
}

/**
 * Throws FobError `usage` where the key is in that place already. A lost key is no hindrance: the
 * same place gets a new one.
 */
async function refuseSameKeeper(
  header: Header,
  to: KeychainKind,
  { access }: Pick<Context, "access">,
): Promise<void> {
  if (header.keychain !== to) return;
  if (to === "none") {
    throw new FobError("usage", t("nobody keeps the key of this vault already"), {
      hint: t("`fob pin change` changes its passphrase"),
    });
  }
  const found = await findKey(header, access);
  if ("trouble" in found) return;
  forget(found.key);
  throw new FobError("usage", t`the key of this vault is kept by "${to}" already`);
}

/** Throws FobError `unavailable` before the person is asked for a PIN. */
async function refuseUnreachable(
  to: KeyKeeper,
  { access }: Pick<Context, "access">,
): Promise<void> {
  try {
    await access.keyStore(to).reach({ isForMove: true });
  } catch (error) {
    if (!(error instanceof FobError) || error.code !== "unavailable") throw error;
    throw new FobError("unavailable", error.message, {
      hint:
        error.hint === undefined
          ? t("nothing was changed")
          : t`nothing was changed; ${again(error.hint)}`,
      cause: error,
    });
  }
}

/**
 * What protects the vault after the move; null for its key alone. A passphrase becomes the app PIN.
 */
async function choosePin(
  { header, proof }: OpenedVault,
  to: KeychainKind,
  context: Pick<Context, "pinPrompt">,
): Promise<Secret | null> {
  if (to !== "none" && proof.kind === "pin") return proof.pin;
  if (proof.kind === "pin") forget(proof.pin);
  if (to !== "none" && findSlot(header, "keychain")) return null;
  return askNewAppPin({ keychain: to }, context.pinPrompt);
}

function remarks(
  { from, to, recoveryCode, closedBiometrics, leftBehind }: KeyMove,
  { header, proof }: OpenedVault,
  { access: { keychain } }: Pick<Context, "access">,
): string[] {
  const isPassphraseKept = from === "none" && to !== "none" && proof.kind === "pin";
  return [
    isPassphraseKept
      ? t("the passphrase is the app PIN now: `fob pin change` and `fob pin remove` change that")
      : null,
    recoveryCode !== null && findSlot(header, "recovery")
      ? t("the recovery code from before opens nothing any more")
      : null,
    closedBiometrics
      ? t("no finger or face stands for a PIN any more: `fob biometric enable` changes that")
      : null,
    leftBehind
      ? t`the old key could not be removed, and opens nothing any more: ${again(leftBehind.message)}`
      : null,
    keychain !== null && keychain !== to
      ? t`--keychain or FOB_KEYCHAIN say "${keychain}": leave them out, or fob refuses to open this vault`
      : null,
  ].filter((remark) => remark !== null);
}
