import {
  encodeRefusal,
  encodeReply,
  languageOfRequest,
  parseRequest,
} from "#agent/protocol/protocol.ts";
import { asFobError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { original, t } from "#base/language.ts";
import type { AgentServices, ClientState, VaultState } from "./agent-services.ts";
import { answerJson } from "./json-requests.ts";
import { answerWords, refuseElsewhere } from "./word-requests.ts";

const CODE = "code ";

/**
 * Answers one line with one line. A tag in front, `#TAG `, is repeated in front of the reply, so
 * that clients on a shared connection recognize their replies. Never throws.
 */
export function answer(
  line: string,
  services: AgentServices,
  client: ClientState,
): string | Promise<string> {
  const [tag, request] = splitTag(line);
  const state = services.vaultState();
  const passcode = state === "open" ? passcodeAtOnce(request, services, client) : null;
  return passcode === null
    ? answerInTime(request, state, services, client).then((reply) => tag + reply)
    : `${tag}ok ${passcode}`;
}

/** The tag of a line with its space, empty for none, and the request after it. */
export function splitTag(line: string): readonly [tag: string, request: string] {
  const end = line.startsWith("#") ? line.indexOf(" ") + 1 : 0;
  return [line.slice(0, end), line.slice(end)];
}

function passcodeAtOnce(
  request: string,
  services: AgentServices,
  client: ClientState,
): string | null {
  try {
    if (!request.startsWith(CODE) || client.isElsewhere || client.granted) return null;
    const name = request.slice(CODE.length);
    const passcode = services.passcodeAtOnce(name);
    if (passcode === null) return null;
    services.noteUse();
    client.noteAtOnce(name);
    return passcode;
  } catch {
    // `answerInTime` tries again and reports the error
    return null;
  }
}

function answerInTime(
  request: string,
  state: VaultState,
  services: AgentServices,
  client: ClientState,
): Promise<string> {
  const isJson = request.startsWith("{");
  return services.inLanguage(isJson ? languageOfRequest(request) : null, async () => {
    try {
      refuseUnlessOpen(state);
      refuseElsewhere(client);
      return isJson
        ? encodeReply(await answerJson(parseRequest(request), services, client))
        : `ok ${await answerWords(request, services, client)}`;
    } catch (error) {
      return isJson ? encodeRefusal(asFobError(error)) : refuseInWords(asFobError(error));
    }
  });
}

function refuseUnlessOpen(state: VaultState): void {
  if (state === "open") return;
  if (state === "gone")
    throw new FobError("unavailable", t("the vault of this agent is gone, and the agent ends"));
  throw new FobError("locked", t("the vault was locked meanwhile"), {
    hint: t("`fob unlock` opens it again"),
  });
}

/** The reply to a request in words that failed. */
export function refuseInWords({ code, message }: FobError): string {
  return `error ${code} ${original(message).replaceAll(/\p{Cc}/gu, " ")}`;
}
