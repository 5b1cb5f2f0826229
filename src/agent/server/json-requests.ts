import {
  encodeEntry,
  encodeState,
  type GrantedJson,
  type Request,
} from "#agent/protocol/protocol.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { type Grant, notGranted } from "#token/grant.ts";
import { tagsOf } from "#token/tags.ts";
import { type AgentServices, type ClientState, tokensOf } from "./agent-services.ts";
import type { DelegatedCommand } from "./delegated-command.ts";
import { answerPushRequest } from "./push-answers.ts";
import { findEntry, makeCode, respond } from "./token-answers.ts";

/**
 * Requests that programs repeat without a user, for completions and login requests; they are no use
 * of the vault.
 */
const UNUSED: ReadonlySet<Request["do"]> = new Set(["names", "tags", "push-list", "write-uses"]);

/** Answers a request in JSON; returns the value of the reply. Throws FobError. */
export async function answerJson(
  request: Request,
  services: AgentServices,
  client: ClientState,
): Promise<unknown> {
  if (!UNUSED.has(request.do)) services.noteUse();
  const tokens = tokensOf(client, services);
  switch (request.do) {
    case "grant": {
      const { label, rights } = showGrant(request.grant, services, client);
      return { label, rights } satisfies GrantedJson;
    }
    case "list":
      return (await tokens.entries()).map(encodeEntry);
    case "write-uses":
      services.writeUses();
      return null;
    case "names":
      return (await tokens.entries()).map(({ name }) => name);
    case "tags":
      return tagsOf(await tokens.entries());
    case "find": {
      const entry = await tokens.findExactly(request.name);
      return entry && encodeEntry(entry);
    }
    case "look":
      return encodeState(await tokens.look((await findEntry(request.name, tokens)).id));
    case "code":
      return makeCode(request, services, client);
    case "challenge":
      return respond(request, services, client);
    case "command":
      refuseGranted(client);
      client.command = services.carryOut(request);
      return client.command.start();
    case "answer":
      return commandOf(client).answer(request.value);
    case "answer-refused": {
      const { code, message, hint, isSilent } = request;
      // the texts are in the client's language, and are sent back unchanged
      const refusal = new FobError(code, message, {
        ...(hint === null ? {} : { hint }),
        isSilent,
      });
      return commandOf(client).answer(refusal);
    }
    case "push-list":
    case "push-answer":
    case "push-deny":
    case "push-history": {
      refuseGranted(client);
      client.inbox ??= services.newInbox();
      const find = async (name: string) => (await findEntry(name, tokens)).id;
      return answerPushRequest(request, client.inbox, find, client.person);
    }
    default:
      return request satisfies never;
  }
}

/** A client that has shown a grant stays with it. */
function showGrant(text: string, services: AgentServices, client: ClientState): Grant {
  refuseGranted(client);
  client.granted = services.openGrant(text);
  return client.granted.grant;
}

function refuseGranted({ granted }: ClientState): void {
  if (granted) throw notGranted();
}

function commandOf({ command }: ClientState): DelegatedCommand {
  if (command) return command;
  throw new FobError("usage", t("nothing was asked"));
}
