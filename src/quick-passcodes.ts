import { readConfig } from "./cli/config-file.ts";
import { jsonLine, listPieces } from "./cli/json.ts";
import { describeLeftOut, isFree } from "./commands/free-tokens.ts";
import { namePasscode, passcodeJson } from "./commands/named-passcode.ts";
import { hotp } from "./otp/hotp.ts";
import { timeStep } from "./otp/totp.ts";
import { openAtOnce } from "./quick-answers.ts";
import { keepMemorySmall } from "./quick-memory.ts";
import type { TotpCredential } from "./token/credential.ts";
import type { Secret } from "./token/secret.ts";
import { readCell } from "./vault/cell.ts";
import { touch } from "./vault/last-uses.ts";
import { indexLines, type Kind, kindOfLine, parseRow } from "./vault/token-index.ts";
import { useUnguardedSecrets } from "./vault/unguarded-secrets.ts";
import type { Vault } from "./vault/vault.ts";

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
    const vault = openAtOnce();
    // what the configuration wants of a passcode is the whole program's business
    return vault && !("code.min-validity" in readConfig(vault.layout.home)) ? await makePasscodes(vault) : null;
  } catch {
    // the whole program says what is wrong
    return null;
  }
}

async function makePasscodes(vault: Vault): Promise<Passcodes | null> {
  const { kinds, lines } = indexLines(readCell(vault.indexCell()));
  if (lines.length === 0) return null;
  await keepMemorySmall(lines.length);
  const now = new Date();
  const printers = kinds.map((kind) => (isFree(kind) ? printer(kind, now) : null));
  const free = lines.filter((line) => printers[kindOfLine(line)]).map(parseRow);
  const [printed, used]: [string[], string[]] = [[], []];
  // all that can fail comes before the first piece is printed
  useUnguardedSecrets(
    vault,
    free.map(([, id]) => id),
    (secret, index) => {
      const row = free[index];
      const print = row && printers[row[0]];
      if (!secret || !print) return;
      printed.push(print(row[2], secret));
      used.push(row[1]);
    },
  );
  touch(vault, used, now);
  return { pieces: listPieces(printed), notes: describeLeftOut(lines.length - used.length) };
}

/** Prints passcodes of tokens of one kind, which begin and end together: their text is the same but for name and passcode. */
function printer({ credential }: Kind, now: Date): (name: string, secret: Secret) => string {
  const steps = credential as TotpCredential;
  const { period, t0 } = steps;
  const counter = timeStep({ unixSeconds: now.getTime() / 1000, period, t0 });
  const validFrom = new Date((t0 + Number(counter) * period) * 1000);
  const validUntil = new Date(validFrom.getTime() + period * 1000);
  const named = namePasscode({ name: GAP }, { kind: "totp", code: GAP, validFrom, validUntil }, now);
  const [before, between, after] = jsonLine(passcodeJson(named)).split(jsonLine(GAP));
  return (name, secret) => `${before}${jsonLine(name)}${between}"${hotp({ ...steps, secret, counter })}"${after}`;
}
