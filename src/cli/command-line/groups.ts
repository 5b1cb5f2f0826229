import type { Texts } from "#base/language.ts";

/** The summaries of command groups, for help pages. */
export const GROUPS: Texts = {
  pin: "set, change and remove PINs: of the app, or of one token",
  keychain: "who keeps the vault's key",
  biometric: "let a finger or face stand for a PIN",
  push: "approve and deny login requests",
  agent: "the process that holds the vault open",
  config: "settle things for all commands to come",
  access: "say who may use a token: scripts with a grant, or whoever gives a PIN",
  lab: "an authentication server to try things out with",
  "lab user": "who logs in at the lab",
};
