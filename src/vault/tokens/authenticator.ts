import { refuseByDomain } from "#token/access-domain.ts";
import { isMadeWithPin } from "#token/credential.ts";
import { forget } from "#token/secret.ts";
import { idOf, type Token } from "#token/token.ts";
import type { VaultLayout } from "#vault/cells/layout.ts";
import { takeHeldPasscode } from "#vault/chip/held-passcodes.ts";
import { approveUse } from "#vault/pins/approval.ts";
import { askPasscodePin, type PinPrompt } from "#vault/pins/pin-prompt.ts";
import { useNotes } from "./last-uses.ts";
import { takeEntry } from "./list-entries.ts";
import { type Passcode, takePasscode } from "./passcodes.ts";
import { passcodesWith } from "./pin-passcodes.ts";
import {
  answerChallenge,
  type ChallengeInput,
  needsChallengePin,
  type Response,
} from "./responses.ts";
import type { IndexEntry } from "./token-index.ts";
import { isWiped, type TokenRecord } from "./token-record.ts";
import type { TokenStore } from "./token-store.ts";

/** A token in its current state, with the current counter. */
export interface TokenState {
  readonly token: Token;
  /** Whether it has a PIN of its own. */
  readonly isGuarded: boolean;
  /** Whether biometrics can replace that PIN now. */
  readonly isBiometric: boolean;
  /** Whether its secret was wiped after too many wrong PINs. */
  readonly isWiped: boolean;
}

/**
 * What commands use tokens through: a vault or grant in this process, or an agent that holds the
 * vault. Every answer is current.
 */
export interface Authenticator {
  readonly layout: VaultLayout;

  /** The label of the grant that opens these tokens; null for a vault. */
  readonly grantLabel: string | null;

  /** All tokens, in list order (`inListOrder`). */
  entries(): Promise<readonly IndexEntry[]>;

  /** The token with exactly this id or name, or null. */
  findExactly(query: string): Promise<IndexEntry | null>;

  /** One token. Throws FobError `not-found` when it was removed. */
  look(id: string): Promise<TokenState>;

  /**
   * Makes the passcode of a token or of its id, after asking for the PINs that it needs. A token
   * out of {@link look} stands as it was then: what many are made of need not be read twice.
   * `time` is called after the PINs were given, because the user may take long. One that is made
   * to be `listed` among others is not recorded as a use. Throws what {@link takePasscode} throws,
   * `denied` for a wrong PIN, `locked` after too many.
   */
  passcode(
    which: string | Token,
    time: () => Promise<Date>,
    prompt: PinPrompt,
    purpose?: "used" | "listed",
  ): Promise<Passcode>;

  /**
   * Answers a challenge, after asking for the PINs that it needs. Throws what
   * {@link answerChallenge} throws.
   */
  respond(id: string, asked: Omit<ChallengeInput, "pin">, prompt: PinPrompt): Promise<Response>;
}

/** The authenticator of tokens that this process can open, by a grant or without one. */
export function directAuthenticator(
  store: TokenStore,
  clock: () => Date,
  grantLabel: string | null = null,
): Authenticator {
  const noteUse = useNotes(store);
  const looked = new WeakMap<Token, TokenRecord>();
  return {
    layout: store.layout,
    grantLabel,
    entries: async () => store.entries(),
    findExactly: async (query) => store.findExactly(query),
    async look(id) {
      const record = store.read(id);
      const { token, guard } = record;
      looked.set(token, record);
      return {
        token,
        isGuarded: guard !== null,
        isBiometric: guard?.biometric != null,
        isWiped: isWiped(record),
      };
    },
    async passcode(which, time, prompt, purpose = "used") {
      const id = idOf(which);
      const record = (typeof which === "string" ? null : looked.get(which)) ?? store.read(id);
      const { name, credential } = record.token;
      refuseByDomain(record.token, store.isPinGiven(record));
      await approveUse({ token: record.token, grantLabel }, prompt);
      const secretKey = await store.secretKey(record, prompt, clock());
      const pin = isMadeWithPin(credential) ? await askPasscodePin(name, prompt) : null;
      try {
        const withPin = pin && passcodesWith(pin);
        const at = await time();
        const passcode = record.held
          ? await takeHeldPasscode(store, store.chip(), store.read(id), {
              auth: secretKey,
              time: at,
            })
          : credential.kind === "list"
            ? takeEntry(store, record, secretKey, null)
            : takePasscode(store, record, secretKey, at, withPin);
        if (purpose === "used") noteUse(id, clock());
        return passcode;
      } finally {
        forget(secretKey, pin);
      }
    },
    async respond(id, asked, prompt) {
      const record = store.read(id);
      refuseByDomain(record.token, store.isPinGiven(record));
      await approveUse({ token: record.token, grantLabel }, prompt);
      const secretKey = await store.secretKey(record, prompt, clock());
      const pin = needsChallengePin(record.token)
        ? await prompt.ask({ of: record.token.name, role: "challenge", refusal: null })
        : null;
      try {
        // the key in a chip is another one after its PIN was changed
        const current = record.held ? store.read(id) : record;
        const response = await answerChallenge(store, current, secretKey, { ...asked, pin });
        noteUse(id, clock());
        return response;
      } finally {
        forget(secretKey, pin);
      }
    },
  };
}
