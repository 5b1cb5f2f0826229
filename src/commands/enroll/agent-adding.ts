import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { flag, required, value, values } from "#cli/command.ts";
import type { HouseContext } from "#cli/context.ts";
import { parseHolding } from "#commands/values.ts";
import { HOLDERS } from "#token/token.ts";
import { type Added, type AddingContext, addHere } from "./add-here.ts";
import { ADDING_COMMANDS, type AddingWishes } from "./adding-wishes.ts";
import { readDraftParts } from "./draft-parts.ts";

const ADDING_OPTIONS = {
  name: value("NAME", "the name that a person gave"),
  pin: flag("every token gets a PIN"),
  replace: flag("replace what is there"),
  keepBoth: flag("keep both"),
  hold: value("CHIP", "the chip that holds the secrets", HOLDERS),
  counter: value("CHIP", "the chip that counts", HOLDERS),
  online: values("KEY", "what tells a token that a server is asked for"),
};

const BY = { by: required("COMMAND", "the command that adds them") };

type AgentAddingContext = AddingContext & Pick<HouseContext, "readInput">;

/** What an agent is asked for. */
type AddingInput = Omit<AddingWishes, "by" | "hold"> & {
  readonly by: string;
  readonly hold?: string | undefined;
  readonly counter?: string | undefined;
};

/** How an agent adds the drafts that it gets. */
export const addition = {
  arguments: BY,
  options: ADDING_OPTIONS,
  async run(input: AddingInput, context: AgentAddingContext): Promise<Added> {
    const wishes = wishesIn(input);
    return addHere(await readDraftParts(() => context.readInput()), wishes, context);
  },
};

/** How an agent adds the drafts that it gets, and before them what servers give its client. */
export const additionWithServers = {
  arguments: BY,
  options: ADDING_OPTIONS,
  async run(input: AddingInput, context: AgentAddingContext): Promise<Added> {
    const wishes = wishesIn(input);
    const read = () => readDraftParts(() => context.readInput());
    const next = async () => {
      const fetched = await read();
      return fetched.length === 0
        ? null
        : fetched.map((one) => ({ ...one, chosen: one.chosen ?? null }));
    };
    return addHere(await read(), wishes, context, next);
  },
};

function wishesIn({ by, hold, counter, ...wishes }: AddingInput): AddingWishes {
  const command = ADDING_COMMANDS.find((one) => one === by);
  if (!command) throw new FobError("usage", t`the request has a wrong ${JSON.stringify("by")}`);
  return { ...wishes, by: command, hold: parseHolding(hold, counter) };
}
