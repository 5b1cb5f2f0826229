import type { Text, Texts } from "#base/language.ts";

/** The summaries of command groups, for help pages. */
export const GROUPS: Texts = {
  pin: "set, change and remove PINs: of the app, or of one token",
  keychain: "who keeps the vault's key",
  biometric: "let a finger or face stand for a PIN",
  push: "approve and deny login requests",
  link: "let browsers and mail programs hand enrollment and login links to fob",
  agent: "the process that holds the vault open",
  config: "settle things for all commands to come",
  access: "say who may use a token: scripts with a grant, or whoever gives a PIN",
  lab: "an authentication server to try things out with",
  "lab user": "who logs in at the lab",
};

/** Some of the commands and groups in a help page, by their first words. */
export interface HelpSection {
  readonly heading: Text;
  readonly words: readonly string[];
}

/** The sections in which the help page of fob lists all commands and groups. */
export const HELP_SECTIONS: readonly HelpSection[] = [
  {
    heading: "Every day:",
    words: ["code", "list", "show", "run", "challenge", "push", "unlock", "lock"],
  },
  {
    heading: "Tokens:",
    words: [
      "enroll",
      "import",
      "inspect",
      "rename",
      "favorite",
      "tag",
      "untag",
      "note",
      "codes",
      "remove",
      "restore",
      "resync",
    ],
  },
  {
    heading: "Safety:",
    words: ["pin", "biometric", "hold", "access", "keychain", "backup", "export", "sync"],
  },
  { heading: "Administrators:", words: ["provision", "verify", "lab"] },
  {
    heading: "This machine:",
    words: ["agent", "askpass", "link", "config", "doctor", "shellenv", "completion", "help"],
  },
];
