import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { defineCommand, optional, required } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { existingVault, findOne } from "#commands/lookup.ts";
import { storedSecret } from "#commands/stored-secret.ts";
import { hotp } from "#otp/hotp.ts";
import { resynchronize } from "#otp/verify.ts";
import { countersFrom } from "#otp/window.ts";
import type { HotpCredential } from "#token/credential.ts";
import { printable } from "#token/printable.ts";
import { forget } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import { moveCounter } from "#vault/chip/counting.ts";
import { askingBefore } from "#vault/pins/pin-prompt.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";
import { passcodesOfChip } from "./passcodes-of-chip.ts";

/** How far ahead another device with the same secret may be (RFC 4226 section 7.4). */
const WINDOW = 1_000;

type ResyncContext = Pick<Context, "clock" | "findVault" | "pinPrompt" | "readInput">;

/**
 * `fob resync`: moves an event-based token's counter on to where another device with the same
 * secret is.
 */
export const resync = defineCommand({
  name: "resync",
  summary: "move an event-based token's counter on by passcodes of another device",
  description:
    "CODE1 is a passcode that another device with the same secret gave, CODE2 the one after it; two make chance hits unlikely. " +
    "The counter only ever moves forward, so that no passcode is given twice. - reads the passcodes from standard input.",
  arguments: {
    name: required("NAME", "name or id of an event-based token", "token"),
    first: required("CODE1", "a passcode of the other device; - reads standard input"),
    second: optional("CODE2", "the passcode after it"),
  },
  options: {},
  examples: [
    {
      command: "fob resync vpn 520489 403154",
      explanation: "the next `fob code vpn` is the one after 403154",
    },
  ],
  isDelegable: () => true,
  async run(input, context: ResyncContext) {
    const [first = "", second] =
      input.first === "-"
        ? (await context.readInput()).trim().split(/\s+/)
        : [input.first, input.second];
    const vault = await existingVault(context);
    const record = vault.read((await findOne(vault, input.name)).id);
    const { token } = record;
    const { counter: from } = eventBased(token);
    const pinPrompt = askingBefore(0, context.pinPrompt);
    const asking = { ...context, pinPrompt };
    const search = { first, second: second ?? null, from, window: WINDOW };
    const counter = record.held
      ? await searchInChip(vault, record, search, asking)
      : await searchHere(vault, record, search, asking);
    if (counter === null) {
      throw new FobError(
        "rejected",
        t`no passcode like that among the next ${WINDOW} of ${token.name}`,
        {
          hint: t("is it the same secret, and are the two passcodes in the order they were shown?"),
        },
      );
    }
    advance(vault, token.id, counter);
    if (record.held?.counter) await moveCounter(vault, vault.chip(), record, counter);
    return { name: token.name, counter, moved: counter - from };
  },
  text: ({ name, counter, moved }) =>
    printable(t`${name} moved on by ${moved}, the next counter is ${counter}`),
  json: ({ name, counter }) => ({ name, counter }),
});

/** Which passcodes to look for, and among which counters. */
type Search = Omit<Parameters<typeof resynchronize>[0], "passcodeAt">;

type OpeningContext = Pick<Context, "clock" | "pinPrompt">;

/** The counter after the passcodes, or null. */
async function searchHere(
  vault: Vault,
  record: TokenRecord,
  search: Search,
  context: OpeningContext,
): Promise<bigint | null> {
  const secret = await storedSecret(vault, record, context);
  const credential = eventBased(record.token);
  const counter = resynchronize({
    ...search,
    passcodeAt: (at) => hotp({ ...credential, secret, counter: at }),
  });
  forget(secret);
  return counter;
}

/** {@link searchHere} for a token that a chip holds: it computes all passcodes in one go. */
async function searchInChip(
  vault: Vault,
  record: TokenRecord,
  search: Search,
  context: OpeningContext,
): Promise<bigint | null> {
  const passcodes = await passcodesOfChip(
    vault,
    record,
    countersFrom(search.from, search.window),
    context,
  );
  return resynchronize({ ...search, passcodeAt: (at) => passcodes.get(at) ?? "" });
}

function advance(vault: Vault, id: string, counter: bigint): void {
  vault.update(id, (record) => {
    const credential = eventBased(record.token);
    const further = counter > credential.counter ? counter : credential.counter;
    return {
      ...record,
      token: { ...record.token, credential: { ...credential, counter: further } },
    };
  });
}

function eventBased({ name, credential }: Token): HotpCredential {
  if (credential.kind === "hotp") return credential;
  throw new FobError("usage", t`${name} is not event-based: it has no counter to move`, {
    hint: t("`fob verify` tells how far off the clock of a time-based token is"),
  });
}
