import { isChallenge } from "#agent/protocol/proof.ts";
import { encodeEntry } from "#agent/protocol/protocol.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { type AgentServices, type ClientState, tokensOf } from "./agent-services.ts";
import { makeCode, NO_CHALLENGE, respond } from "./token-answers.ts";

/**
 * Answers a request in the text protocol, such as `code NAME`; returns the text after `ok`. Throws
 * FobError.
 */
export async function answerWords(
  line: string,
  services: AgentServices,
  client: ClientState,
): Promise<string> {
  const [word, rest] = splitAtSpace(line.trimEnd(), line.search(/\s/));
  switch (word) {
    case "code": {
      services.noteUse();
      const pins = { pin: null, passcodePin: null, biometricKey: null };
      const said = { asked: false, typed: false, pid: null, quick: false, listed: false };
      return (
        await makeCode({ name: rest, at: null, ...said, ...pins }, services, askedFor(client))
      ).code;
    }
    case "challenge": {
      services.noteUse();
      const [name, challenge] = splitAtSpace(rest, lastSpace(rest));
      return (await respond({ ...NO_CHALLENGE, name, challenge }, services, askedFor(client)))
        .response;
    }
    case "list":
      services.noteUse();
      return JSON.stringify((await tokensOf(client, services).entries()).map(encodeEntry));
    case "status":
      return JSON.stringify(services.status());
    case "vault":
      client.isElsewhere = rest !== services.status().vault;
      client.asksItself = true;
      refuseElsewhere(client);
      return rest;
    case "prove":
      if (!isChallenge(rest))
        throw new FobError("usage", t("a challenge is 32 bytes in base64url"));
      return services.prove(rest);
    case "lock":
      services.lock();
      return "locked";
    default:
      throw new FobError(
        "usage",
        t("the request is none of code, challenge, list, status, vault, prove and lock"),
      );
  }
}

function askedFor(client: ClientState): ClientState {
  return client.asksItself ? { ...client, person: null } : client;
}

/** Throws FobError `unavailable` for a client that asked for another vault. */
export function refuseElsewhere({ isElsewhere }: Pick<ClientState, "isElsewhere">): void {
  if (isElsewhere) throw new FobError("unavailable", t("this agent holds another vault"));
}

/** The text before and after the space at `at`; `at` is negative where there is none. */
function splitAtSpace(text: string, at: number): [before: string, behind: string] {
  return at < 0 ? [text, ""] : [text.slice(0, at).trimEnd(), text.slice(at).trim()];
}

function lastSpace(text: string): number {
  let at = text.length - 1;
  while (at >= 0 && text.charAt(at).trim() !== "") at--;
  return at;
}
