import { FobError, stoppedByPerson } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import { labelToken } from "#cli/prompt/picker.ts";
import type { Screen } from "#cli/screen/screen.ts";
import { existingTokens, nothingEnrolled } from "#commands/lookup.ts";
import { sortedAsSet } from "#commands/tokens/token-order.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";

/** What picking a token needs: a person, the order, and the time that passcodes are shown for. */
export type PickContext = Pick<Context, "clock" | "pinPrompt" | "prompt" | "settings">;

/** What asking for a NAME that was left out needs. */
export type NameContext = PickContext & Pick<Context, "findTokens">;

/** The tokens that can be picked, and the question. */
export interface TokenChoice {
  /** All tokens by default. */
  readonly fits?: (entry: IndexEntry) => boolean;
  /** Why nothing can be picked where no token fits. */
  readonly none?: string;
  readonly question?: string;
  /** Whether the list shows passcodes, too. */
  readonly hasCodes?: boolean;
}

/**
 * Lets the person pick a token in a list, which is the screen of passcodes; there is nothing to ask
 * where one token fits. Throws FobError `locked` without a terminal, `not-found` where none fits.
 */
export async function pickToken(
  tokens: Authenticator,
  context: PickContext,
  { fits = () => true, none, question = t("Which token?"), hasCodes = false }: TokenChoice = {},
): Promise<IndexEntry> {
  const { prompt } = context;
  const sort = sortedAsSet(tokens, context);
  const choose = async () => sort((await tokens.entries()).filter(fits));
  const entries = await choose();
  const [first, ...others] = entries;
  const instead = t("a NAME");
  if (prompt.available && !first)
    throw none === undefined ? nothingEnrolled() : new FobError("not-found", none);
  if (prompt.available && first && others.length === 0) return first;
  const drawn = await prompt.draw(question, instead, (screen) =>
    pickOnScreen({ tokens, choose, question, hasCodes }, context, screen),
  );
  if (drawn) return drawn.done;
  const choices = entries.map((entry) => ({
    label: labelToken(entry),
    name: entry.name,
    value: entry,
  }));
  return prompt.pick(question, choices, instead);
}

/** The NAME that was given, or the id of a token that the person picks, as {@link pickToken}. */
export async function nameOrPick(
  given: string | undefined,
  context: NameContext,
  choice?: TokenChoice,
): Promise<string> {
  if (given !== undefined) return given;
  return (await pickToken(await existingTokens(null, context), context, choice)).id;
}

/** The question of a list, and its tokens at this moment. */
interface Choosing {
  readonly tokens: Authenticator;
  readonly question: string;
  readonly hasCodes: boolean;
  choose(): Promise<readonly IndexEntry[]>;
}

/** Throws FobError `interrupted` when the person leaves the list. */
async function pickOnScreen(
  { question, ...shown }: Choosing,
  context: Pick<Context, "clock" | "pinPrompt">,
  screen: Screen,
): Promise<IndexEntry> {
  const { TokenScreen } = await import("./token-screen.ts");
  const list = new TokenScreen({ ...shown, use: { kind: "pick", question } }, context, screen);
  try {
    for (;;) {
      const wished = await list.nextWish();
      if (wished.wish === "leave") throw stoppedByPerson();
      if (wished.wish === "choose") return wished.token;
    }
  } finally {
    list.codes.forget();
  }
}
