import { isClosedFile } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { plural, type Text, t, translated } from "#base/language.ts";
import { type Check, failure } from "#cli/check.ts";
import { flag } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { nameSome } from "#commands/naming.ts";
import {
  type Checkup,
  examineVault,
  type Leftovers,
  leftovers,
  mendVault,
  removeLeftovers,
  tokenIds,
} from "#vault/checkup.ts";
import type { Processes } from "#vault/tokens/batch.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import { type Misplaced, misplacedIn, putMisplacedAside } from "#vault/trash/misplaced.ts";
import type { Vault } from "#vault/vault.ts";
import { checkAccessLog } from "./access-log-check.ts";
import { checkBelongings } from "./belongings-check.ts";
import { checkCodes } from "./codes-check.ts";
import { checkCounters } from "./counters-check.ts";
import { checkGrants } from "./grants-check.ts";
import { checkSync } from "./sync-check.ts";
import { checkTrash } from "./trash-check.ts";

const REPAIR_HINT: Text = "`fob doctor --repair` mends it";

/** More names than this are only counted. */
const MAX_NAMED = 3;

/**
 * A vault that others write to at this moment looks unfinished: what is so twice, is so. In
 * milliseconds.
 */
const SECOND_LOOK = 300;

/** What looking into the vault needs. */
export type VaultChecksContext = Pick<
  Context,
  "clock" | "findVault" | "processes" | "progress" | "sleep"
>;

/** {@link checkVault} as an agent carries it out. */
export const vaultChecks = {
  arguments: {},
  options: { repair: flag("mend what can be mended") },
  run: ({ repair }: { readonly repair: boolean }, context: VaultChecksContext) =>
    checkVault(repair, context),
};

/** Examines the vault, and repairs what it can with `repair`. */
export async function checkVault(repair: boolean, context: VaultChecksContext): Promise<Check[]> {
  const opened = await open(context);
  if ("check" in opened) return [opened];
  const { vault } = opened;
  return orFailedVault(async () => {
    const misplaced = misplacedIn(vault.layout);
    // misplaced files first: they block all other checks
    if (misplaced.length > 0 && !repair) return [describeMisplaced(misplaced)];
    putMisplacedAside(vault.layout, misplaced);
    return [
      ...(misplaced.length > 0 ? [describePutAside(misplaced)] : []),
      ...(await orFailedVault(() => lookThrough(vault, repair, context))),
    ];
  });
}

/** The checks of a vault without misplaced files. */
async function lookThrough(
  vault: Vault,
  repair: boolean,
  context: VaultChecksContext,
): Promise<Check[]> {
  const { processes } = context;
  const found = await examineTwice(vault, context);
  if (found instanceof FobError) {
    // nothing is mended of a vault that cannot be judged
    return [failure("vault", found), ...(await checkBeside(vault, false, context))];
  }
  const aside = repair ? mendVault(vault, found, processes) : [];
  return [
    describeDamage(vault, found, aside),
    ...describeLost(found, repair),
    ...describeAttempts(found, repair),
    ...describeWiped(found),
    describeIndex(found, repair),
    ...describeCutOff(found, repair),
    ...describeDamagedBatches(found, repair),
    ...(await checkBeside(vault, repair, context)),
    checkLeftovers(vault, found, repair, processes),
  ];
}

/** The checks of what is beside the tokens in use. */
async function checkBeside(
  vault: Vault,
  repair: boolean,
  { clock, sleep }: Pick<VaultChecksContext, "clock" | "sleep">,
): Promise<Check[]> {
  const listed = listedTokens(vault);
  return [
    ...orFailed("trash", () => checkTrash(vault, repair)),
    ...orFailed("grants", () => checkGrants(vault, repair, clock())),
    ...orFailed("access log", () => checkAccessLog(vault, repair)),
    ...orFailed("belongings", () => checkBelongings(vault, listed, repair)),
    ...orFailed("codes", () => checkCodes(vault, listed, repair)),
    ...orFailed("sync", () => checkSync(vault, repair)),
    ...(await checkCounters(vault, listed, {
      repair,
      pause: () => sleep(SECOND_LOOK),
    })),
  ];
}

/** The tokens of the index; none where it cannot be read, which its own check tells. */
function listedTokens(vault: Vault): readonly IndexEntry[] {
  try {
    return vault.entries();
  } catch (error) {
    if (error instanceof FobError) return [];
    throw error;
  }
}

/** What is in the vault, or why that cannot be judged: a newer fob wrote a part of it, say. */
async function examineTwice(
  vault: Vault,
  { processes, progress, sleep }: VaultChecksContext,
): Promise<Checkup | FobError> {
  const examine = () => {
    const bar = progress(tokenIds(vault).length, t("tokens"));
    try {
      return examineVault(vault, processes, bar.step);
    } finally {
      bar.end();
    }
  };
  try {
    const first = examine();
    if (isWhole(first)) return first;
    await sleep(SECOND_LOOK);
    return examine();
  } catch (error) {
    if (isOfVault(error)) return error;
    throw error;
  }
}

/**
 * Checks of a vault, or one failed check where a file cannot be judged, was written by a newer fob,
 * or is another user's. What was repaired before stays repaired.
 */
async function orFailedVault(checks: () => Promise<Check[]>): Promise<Check[]> {
  try {
    return await checks();
  } catch (error) {
    if (!isOfVault(error)) throw error;
    return [failure("vault", error)];
  }
}

function isOfVault(error: unknown): error is FobError {
  return error instanceof FobError && ["invalid", "unavailable", "denied"].includes(error.code);
}

async function open(
  context: Pick<Context, "findVault">,
): Promise<{ readonly vault: Vault } | Check> {
  try {
    const vault = await context.findVault();
    return vault
      ? { vault }
      : { check: "vault", status: "skipped", message: t("there is no vault yet") };
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    const { code, message, hint } = error;
    const isShut = ["locked", "unavailable", "denied"].includes(code) && !isClosedFile(error);
    const status = isShut ? "skipped" : "failed";
    return { check: "vault", status, message, ...(hint === undefined ? {} : { hint }) };
  }
}

/** One check that cannot be made keeps no other from being made. */
function orFailed(name: string, check: () => Check | readonly Check[]): readonly Check[] {
  try {
    return [check()].flat();
  } catch (error) {
    return [failure(name, error)];
  }
}

function isWhole(found: Checkup): boolean {
  const { damaged, closed, damagedAttempts, damagedBatches } = found;
  const { damagedIndex, unlisted, gone, lost, cutOff } = found;
  const lists = [damaged, closed, damagedAttempts, damagedBatches, unlisted, gone, lost];
  return (
    damagedIndex === null && cutOff.abandoned === 0 && lists.every((list) => list.length === 0)
  );
}

function nameReasons(tokens: Checkup["damaged"]): string {
  const reasons = tokens.map(({ name, reason }) => t`${name}: ${reason}`);
  const more = reasons.length - MAX_NAMED;
  return reasons
    .slice(0, MAX_NAMED)
    .concat(more > 0 ? [t`and ${more} more`] : [])
    .reduce((all, one) => t`${all}; ${one}`);
}

/** `aside` are the folders that damaged tokens were put into. */
function describeDamage(
  vault: Vault,
  { damaged, closed, damagedIndex }: Checkup,
  aside: readonly string[],
): Check {
  const check = "vault";
  if (damaged.length === 0 && closed.length > 0) {
    return {
      check,
      status: "failed",
      message: nameReasons(closed),
      hint: t(
        "make these files readable to you again: chmod u+rw, or the command of the check `owner`; nothing is put aside",
      ),
    };
  }
  if (aside.length > 0) {
    const names = damaged.map(({ name }) => name).join(", ");
    return {
      check,
      status: "warning",
      message: t`put aside what could not be read: ${names}; ${aside.join(", ")} keeps it`,
      hint: t("enroll these tokens anew, or restore their files from a backup of the vault folder"),
    };
  }
  if (damaged.length > 0) {
    return {
      check,
      status: "failed",
      message: nameReasons([...damaged, ...closed]),
      hint: t(
        "restore these files from a backup of the vault folder, or --repair puts them aside: then enroll anew",
      ),
    };
  }
  const tokens =
    damagedIndex === null
      ? t`${plural(vault.entries().length, "token")}, all of them whole`
      : t("every token is whole");
  return { check, status: "ok", message: tokens };
}

/** Files and folders of the wrong kind. Everything else is checked after they are put aside. */
function describeMisplaced(misplaced: readonly Misplaced[]): Check {
  const reasons = misplaced.map(describeKind);
  return {
    check: "files",
    status: "failed",
    message: reasons.reduce((all, one) => t`${all}; ${one}`),
    hint: t(
      "restore it from a backup of the vault folder, or --repair puts aside what lies there, and looks at the rest",
    ),
  };
}

function describeKind({ path, wanted, is }: Misplaced): string {
  if (is === "file") return t`${path} is a file, and must be a folder`;
  if (is === "folder") return t`${path} is a folder, and must be a file`;
  return wanted === "file"
    ? t`${path} is a pipe or a device, and must be a file`
    : t`${path} is a pipe or a device, and must be a folder`;
}

function describePutAside(misplaced: readonly Misplaced[]): Check {
  const names = misplaced.map(({ path }) => path).join(", ");
  return { check: "files", status: "ok", message: t`put aside as vault/damaged-...: ${names}` };
}

/** Tokens in the index whose files are lost; nothing where there are none. */
function describeLost({ lost }: Checkup, repaired: boolean): Check[] {
  if (lost.length === 0) return [];
  const names = nameSome(
    lost.map(({ name }) => name),
    MAX_NAMED,
  );
  const check = "lost";
  if (repaired) {
    const hint = t("enroll these tokens anew");
    return [
      {
        check,
        status: "warning",
        message: t`no longer listed, because their files are gone: ${names}`,
        hint,
      },
    ];
  }
  const hint = t(
    "restore them from a backup of the vault folder; --repair takes these tokens off the list",
  );
  return [
    { check, status: "failed", message: t`the files of these tokens are gone: ${names}`, hint },
  ];
}

/** Nothing where nothing is wrong. */
function describeDamagedBatches({ damagedBatches }: Checkup, repaired: boolean): Check[] {
  if (damagedBatches.length === 0) return [];
  const check = "interrupted";
  const commands = plural(damagedBatches.length, "command");
  if (repaired)
    return [
      {
        check,
        status: "ok",
        message: t`${commands} cut off: what cannot be read of them was put aside`,
      },
    ];
  const ids = damagedBatches.join(", ");
  return [
    {
      check,
      status: "failed",
      message: t`${commands} cut off, and what was to be done is damaged: vault/batches/${ids}`,
      hint: translated(REPAIR_HINT),
    },
  ];
}

/** Nothing where nothing is wrong. */
function describeAttempts({ damagedAttempts }: Checkup, repaired: boolean): Check[] {
  const check = "attempts";
  return damagedAttempts.map(({ of }) => {
    const whose = of === null ? t("of fob (app PIN)") : t`for ${of}`;
    if (repaired) return { check, status: "ok", message: t`wrong PINs ${whose} are counted anew` };
    return {
      check,
      status: "failed",
      message: t`the count of wrong PINs ${whose} is damaged: one attempt is left`,
      hint: t("the right PIN mends it, and so does `fob doctor --repair`"),
    };
  });
}

/** Reported only where there is such a token, which is rare. */
function describeWiped({ wiped }: Checkup): Check[] {
  if (wiped.length === 0) return [];
  return [
    {
      check: "wiped",
      status: "warning",
      message: t`too many wrong PINs have wiped the secret of ${plural(wiped.length, "token")}: ${wiped.join(", ")}`,
      hint: t("a new enrollment is the way out: ask the issuer, then `fob enroll --replace`"),
    },
  ];
}

function describeIndex({ damagedIndex, unlisted, gone }: Checkup, repaired: boolean): Check {
  const check = "index";
  const wrong = unlisted.length + gone.length;
  if (damagedIndex === null && wrong === 0)
    return { check, status: "ok", message: t("the index says what the tokens say") };
  if (repaired) return { check, status: "ok", message: t("the index was rebuilt from the tokens") };
  if (damagedIndex !== null)
    return { check, status: "failed", message: damagedIndex, hint: translated(REPAIR_HINT) };
  const names = nameSome(
    [...unlisted, ...gone].map(({ name }) => name),
    MAX_NAMED,
  );
  return {
    check,
    status: "warning",
    message: t`the index is not true for ${plural(wrong, "token")}: ${names}`,
    hint: translated(REPAIR_HINT),
  };
}

/** Commands that were cut off; nothing where there were none. */
function describeCutOff({ cutOff: { abandoned, tokens } }: Checkup, repaired: boolean): Check[] {
  if (abandoned === 0) return [];
  const check = "interrupted";
  const commands = plural(abandoned, "command");
  if (repaired)
    return [
      { check, status: "ok", message: t`${commands} that were cut off: finished or taken back` },
    ];
  return [
    {
      check,
      status: "warning",
      message: t`${commands} cut off while changing tokens: ${plural(tokens, "token")} not in use to take back or put away`,
      hint: t("the next command that adds tokens does that, or --repair"),
    },
  ];
}

/**
 * Older generations are what a damaged token could be saved from: they stay until everything is
 * whole.
 */
function checkLeftovers(
  vault: Vault,
  { damaged, damagedIndex }: Checkup,
  repair: boolean,
  processes: Processes,
): Check {
  const check = "leftovers";
  if ((damaged.length > 0 && !repair) || (damagedIndex !== null && !repair)) {
    return {
      check,
      status: "skipped",
      message: t("older files are kept while something is damaged"),
    };
  }
  if (repair) removeLeftovers(vault, processes);
  const kinds = describeLeftovers(leftovers(vault, processes));
  if (kinds === null)
    return { check, status: "ok", message: t("interrupted writes left nothing behind") };
  return {
    check,
    status: "warning",
    message: t`interrupted writes left behind: ${kinds}`,
    hint: t("they do no harm; --repair removes them"),
  };
}

/** What is left behind, by its kinds; null for nothing. */
function describeLeftovers({ old, temporary, empty }: Leftovers): string | null {
  const kinds = [
    old.length > 0 ? plural(old.length, "older value") : null,
    temporary.length > 0 ? t`${plural(temporary.length, "unfinished file")} (.new-...)` : null,
    empty.length > 0 ? plural(empty.length, "empty folder") : null,
  ].filter((kind) => kind !== null);
  return kinds.length === 0 ? null : kinds.reduce((all, kind) => t`${all}, ${kind}`);
}
