import { isChallenge } from "#agent/protocol/proof.ts";
import {
  type AgentStatus,
  encodeEntry,
  encodeRefusal,
  encodeReply,
  encodeState,
  parseRequest,
  type Request,
} from "#agent/protocol/protocol.ts";
import { asFobError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { original, retold, t } from "#base/language.ts";
import type { PushInbox } from "#push/inbox/inbox.ts";
import { findToken } from "#token/find-token.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import type { DelegatedCommand } from "./delegated-command.ts";
import { answerPushRequest } from "./push-answers.ts";
import { given } from "./request-pins.ts";

/** What an agent answers with. */
export interface Desk {
  readonly tokens: Authenticator;
  /** A desk for one client's login requests. */
  newInbox(): PushInbox;
  /** A passcode for which nothing has to be read or waited for; null where that is not so. */
  passcodeAtOnce(name: string): string | null;
  clock(): Date;
  /**
   * A command of fob that the agent carries out for its user. Throws FobError `usage` for one that
   * it does not.
   */
  carryOut(request: Extract<Request, { do: "command" }>): DelegatedCommand;
  status(): AgentStatus;
  /** What only this agent answers to a client's challenge. */
  prove(challenge: string): string;
  /**
   * Notes that somebody uses the vault: whoever only looks at the agent, or asks for nothing that
   * it knows, does not.
   */
  noteUse(): void;
  /** Ends the agent when its present answer is sent. */
  lock(): void;
}

const CODE = "code ";

/** What the agent knows of one client. */
export interface Visitor {
  /** It wants another vault than the agent's: nothing else may be answered. */
  isElsewhere: boolean;
  /**
   * Its desk, from the first login request that it asks for: what its PINs opened is for nobody
   * else.
   */
  push: PushInbox | null;
  /** The command that is carried out for it. */
  command: DelegatedCommand | null;
}

/** A client that was not heard yet. */
export function newVisitor(): Visitor {
  return { isElsewhere: false, push: null, command: null };
}

/**
 * Answers one line with one line. A tag in front, `#TAG `, comes back in front of the reply, so
 * that clients that share a connection know their own. Never throws.
 */
export function answer(line: string, desk: Desk, visitor: Visitor): string | Promise<string> {
  const [tag, request] = splitTag(line);
  const atOnce = answerAtOnce(request, desk, visitor);
  return atOnce === null
    ? answerInTime(request, desk, visitor).then((reply) => tag + reply)
    : `${tag}ok ${atOnce}`;
}

function answerAtOnce(request: string, desk: Desk, visitor: Visitor): string | null {
  try {
    if (!request.startsWith(CODE) || visitor.isElsewhere) return null;
    const passcode = desk.passcodeAtOnce(request.slice(CODE.length));
    if (passcode !== null) desk.noteUse();
    return passcode;
  } catch {
    // the ordinary way says what is wrong
    return null;
  }
}

async function answerInTime(request: string, desk: Desk, visitor: Visitor): Promise<string> {
  try {
    if (visitor.isElsewhere) throw elsewhere();
    if (isJson(request))
      return encodeReply(await answerRequest(parseRequest(request), desk, visitor));
    return `ok ${await answerWords(request, desk, visitor)}`;
  } catch (error) {
    return refuse(request, asFobError(error));
  }
}

/** The reply to a line that gets no answer, in the form in which it was asked and with its tag. */
export function refuseLine(line: string, refusal: FobError): string {
  const [tag, request] = splitTag(line);
  return tag + refuse(request, refusal);
}

function splitTag(line: string): readonly [tag: string, request: string] {
  const end = line.startsWith("#") ? line.indexOf(" ") + 1 : 0;
  return [line.slice(0, end), line.slice(end)];
}

function refuse(line: string, refusal: FobError): string {
  if (isJson(line)) return encodeRefusal(refusal);
  return `error ${refusal.code} ${original(refusal.message).replaceAll(/\p{Cc}/gu, " ")}`;
}

function isJson(line: string): boolean {
  return line.startsWith("{");
}

/** What stands before and behind a space, which is nowhere where `at` is negative. */
function splitAtSpace(text: string, at: number): [before: string, behind: string] {
  return at < 0 ? [text, ""] : [text.slice(0, at).trimEnd(), text.slice(at).trim()];
}

function lastSpace(text: string): number {
  let at = text.length - 1;
  while (at >= 0 && text.charAt(at).trim() !== "") at--;
  return at;
}

async function answerWords(line: string, desk: Desk, visitor: Visitor): Promise<string> {
  const [word, rest] = splitAtSpace(line.trimEnd(), line.search(/\s/));
  switch (word) {
    case "code":
      desk.noteUse();
      return (
        await makeCode(
          { name: rest, at: null, pin: null, passcodePin: null, biometricKey: null },
          desk,
        )
      ).code;
    case "challenge": {
      desk.noteUse();
      const [name, challenge] = splitAtSpace(rest, lastSpace(rest));
      return (await respond({ ...NO_CHALLENGE, name, challenge }, desk)).response;
    }
    case "list":
      desk.noteUse();
      return JSON.stringify((await desk.tokens.entries()).map(encodeEntry));
    case "status":
      return JSON.stringify(desk.status());
    case "vault":
      visitor.isElsewhere = rest !== desk.status().vault;
      if (visitor.isElsewhere) throw elsewhere();
      return rest;
    case "prove":
      if (!isChallenge(rest))
        throw new FobError("usage", t("a challenge is 32 bytes in base64url"));
      return desk.prove(rest);
    case "lock":
      desk.lock();
      return "locked";
    default:
      throw new FobError(
        "usage",
        t("the request is none of code, challenge, list, status, vault, prove and lock"),
      );
  }
}

/**
 * What programs ask again and again, with nobody behind it: the names to complete with, and for
 * login requests.
 */
const LOOKS: ReadonlySet<Request["do"]> = new Set(["names", "push-list"]);

async function answerRequest(request: Request, desk: Desk, visitor: Visitor): Promise<unknown> {
  if (!LOOKS.has(request.do)) desk.noteUse();
  switch (request.do) {
    case "list":
      return (await desk.tokens.entries()).map(encodeEntry);
    case "names":
      return (await desk.tokens.entries()).map(({ name }) => name);
    case "find": {
      const entry = await desk.tokens.findExactly(request.name);
      return entry && encodeEntry(entry);
    }
    case "look":
      return encodeState(await desk.tokens.look((await find(request.name, desk)).id));
    case "code":
      return makeCode(request, desk);
    case "challenge":
      return respond(request, desk);
    case "command":
      visitor.command = desk.carryOut(request);
      return visitor.command.start();
    case "answer":
      return answering(visitor).answer(request.value);
    case "answer-refused": {
      const { code, message, hint } = request;
      return answering(visitor).answer(
        new FobError(code, retold(message), hint === null ? {} : { hint: retold(hint) }),
      );
    }
    default: {
      visitor.push ??= desk.newInbox();
      const { push } = visitor;
      return answerPushRequest(request, {
        push,
        find: async (name) => (await find(name, desk)).id,
      });
    }
  }
}

function answering({ command }: Visitor): DelegatedCommand {
  if (command) return command;
  throw new FobError("usage", t("nothing was asked"));
}

type CodeRequest = Omit<Extract<Request, { do: "code" }>, "do">;
type ChallengeRequest = Omit<Extract<Request, { do: "challenge" }>, "do">;

const NO_CHALLENGE = {
  serverChallenge: null,
  serverResponse: null,
  session: null,
  at: null,
  pin: null,
  challengePin: null,
  biometricKey: null,
} as const;

async function makeCode(
  { name: query, at, pin, passcodePin, biometricKey }: CodeRequest,
  desk: Desk,
) {
  const { id, name } = await find(query, desk);
  const time = async () => at ?? desk.clock();
  return {
    name,
    ...(await desk.tokens.passcode(
      id,
      time,
      given(biometricKey, { current: pin, passcode: passcodePin }),
    )),
  };
}

async function respond(
  { name: query, session, at, pin, challengePin, biometricKey, ...asked }: ChallengeRequest,
  desk: Desk,
) {
  const { id, name } = await find(query, desk);
  const { response, counter } = await desk.tokens.respond(
    id,
    {
      ...asked,
      session: session === null ? null : Buffer.from(session, "base64"),
      unixSeconds: (at ?? desk.clock()).getTime() / 1000,
    },
    given(biometricKey, { current: pin, challenge: challengePin }),
  );
  return { name, response, counter };
}

async function find(query: string, { tokens }: Desk): Promise<IndexEntry> {
  return (await tokens.findExactly(query)) ?? findToken(query, await tokens.entries());
}

function elsewhere(): FobError {
  return new FobError("unavailable", t("this agent holds another vault"));
}
