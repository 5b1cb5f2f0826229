import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import type { Lab } from "#lab/lab.ts";
import { type LabUser, parseUserName } from "#lab/lab-user.ts";

/** The default port of a lab; a free one is used where it is taken. */
export const USUAL_PORT = 8462;

/** What opening the lab of a home needs. */
export type LabContext = Pick<Context, "access" | "clock">;

/** What asking for a secret of the lab needs. */
export type SecretOptionContext = Pick<Context, "prompt" | "readInput">;

/** The lab of this home. */
export async function openLab({ access, clock }: LabContext, isOld = false): Promise<Lab> {
  const { LabStore } = await import("#lab/lab-store.ts");
  return { store: new LabStore(access.home), isOld, clock };
}

/** The user of a name. Throws FobError `not-found`. */
export function existingUser({ store }: Lab, text: string): LabUser {
  const name = parseUserName(text);
  const user = store.user(name);
  if (user) return user;
  throw new FobError("not-found", t`the lab has no user ${name}`, {
    hint: `fob lab user add ${name}`,
  });
}

/**
 * Where enrollment strings send devices: the address given, or of the lab's newest server that
 * listens, or its usual one. Throws FobError `usage`.
 */
export async function labUrl({ store }: Lab, given: string | undefined): Promise<string> {
  const { listeningAddress } = await import("#lab/listening-address.ts");
  const text =
    given ?? (await listeningAddress(store.addresses())) ?? `http://127.0.0.1:${USUAL_PORT}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && /^https?:$/.test(url.protocol)) return url.origin;
  throw new FobError(
    "usage",
    t`--url is ${JSON.stringify(text)}: the address of a web server is needed`,
  );
}

/**
 * A password or PIN, by the value of the option for it: `-` reads standard input, no value asks at
 * the terminal. Null without the option. Throws FobError `usage` for any other value: a secret does
 * not belong on the command line.
 */
export async function readSecretOption(
  option: string,
  source: string | true | undefined,
  context: SecretOptionContext,
): Promise<Buffer | null> {
  if (source === undefined) return null;
  if (source !== true && source !== "-") {
    throw new FobError(
      "usage",
      t`${option} takes no value but -, which is standard input: others can read command lines`,
    );
  }
  const typed =
    source === "-"
      ? await context.readInput()
      : await context.prompt.secret(t`new ${option.slice(2)}`, `${option} -`);
  const [line = ""] = typed.split(/\r?\n/);
  if (line === "" || line.length > 128)
    throw new FobError("usage", t`${option} needs 1 to 128 characters`);
  return Buffer.from(line.normalize("NFC"));
}
