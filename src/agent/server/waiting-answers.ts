import { encodeRefusal } from "#agent/protocol/protocol.ts";
import { WAITS } from "#agent/protocol/waiting.ts";
import { asFobError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { refuseInWords, splitTag } from "./answers.ts";
import type { ClientHandler } from "./conversation.ts";
import { refuseElsewhere } from "./word-requests.ts";

/** What a service can do that holds no vault yet. */
export interface WaitingServices {
  /** The vault of its home; null where there is none yet. */
  vault(): string | null;
  /** Whether opening the vault asks a person for the app PIN. */
  needsPerson(): boolean;
  /**
   * Opens the vault, for all who wait for it at once. Throws FobError where nobody can or wants to
   * open it, or all who wait have `gone`.
   */
  open(gone: AbortSignal): Promise<void>;
  /** Takes the vault that a client has opened; the status of the agent as JSON. Throws FobError. */
  hold(sealed: string): Promise<string>;
  /** A client of the agent that holds the vault; null while none does. */
  newAgentClient(): ClientHandler | null;
}

/**
 * Serves one client of a service: what needs no vault at once, everything else by opening the vault
 * and then as an agent does.
 */
export function waitingClient(services: WaitingServices): ClientHandler {
  let agent: ClientHandler | null = null;
  /** What the client has said of the vault, for the agent. */
  let vaultLine: string | null = null;
  let isElsewhere = false;
  const gone = new AbortController();

  const asAgent = async (line: string): Promise<string | null> => {
    if (agent === null) {
      agent = services.newAgentClient();
      if (agent && vaultLine !== null) await agent.answer(vaultLine);
    }
    return agent === null ? null : agent.answer(line);
  };

  const inWords = async (request: string): Promise<string | null> => {
    const [word = "", rest = ""] = request.trimEnd().split(" ");
    switch (word) {
      case "waiting":
        return WAITS;
      case "hold":
        return `ok ${await services.hold(rest)}`;
      case "status":
      case "prove":
        throw locked();
      case "lock":
        return "ok locked";
      case "vault":
        vaultLine = request;
        isElsewhere = rest !== services.vault();
        refuseElsewhere({ isElsewhere });
        return `ok ${rest}`;
      default:
        return null;
    }
  };

  const answer = async (line: string): Promise<string> => {
    const known = await asAgent(line);
    if (known !== null) return known;
    const [tag, request] = splitTag(line);
    try {
      refuseElsewhere({ isElsewhere });
      const here = await inWords(request);
      if (here !== null) return tag + here;
      // such a client asks at its terminal, and then opens the vault itself
      if (vaultLine !== null && services.needsPerson()) throw locked();
      await services.open(gone.signal);
      const reply = await asAgent(line);
      if (reply === null) throw locked();
      return reply;
    } catch (error) {
      const refusal = asFobError(error);
      return tag + (request.startsWith("{") ? encodeRefusal(refusal) : refuseInWords(refusal));
    }
  };

  return {
    answer,
    leave: () => agent?.leave(),
    disconnect() {
      gone.abort();
      agent?.disconnect?.();
    },
  };
}

function locked(): FobError {
  return new FobError("locked", t("the vault is locked"), { hint: t("`fob unlock` opens it") });
}
