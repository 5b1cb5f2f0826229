import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { chooseUnlessWrong, type Settings, settingsOf } from "#cli/settings/settings.ts";
import type { KeychainKind } from "#vault/keys/keychain-kind.ts";
import type { GlobalFlags } from "./command-line/global-flags.ts";

/** The global options, completed by the environment. */
export interface Globals {
  readonly home: string;
  /**
   * Null when neither option nor environment names one: the configured kind is only for new vaults.
   */
  readonly keychain: KeychainKind | null;
  readonly settings: Settings;
  readonly pinFile: string | null;
  readonly pinFd: number | null;
  /** The PIN from FOB_PIN. */
  readonly pin: string | null;
  /**
   * The secret of a grant, from FOB_GRANT; null only when the variable is not set. Commands that
   * open a vault check it, even when it is empty or malformed; others ignore it.
   */
  readonly grant: string | null;
  readonly input: boolean;
  /**
   * How PINs are asked for where no terminal is: by this program, by the usual pinentry of the
   * system (the empty text), or not at all (null).
   */
  readonly pinentry: string | null;
  readonly json: boolean;
  readonly quiet: boolean;
  /**
   * Where results are for a screen reader: everywhere with --plain, only on a terminal with the
   * setting, so that scripts get the usual format.
   */
  readonly spoken: "nowhere" | "terminal" | "everywhere";
  readonly debug: boolean;
}

/** Completes the given options by the environment. Throws FobError `usage` for an invalid value. */
export function resolveGlobals(
  flags: GlobalFlags,
  env: NodeJS.ProcessEnv,
  defaultHome: () => string,
): Globals {
  const home = flags.home ?? (env["FOB_HOME"] || defaultHome());
  const settings = settingsOf(home, flags, env);
  return {
    home,
    keychain: settings.demand("keychain"),
    settings,
    pinFile: flags.pinFile ?? (env["FOB_PIN_FILE"] || null),
    pinFd: flags.pinFd === undefined ? null : parseDescriptor(flags.pinFd),
    pin: env["FOB_PIN"] || null,
    grant: env["FOB_GRANT"] ?? null,
    input: (flags.input ?? true) && !isSet(env["FOB_NO_INPUT"]),
    pinentry: choosePinentry(flags, env, settings),
    json: flags.json ?? false,
    quiet: flags.quiet ?? false,
    spoken: whereSpoken(flags, settings),
    debug: isSet(env["FOB_DEBUG"]),
  };
}

/** The option and the variable say whether; the setting says which, and that one is wanted. */
function choosePinentry(
  { pinentry }: GlobalFlags,
  { FOB_PINENTRY }: NodeJS.ProcessEnv,
  settings: Settings,
): string | null {
  const program = chooseUnlessWrong(settings, "pinentry.program");
  const isWanted = pinentry ?? (FOB_PINENTRY === undefined ? program !== "" : isSet(FOB_PINENTRY));
  return isWanted ? program : null;
}

function whereSpoken({ plain }: GlobalFlags, settings: Settings): Globals["spoken"] {
  if (plain) return "everywhere";
  return chooseUnlessWrong(settings, "plain") ? "terminal" : "nowhere";
}

function parseDescriptor(text: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new FobError(
    "usage",
    t`--pin-fd is ${JSON.stringify(text)}: a file descriptor is a number`,
  );
}

/** Whether a variable of the environment says yes. */
export function isSet(variable: string | undefined): boolean {
  return variable !== undefined && variable !== "" && variable !== "0";
}
