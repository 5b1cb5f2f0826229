import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { Effort } from "#enrollment/effort.ts";
import { readContainer } from "#enrollment/pskc/read-pskc.ts";
import { child, children, type Element } from "#enrollment/pskc/xml.ts";
import type { OtpCredential } from "#token/credential.ts";
import type { AskSecret, ParsedToken } from "#token/draft/parsed-token.ts";
import { forget, type Secret } from "#token/secret.ts";
import { PASSPHRASE_WRAP } from "./client-messages.ts";
import type { Prf } from "./prf.ts";
import {
  agreeOnKeys,
  isConfirmed,
  type KeyAgreement,
  type ProvisionedKeys,
  splitKeys,
} from "./provisioning-key.ts";
import type { ServerFinished } from "./server-messages.ts";

/** What the server's last message is checked with. */
export interface Confirmation {
  readonly prf: Prf;
  /** Its name, for messages. */
  readonly server: string;
  /** All messages before it, as bytes. */
  readonly messages: readonly Uint8Array[];
  readonly passphrase: Secret;
}

/** A key of 128 bits has two such halves. */
const MIN_PROVISIONING_BYTES = 32;

/**
 * The token of the four-pass protocol. Its key package has no secret, because both sides have
 * computed it. Rejects as {@link transportedDraft} does.
 */
export function agreedDraft(
  finished: ServerFinished,
  confirmation: Confirmation,
  agreement: KeyAgreement,
): Promise<ParsedToken> {
  return confirmedDraft(finished, { ...confirmation, serverId: "" }, (carried, credential) => {
    forget(carried);
    if (carried)
      throw new FobError(
        "invalid",
        t("it holds a secret, which both sides were to make (four passes)"),
      );
    return agreeOnKeys(confirmation.prf, agreement, credential);
  });
}

/**
 * The token of two passes: its key package holds the provisioning key, wrapped under the
 * passphrase. Rejects with FobError `rejected` when passphrase or MAC is wrong, `invalid` for a
 * package that cannot be used.
 */
export async function transportedDraft(
  finished: ServerFinished,
  confirmation: Confirmation,
): Promise<ParsedToken> {
  const { container, protection, serverId } = finished;
  if (protection !== null && protection !== PASSPHRASE_WRAP) {
    throw new FobError("invalid", t("the server protects the key in a way that was not offered"));
  }
  if (!child(child(container, "EncryptionKey"), "DerivedKey") || hasPlainSecret(container)) {
    throw new FobError("invalid", t("the server sent a key that the passphrase does not protect"));
  }
  return confirmedDraft(finished, { ...confirmation, serverId }, (carried, credential) => {
    if (carried && carried.length >= MIN_PROVISIONING_BYTES && carried.length % 2 === 0) {
      return splitKeys(confirmation.prf, carried, credential);
    }
    throw new FobError("invalid", t("it holds no key of two equal halves of 128 bits or more"));
  });
}

/** Nothing in the package is used before the MAC is checked. */
async function confirmedDraft(
  { container, mac }: ServerFinished,
  { prf, server, messages, serverId, passphrase }: Confirmation & { readonly serverId: string },
  makeKeys: (carried: Buffer | null, credential: OtpCredential) => ProvisionedKeys,
): Promise<ParsedToken> {
  const made: ProvisionedKeys[] = [];
  const makeSecret = (carried: Buffer | null, credential: OtpCredential) => {
    const keys = makeKeys(carried, credential);
    made.push(keys);
    return keys.tokenKey;
  };
  let isGood = false;
  try {
    const draft = await readOnly(container, openWith(passphrase), makeSecret).catch(asRejection);
    isGood = made.every(({ macKey }) => isConfirmed(prf, macKey, mac, { messages, serverId }));
    if (isGood) return draft;
    throw new FobError(
      "rejected",
      t`${server} cannot prove that it made this token: its MAC is wrong`,
      {
        hint: t(
          "somebody may be on the way: nothing was stored; ask who issued the string for a new one",
        ),
      },
    );
  } finally {
    for (const { macKey, tokenKey } of made) forget(macKey, isGood ? null : tokenKey);
  }
}

async function readOnly(
  container: Element,
  askSecret: AskSecret,
  makeSecret: (carried: Buffer | null, credential: OtpCredential) => Buffer,
): Promise<ParsedToken> {
  const { drafts, refusals } = await readContainer(container, askSecret, new Effort(), makeSecret);
  if (refusals[0] !== undefined)
    throw new FobError("invalid", t`the server's token cannot be used: ${refusals[0]}`);
  const [draft, ...more] = drafts;
  if (draft && more.length === 0) return draft;
  throw new FobError("invalid", t`the server sent ${drafts.length} tokens where one was asked for`);
}

/** A passphrase that does not open the package is reported as the server's refusal. */
function asRejection(error: unknown): never {
  if (!(error instanceof FobError) || error.code !== "denied") throw error;
  throw new FobError(
    "rejected",
    t`the passphrase of the string does not open what the server sent: ${error.message}`,
  );
}

function openWith(passphrase: Secret): AskSecret {
  return async (role) => {
    if (role === "passphrase") return Buffer.from(passphrase);
    throw new FobError(
      "invalid",
      t("the server's key package wants another key than the passphrase"),
    );
  };
}

function hasPlainSecret(container: Element): boolean {
  return children(container, "KeyPackage").some((one) => {
    const secret = child(child(child(one, "Key"), "Data"), "Secret");
    return child(secret, "PlainValue") !== null;
  });
}
