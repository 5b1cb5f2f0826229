import type { Request } from "#agent/protocol/protocol.ts";
import { findNamed } from "#token/find-token.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import { type NotedUse, notingUses } from "#vault/uses/noting.ts";
import { type AgentServices, type ClientState, tokensOf } from "./agent-services.ts";
import { pinsOfRequest } from "./request-pins.ts";

type CodeRequest = Omit<Extract<Request, { do: "code" }>, "do">;
type ChallengeRequest = Omit<Extract<Request, { do: "challenge" }>, "do">;
type TokenServices = Pick<AgentServices, "tokens" | "clock">;

/**
 * The client: its grant, and who is asked for it, for PINs and whether a token may be used.
 */
type Asking = Pick<ClientState, "granted" | "person" | "approve" | "noteUse">;

/** The inputs of a challenge that the text protocol does not have. */
export const NO_CHALLENGE = {
  serverChallenge: null,
  serverResponse: null,
  session: null,
  at: null,
  asked: false,
  typed: false,
  pid: null,
  pin: null,
  challengePin: null,
  biometricKey: null,
} as const;

/**
 * The passcode that a request asks for, and the name of its token. A `person` is asked for the PINs
 * that the request lacks.
 */
export async function makeCode(
  {
    name: query,
    asked,
    typed,
    pid,
    quick,
    at,
    pin,
    passcodePin,
    biometricKey,
    listed,
  }: CodeRequest,
  services: TokenServices,
  client: Asking,
) {
  const { person, approve } = client;
  const note = (use: NotedUse) => client.noteUse(use, pid);
  const tokens = notingUses(tokensOf(client, services, "code"), note);
  const { id, name } = await findEntry(query, tokens);
  const pins = { current: pin, passcode: passcodePin };
  const prompt = pinsOfRequest(biometricKey, pins, person, (use) =>
    approve(use, { asked, typed, quick }),
  );
  const purpose = listed ? "listed" : "used";
  return {
    name,
    ...(await tokens.passcode(id, async () => at ?? services.clock(), prompt, purpose)),
  };
}

/**
 * The response that a request asks for, and the name of its token; PINs as for {@link makeCode}.
 */
export async function respond(request: ChallengeRequest, services: TokenServices, client: Asking) {
  const {
    name: query,
    session,
    at,
    pin,
    challengePin,
    biometricKey,
    asked,
    typed,
    pid,
    ...input
  } = request;
  const { person, approve } = client;
  const note = (use: NotedUse) => client.noteUse(use, pid);
  const tokens = notingUses(tokensOf(client, services, "challenge"), note);
  const { id, name } = await findEntry(query, tokens);
  const { response, counter } = await tokens.respond(
    id,
    {
      ...input,
      session: session === null ? null : Buffer.from(session, "base64"),
      unixSeconds: (at ?? services.clock()).getTime() / 1000,
    },
    pinsOfRequest(biometricKey, { current: pin, challenge: challengePin }, person, (use) =>
      approve(use, { asked, typed, quick: false }),
    ),
  );
  return { name, response, counter };
}

/** The token named by a NAME, as on the command line. Throws as {@link findNamed} does. */
export async function findEntry(query: string, tokens: Authenticator): Promise<IndexEntry> {
  const exact = await tokens.findExactly(query);
  return exact ?? findNamed(query, await tokens.entries(), tokens.grantLabel);
}
