import { NEEDS_APP_PIN } from "#agent/client/delegation.ts";
import { needsAppPin } from "#agent/client/open-token.ts";
import type { CommandInput } from "#agent/protocol/command-protocol.ts";
import type { Request } from "#agent/protocol/protocol.ts";
import { type Asking, DelegatedCommand } from "#agent/server/delegated-command.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { sleep } from "#base/long-timer.ts";
import { lookForSignals } from "#base/long-work.ts";
import { ownValue } from "#base/own-value.ts";
import { lifeOf, thisProcess } from "#base/process-identity.ts";
import type { AnyCommand, ArgumentDefinition, OptionDefinition } from "#cli/command.ts";
import type { HouseContext } from "#cli/context.ts";
import type { Vault } from "#vault/vault.ts";

interface Delegable {
  load(): Promise<
    Pick<AnyCommand, "arguments" | "options"> & {
      // a property, so that a command that needs more than an agent has does not compile
      readonly run: (input: never, context: HouseContext) => Promise<unknown>;
    }
  >;
  /**
   * The argument that names a token whose secret the command uses: its access domain may require
   * the app PIN in the same call.
   */
  readonly opens?: string;
}

/**
 * The commands that an agent runs without the app PIN: they manage or add tokens, and reveal no
 * secrets or keys. None of them reads or writes a file that a client names.
 */
const COMMANDS: ReadonlyMap<string, Delegable> = new Map<string, Delegable>([
  ["rename", { load: async () => (await import("#commands/tokens/rename.ts")).rename }],
  ["favorite", { load: async () => (await import("#commands/tokens/favorite.ts")).favorite }],
  ["tag", { load: async () => (await import("#commands/tokens/tag.ts")).tag }],
  ["untag", { load: async () => (await import("#commands/tokens/tag.ts")).untag }],
  ["codes list", { load: async () => (await import("#commands/codes/codes-list.ts")).codesList }],
  ["remove", { load: async () => (await import("#commands/tokens/remove.ts")).remove }],
  ["restore", { load: async () => (await import("#commands/export/restore.ts")).restoration }],
  [
    "resync",
    { load: async () => (await import("#commands/code/resync.ts")).resync, opens: "name" },
  ],
  [
    "verify",
    {
      load: async () => (await import("#commands/code/verify.ts")).tokenVerification,
      opens: "subject",
    },
  ],
  [
    "pin status",
    { load: async () => (await import("#commands/pin/pin-status.ts")).tokenPinStatus },
  ],
  [
    "access domain",
    { load: async () => (await import("#commands/access/access-domain.ts")).accessDomainView },
  ],
  [
    "access list",
    { load: async () => (await import("#commands/access/access-list.ts")).accessList },
  ],
  [
    "access log",
    { load: async () => (await import("#commands/access/access-log.ts")).accessLogView },
  ],
  ["sync status", { load: async () => (await import("#commands/sync/sync-status.ts")).syncStatus }],
  [
    "sync members",
    { load: async () => (await import("#commands/sync/sync-members.ts")).syncMembers },
  ],
  // the second half of enroll, import and restore, after they have read their input
  ["add", { load: async () => (await import("#commands/enroll/agent-adding.ts")).addition }],
  [
    "add with servers",
    { load: async () => (await import("#commands/enroll/agent-adding.ts")).additionWithServers },
  ],
  ["doctor", { load: async () => (await import("#commands/machine/vault-checks.ts")).vaultChecks }],
]);

/**
 * Runs a client's command on an open vault. Throws FobError `usage` for a command that an agent
 * cannot run.
 */
export function carryOut(
  vault: Vault,
  { name, input, interactive, canAsk }: Extract<Request, { do: "command" }>,
): DelegatedCommand {
  const command = COMMANDS.get(name);
  if (!command) throw new FobError("usage", t`an agent does not carry out ${JSON.stringify(name)}`);
  return new DelegatedCommand(
    (asking) => runCommand(command, { vault, canAsk }, input, asking),
    interactive,
  );
}

/** The open vault, and whether the client has a person at a terminal. */
interface Held {
  readonly vault: Vault;
  readonly canAsk: boolean;
}

async function runCommand(
  { load, opens }: Delegable,
  held: Held,
  given: CommandInput,
  asking: Asking,
) {
  const definition = await load();
  const input = inputFor(definition, given);
  if (opens !== undefined && (await isBehindAppPin(held.vault, String(ownValue(input, opens)))))
    return NEEDS_APP_PIN;
  const result = await definition.run(input as never, contextOf(held, asking));
  // the command has succeeded even if this fails; `fob doctor` reports problems with the trash
  await (await import("#vault/trash/trash.ts")).emptyTrashQuietly(held.vault, new Date());
  return result;
}

async function isBehindAppPin(vault: Vault, name: string): Promise<boolean> {
  const { findOne } = await import("#commands/lookup.ts");
  const record = vault.read((await findOne(vault, name)).id);
  return needsAppPin({ token: record.token, isGuarded: record.guard !== null });
}

/** The context of these commands: without a terminal and without files of the client. */
function contextOf({ vault, canAsk }: Held, asking: Asking): HouseContext {
  return {
    findVault: async () => vault,
    clock: () => new Date(),
    sleep,
    processes: { own: thisProcess, lifeOf },
    look: lookForSignals,
    ensureVault: async () => vault,
    // signals of this process are for the agent, so this only yields to the event loop; a signal of
    // the client arrives as a message
    doLongWork: (undone, work) =>
      work(async () => {
        await lookForSignals();
        asking.refuseStopped(undone);
      }),
    readInput: () => asking.readInput(),
    pinPrompt: asking.pinPrompt,
    prompt: {
      available: canAsk,
      confirm: asking.confirm,
      text: asking.text,
      secret: () => Promise.reject(noQuestion()),
      pasted: () => Promise.reject(noQuestion()),
      wait: () => Promise.reject(noQuestion()),
      draw: async () => null,
      pick: asking.pick,
    },
    progress: () => ({ step: () => undefined, end: () => undefined }),
    tell: () => undefined,
  };
}

function noQuestion(): FobError {
  return new FobError("locked", t("an agent cannot ask this"));
}

/**
 * Checks a client's input against the definition of the command. Throws FobError `usage` for a
 * wrong input.
 */
function inputFor(
  { arguments: args, options }: Pick<AnyCommand, "arguments" | "options">,
  given: CommandInput,
) {
  const definitions: [string, ArgumentDefinition | OptionDefinition][] = Object.entries({
    ...args,
    ...options,
  });
  return Object.fromEntries(
    definitions.map(([name, { kind }]) => {
      // an option that is not given has no values
      const missing = kind === "values" ? [] : undefined;
      const value = Object.hasOwn(given, name) ? given[name] : missing;
      if (!isOfKind(kind, value))
        throw new FobError("usage", t`the request has a wrong ${JSON.stringify(name)}`);
      return [name, value];
    }),
  );
}

function isOfKind(
  kind: (ArgumentDefinition | OptionDefinition)["kind"],
  value: CommandInput[string] | undefined,
): boolean {
  switch (kind) {
    case "flag":
      return typeof value === "boolean";
    case "required":
    case "asked":
      return typeof value === "string";
    case "variadic":
    case "rest":
    case "values":
      return Array.isArray(value);
    case "optional":
    case "value":
      return value === undefined || typeof value === "string";
    case "optionalValue":
      return value === undefined || value === true || typeof value === "string";
  }
}
