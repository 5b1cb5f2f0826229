import { refuseOtherService, sessionInformation, type TiqrChallenge, type TiqrToken } from "../push/tiqr.ts";
import type { ChallengeInput } from "../vault/responses.ts";

/** What a token answers when it is given a TiQR challenge. Throws FobError `rejected` when the challenge is for another one, `invalid`. */
export function tiqrInput(challenge: TiqrChallenge, token: TiqrToken, now: Date): Omit<ChallengeInput, "pin"> {
  refuseOtherService(challenge, token);
  return {
    challenge: challenge.question,
    serverChallenge: null,
    serverResponse: null,
    session: sessionInformation(challenge, token.credential),
    unixSeconds: now.getTime() / 1000,
  };
}
