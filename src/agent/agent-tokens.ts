import { FobError } from "../fob-error.ts";
import { refuseByDomain } from "../token/access-domain.ts";
import { forget, type Secret } from "../token/secret.ts";
import type { TokenJson } from "../token/token.ts";
import type { Authenticator, TokenState } from "../vault/authenticator.ts";
import type { VaultLayout } from "../vault/layout.ts";
import { askPasscodePin, askUntil, type PinPrompt } from "../vault/pin-prompt.ts";
import { needsChallengePin } from "../vault/responses.ts";
import type { Connection } from "./connection.ts";
import {
  decodeEntry,
  decodePasscode,
  decodeReply,
  decodeResponse,
  decodeState,
  type RequestInput,
} from "./protocol.ts";

/**
 * The tokens of a vault that an agent holds open. What an open vault is not enough for (access domain 02, where the app PIN must be given in
 * this very call) goes to `open`, which opens the vault itself.
 */
export function agentTokens(
  connection: Connection,
  layout: VaultLayout,
  open: () => Promise<Authenticator | null>,
): Authenticator {
  const ask = async (request: RequestInput) => decodeReply(await connection.ask(JSON.stringify(request)));
  const look = async (id: string) => decodeState(await ask({ do: "look", name: id }));
  return {
    layout,
    entries: async () => ((await ask({ do: "list" })) as TokenJson[]).map(decodeEntry),
    async findExactly(query) {
      const entry = await ask({ do: "find", name: query });
      return entry === null ? null : decodeEntry(entry);
    },
    look,
    async passcode(id, time, prompt) {
      const state = await look(id);
      const { token } = state;
      if (needsAppPin(state)) return (await openAgain(open)).passcode(id, time, prompt);
      return opening(state, prompt, async (opener) => {
        const passcodePin = token.credential.kind === "motp" ? await askPasscodePin(token.name, prompt) : null;
        const at = (await time()).toISOString();
        return decodePasscode(await ask({ do: "code", name: id, at, ...opener, passcodePin: words(passcodePin) }));
      });
    },
    async respond(id, { session, unixSeconds, ...asked }, prompt) {
      const state = await look(id);
      const { token } = state;
      if (needsAppPin(state)) return (await openAgain(open)).respond(id, { session, unixSeconds, ...asked }, prompt);
      return opening(state, prompt, async (opener) => {
        const challengePin = needsChallengePin(token)
          ? await prompt.ask({ of: token.name, role: "challenge", refusal: null })
          : null;
        const reply = await ask({
          do: "challenge",
          name: id,
          ...asked,
          session: session && Buffer.from(session).toString("base64"),
          at: new Date(unixSeconds * 1000).toISOString(),
          ...opener,
          challengePin: words(challengePin),
        });
        return decodeResponse(reply);
      });
    },
  };
}

async function openAgain(open: () => Promise<Authenticator | null>): Promise<Authenticator> {
  const tokens = await open();
  if (tokens) return tokens;
  throw new FobError("invalid", "the vault has vanished");
}

function needsAppPin({ token, isGuarded }: TokenState): boolean {
  return token.accessDomain === "02" && !isGuarded;
}

/** What opens a guarded token: its PIN, or the key that biometrics released. */
interface Opener {
  readonly pin: string | null;
  readonly biometricKey: string | null;
}

const NOTHING: Opener = { pin: null, biometricKey: null };

/** Asks for the token's PIN until the agent takes it, after biometrics where they are on; nobody is asked in vain. */
async function opening<T>(
  { token, isGuarded, isBiometric }: TokenState,
  prompt: PinPrompt,
  act: (opener: Opener) => Promise<T>,
): Promise<T> {
  refuseByDomain(token, isGuarded);
  if (!isGuarded) return act(NOTHING);
  const key = isBiometric ? await prompt.release({ of: token.name, item: `biometric-${token.id}` }) : null;
  try {
    if (key) return await act({ pin: null, biometricKey: key.toString("base64") });
  } catch (error) {
    // the PIN was changed meanwhile, and this key with it
    if (!hasCode(error, "denied", "locked")) throw error;
  } finally {
    forget(key);
  }
  const outcome = await askUntil(prompt, { of: token.name, role: "current" }, (pin) =>
    act({ pin: pin.toString("utf8"), biometricKey: null }).then(
      (value) => ({ value }),
      (error: unknown) => {
        if (hasCode(error, "denied")) throw error;
        // another PIN would not help
        return { error };
      },
    ),
  );
  if ("error" in outcome) throw outcome.error;
  return outcome.value;
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof FobError && codes.includes(error.code);
}

function words(pin: Secret | null): string | null {
  return pin === null ? null : pin.toString("utf8");
}
