import type * as v from "valibot";
import type { GlobalFlags } from "#cli/command-line/global-flags.ts";
import { DEFAULT_KEYCHAIN, KEYCHAIN_KINDS } from "#vault/keys/keychain-kind.ts";
import {
  askpassRules,
  choice,
  duration,
  interval,
  NEVER,
  program,
  type SettingKind,
  seconds,
  tiqrSchemes,
  yesOrNo,
} from "./setting-kinds.ts";

/** Reads a setting from an environment variable; null when the variable does not set it. */
type FromVariable = (text: string) => string | null;

/** The definition of one setting. */
export interface SettingDefinition<T extends string | number | boolean> {
  readonly kind: SettingKind<T>;
  /** The default value. */
  readonly initial: T;
  /** One line without a full stop. */
  readonly summary: string;
  /** The command-line option that overrides all other sources; null when there is none. */
  readonly option: string | null;
  /** Reads it from the global options, for a setting with a global option. */
  readonly fromFlags?: (flags: GlobalFlags) => string | null;
  /** The environment variables that override the configuration, in order of precedence. */
  readonly variables: Readonly<Record<string, FromVariable>>;
}

/** What lists of tokens can be sorted by. */
export const LIST_ORDERS = ["name", "used", "added"] as const;

/** All settings. Schema, documentation, validation and `fob config` are made from this table. */
export const SETTINGS = {
  keychain: define({
    kind: choice(...KEYCHAIN_KINDS),
    initial: DEFAULT_KEYCHAIN,
    summary: "who keeps the key of a new vault; `fob keychain move` changes it later",
    option: "--keychain",
    fromFlags: ({ keychain }) => keychain ?? null,
    variables: { FOB_KEYCHAIN: (text) => text || null },
  }),
  color: define({
    kind: choice("auto", "always", "never"),
    initial: "auto",
    summary: "whether results have colours; auto: on a terminal",
    option: "--no-color",
    fromFlags: ({ color }) => (color === false ? "never" : null),
    variables: {
      NO_COLOR: (text) => (text === "" ? null : "never"),
      FORCE_COLOR: (text) => (text === "0" || text === "false" ? "never" : "always"),
      TERM: (text) => (text === "dumb" ? "never" : null),
    },
  }),
  plain: define({
    kind: yesOrNo(),
    initial: false,
    summary: "whether a terminal is read out: one statement a line, no drawings",
    option: "--plain",
    fromFlags: ({ plain }) => (plain ? "true" : null),
    variables: { FOB_PLAIN: (text) => (text === "" ? null : String(text !== "0")) },
  }),
  "clipboard.clear-after": define({
    kind: seconds(1, 86_400),
    initial: 30,
    summary: "how long a copied passcode stays on the clipboard",
    option: "--clear-after",
    variables: {},
  }),
  "list.sort": define({
    kind: choice(...LIST_ORDERS),
    initial: "name",
    summary: "what lists of tokens are sorted by, after the favourites: name, last use, enrollment",
    option: "--sort",
    variables: {},
  }),
  "code.min-validity": define({
    kind: seconds(0, 3_600),
    initial: 0,
    summary: "wait for a fresh passcode if this one ends sooner",
    option: "--min-validity",
    variables: {},
  }),
  "push.poll-seconds": define({
    kind: seconds(0, 86_400),
    initial: 0,
    summary:
      "how often servers are asked for login requests; 0: every second, and less often when nothing happens",
    option: "--poll",
    variables: {},
  }),
  "push.notify": define({
    kind: yesOrNo(),
    initial: false,
    summary: "whether login requests are asked about by notification of the desktop",
    option: "--notify",
    variables: {},
  }),
  "pinentry.program": define({
    kind: program(),
    initial: "",
    summary:
      "the pinentry that asks for PINs where no terminal is; empty: none, unless --pinentry is given",
    option: null,
    variables: {},
  }),
  "askpass.rules": define({
    kind: askpassRules(),
    initial: "",
    summary:
      "which prompts fob askpass answers: `*verification code* @bastion.acme.example => vpn`",
    option: null,
    variables: {},
  }),
  "askpass.next": define({
    kind: program(),
    initial: "",
    summary: "the program that fob askpass gives all other prompts to; empty: the terminal",
    option: null,
    variables: {},
  }),
  "tiqr.schemes": define({
    kind: tiqrSchemes(),
    initial: "",
    summary: "the schemes of other TiQR apps than tiqr.org's: acmeauth,acmeenroll",
    option: null,
    variables: {},
  }),
  "agent.lifetime": define({
    kind: duration(),
    initial: "8h",
    summary: "how long an agent holds the vault open at the most",
    option: "--for",
    variables: {},
  }),
  "agent.idle": define({
    kind: duration(),
    initial: "1h",
    summary: "after how long without a request an agent locks",
    option: "--idle",
    variables: {},
  }),
  "agent.lock-with-screen": define({
    kind: yesOrNo(),
    initial: true,
    summary: "whether an agent locks when the screen is locked (Linux with logind)",
    option: null,
    variables: {},
  }),
  "sync.every": define({
    kind: interval(),
    initial: NEVER,
    summary: "how often an agent synchronises with other devices, as fob sync does",
    option: null,
    variables: {},
  }),
} as const;

/** The name of a setting, in the file and on the command line. */
export type SettingKey = keyof typeof SETTINGS;

/** The type of a setting's value. */
export type SettingValue<Key extends SettingKey> = v.InferOutput<
  (typeof SETTINGS)[Key]["kind"]["schema"]
>;

/** The names of all settings, in listing order. */
export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[];

/** Whether a text is the name of a setting. */
export function isSettingKey(text: string): text is SettingKey {
  return Object.hasOwn(SETTINGS, text);
}

function define<T extends string | number | boolean>(
  definition: SettingDefinition<T>,
): SettingDefinition<T> {
  return definition;
}
