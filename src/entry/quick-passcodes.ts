import { jsonLine, listPieces, noteLine } from "#cli/output/json.ts";
import { readConfig } from "#cli/settings/config-file.ts";
import { describeLeftOut, isFree } from "#commands/code/free-tokens.ts";
import { namePasscode, passcodeJson } from "#commands/code/named-passcode.ts";
import { hotp } from "#otp/hotp.ts";
import { timeStep } from "#otp/totp.ts";
import type { TotpCredential } from "#token/credential.ts";
import type { Secret } from "#token/secret.ts";
import { readCell } from "#vault/cells/cell.ts";
import { touch } from "#vault/tokens/last-uses.ts";
import { idInLine, indexLines, type Kind, kindOfLine, parseRow } from "#vault/tokens/token-index.ts";
import { openUnguardedSecrets, type UnguardedSecrets } from "#vault/tokens/unguarded-secrets.ts";
import type { Vault } from "#vault/vault.ts";
import { openAtOnce } from "./quick-answers.ts";
import { keepMemorySmall } from "./quick-memory.ts";

/** What `fob code --all --json` prints, in pieces, and what it says besides. */
interface Passcodes {
  readonly pieces: Iterable<string>;
  readonly notes: readonly string[];
}

/** Where a {@link printer}'s text has a name and a passcode. No name has it. */
const GAP = "\0";

/** {@link Passcodes}, where a vault with tokens opens with its key file alone. Null for everything else. */
export async function allPasscodes(): Promise<Passcodes | null> {
  try {
    const vault = await openAtOnce();
    // what the configuration wants of a passcode is the whole program's business
    return vault && !("code.min-validity" in readConfig(vault.layout.home)) ? await makePasscodes(vault) : null;
  } catch {
    // the whole program says what is wrong
    return null;
  }
}

async function makePasscodes(vault: Vault): Promise<Passcodes | null> {
  const bytes = readCell(vault.indexCell());
  const { kinds, lines } = indexLines(bytes);
  if (bytes === null || kinds.length === 0) return null;
  await keepMemorySmall(bytes);
  const now = new Date();
  const printers = kinds.map((kind) => (isFree(kind) ? printer(kind, now) : null));
  const free: string[] = [];
  let count = 0;
  for (const line of lines) {
    count++;
    if (printers[kindOfLine(line)]) free.push(line);
  }
  const ids = free.map(idInLine);
  // all that can fail comes before the first piece is printed
  const secrets = openUnguardedSecrets(vault, ids);
  const given = ids.filter((_, index) => secrets.at(index));
  touch(vault, given, now);
  return {
    pieces: listPieces(printRows(free, printers, secrets)),
    notes: describeLeftOut(count - given.length).map(noteLine),
  };
}

function* printRows(lines: readonly string[], printers: readonly (Printer | null)[], secrets: UnguardedSecrets) {
  try {
    for (const [index, line] of lines.entries()) {
      const secret = secrets.at(index);
      const row = parseRow(line);
      const print = printers[row[0]];
      if (secret && print) yield print(row[2], secret);
    }
  } finally {
    secrets.forget();
  }
}

type Printer = (name: string, secret: Secret) => string;

/** Prints passcodes of tokens of one kind, which begin and end together: their text is the same but for name and passcode. */
function printer({ credential }: Kind, now: Date): Printer {
  const { algorithm, digits, alphabet, period, t0 } = credential as TotpCredential;
  // throws where the first step is still to come, before anything is printed
  const counter = timeStep({ unixSeconds: now.getTime() / 1000, period, t0 });
  const validFrom = new Date((t0 + Number(counter) * period) * 1000);
  const validUntil = new Date(validFrom.getTime() + period * 1000);
  const named = namePasscode({ name: GAP }, { kind: "totp", code: GAP, validFrom, validUntil }, now);
  const [before, between, after] = jsonLine(passcodeJson(named)).split(jsonLine(GAP));
  return (name, secret) => {
    // written out: a spread object of its own for each costs more than the passcode
    const code = hotp({ secret, counter, algorithm, digits, alphabet });
    return `${before}${jsonLine(name)}${between}"${code}"${after}`;
  };
}
