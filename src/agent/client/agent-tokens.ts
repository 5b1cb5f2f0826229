import {
  decodeEntries,
  decodeEntry,
  decodeReply,
  decodeResponse,
  decodeState,
  encodeRequest,
  type GrantedJson,
  type RequestInput,
} from "#agent/protocol/protocol.ts";
import { refuseByDomain } from "#token/access-domain.ts";
import { isMadeWithPin } from "#token/credential.ts";
import { type Right, refuseWithout } from "#token/grant.ts";
import type { Secret } from "#token/secret.ts";
import { idOf } from "#token/token.ts";
import type { VaultLayout } from "#vault/cells/layout.ts";
import { isUnasked } from "#vault/pins/approval.ts";
import { askPasscodePin, type PinPrompt, type TokenUse } from "#vault/pins/pin-prompt.ts";
import type { Authenticator, TokenState } from "#vault/tokens/authenticator.ts";
import { decodePasscode } from "#vault/tokens/passcodes.ts";
import { needsChallengePin } from "#vault/tokens/responses.ts";
import type { Connection } from "./connection.ts";
import { needsAppPin, type Opener, openAgain, opening } from "./open-token.ts";

/**
 * Shows a grant to the agent: all further requests of the connection are for its tokens. Throws
 * FobError `denied` for a grant that opens nothing, or lacks the right.
 */
export async function showGrant(
  connection: Connection,
  grant: string,
  right: Right | null,
): Promise<GrantedJson> {
  const reply = await connection.ask(encodeRequest({ do: "grant", grant }));
  const granted = decodeReply(reply) as GrantedJson;
  if (right !== null) refuseWithout(granted, right);
  return granted;
}

/**
 * The tokens of a vault that an agent holds open, or of the grant that the agent was shown. Tokens
 * that need more than an open vault (access domain 02, where the app PIN must be given in the same
 * call) are used through `open`, which opens the vault in this process; a grant does not open them.
 */
export function agentTokens(
  connection: Connection,
  layout: VaultLayout,
  open: () => Promise<Authenticator | null>,
  grantLabel: string | null = null,
): Authenticator {
  const ask = async (request: RequestInput) =>
    decodeReply(await connection.ask(encodeRequest(request)));
  const look = async (id: string) => decodeState(await ask({ do: "look", name: id }));
  const lookToUse = async (id: string): Promise<TokenState> => {
    const state = await look(id);
    if (grantLabel === null) return state;
    refuseByDomain(state.token, false);
    // a grant has the keys of secrets, and needs no PIN
    return { ...state, isGuarded: false, isBiometric: false };
  };
  return {
    layout,
    grantLabel,
    entries: async () => decodeEntries(await ask({ do: "list" })),
    async findExactly(query) {
      const entry = await ask({ do: "find", name: query });
      return entry === null ? null : decodeEntry(entry);
    },
    look,
    async passcode(which, time, prompt, purpose = "used") {
      const id = idOf(which);
      const state = await lookToUse(id);
      const { token } = state;
      if (needsAppPin(state)) return (await openAgain(open)).passcode(id, time, prompt, purpose);
      const claims = await askHere({ token, grantLabel }, prompt);
      const isWithPin = isMadeWithPin(token.credential);
      const make = async (opener: Opener) => {
        const passcodePin = isWithPin ? await askPasscodePin(token.name, prompt) : null;
        const at = (await time()).toISOString();
        const pins = { ...opener, passcodePin: words(passcodePin) };
        const listed = purpose === "listed";
        const { pid } = process;
        return decodePasscode(
          await ask({ do: "code", name: id, ...claims, pid, at, ...pins, listed }),
        );
      };
      return opening(state, prompt, make, isWithPin ? 1 : 0);
    },
    async respond(id, { session, unixSeconds, ...input }, prompt) {
      const state = await lookToUse(id);
      const { token } = state;
      if (needsAppPin(state))
        return (await openAgain(open)).respond(id, { session, unixSeconds, ...input }, prompt);
      const claims = await askHere({ token, grantLabel }, prompt);
      const isWithPin = needsChallengePin(token);
      const answer = async (opener: Opener) => {
        const challengePin = isWithPin
          ? await prompt.ask({ of: token.name, role: "challenge", refusal: null })
          : null;
        const reply = await ask({
          do: "challenge",
          name: id,
          ...input,
          ...claims,
          pid: process.pid,
          session: session && Buffer.from(session).toString("base64"),
          at: new Date(unixSeconds * 1000).toISOString(),
          ...opener,
          challengePin: words(challengePin),
        });
        return decodeResponse(reply);
      };
      return opening(state, prompt, answer, isWithPin ? 1 : 0);
    },
  };
}

/**
 * Asks the person at this process's own terminal, where that person must be asked. Returns what the
 * agent believes where it sees that fob runs there; where nobody is at a terminal it asks.
 */
async function askHere(
  use: TokenUse,
  prompt: PinPrompt,
): Promise<{ readonly asked: boolean; readonly typed: boolean }> {
  const typed = prompt.atTerminal === "typing";
  if (isUnasked(use, prompt) || !prompt.approve || prompt.atTerminal === undefined)
    return { asked: false, typed };
  await prompt.approve(use);
  return { asked: true, typed };
}

function words(pin: Secret | null): string | null {
  return pin === null ? null : pin.toString("utf8");
}
