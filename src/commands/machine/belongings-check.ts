import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Check } from "#cli/check.ts";
import { isDamage } from "#token/newer.ts";
import {
  BELONGINGS,
  type Belonging,
  belongingOf,
  readBelonging,
} from "#vault/belongings/belongings-cell.ts";
import { readSound } from "#vault/tokens/same-secret.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import { putAside } from "#vault/trash/aside.ts";
import type { Vault } from "#vault/vault.ts";

const CHECK = "belongings";

/** What belongs to a token and cannot be read. */
interface Unread {
  readonly entry: IndexEntry;
  readonly belonging: Belonging;
  readonly error: FobError;
}

/**
 * Finds notes and recovery codes that cannot be read, and with `repair` puts damaged ones aside;
 * nothing where all can be read.
 */
export function checkBelongings(
  vault: Vault,
  listed: readonly IndexEntry[],
  repair: boolean,
): Check[] {
  const unread = listed.flatMap((entry) => unreadOf(vault, entry));
  if (!repair)
    return describeUnread(
      unread,
      t(
        "restore these files from a backup of the vault folder, or --repair puts aside what is damaged",
      ),
    );
  const damaged = unread.filter(({ error }) => isDamage(error));
  return [
    ...putAllAside(vault, damaged),
    ...describeUnread(
      unread.filter((one) => !damaged.includes(one)),
      t("--repair leaves alone what is not damaged"),
    ),
  ];
}

function describeUnread(unread: readonly Unread[], hint: string): Check[] {
  if (unread.length === 0) return [];
  return [{ check: CHECK, status: "failed", message: listReasons(unread), hint }];
}

function putAllAside(vault: Vault, damaged: readonly Unread[]): Check[] {
  if (damaged.length === 0) return [];
  const folders = damaged.map(({ entry, belonging }) => {
    const { folder } = belongingOf(vault, entry.id, belonging);
    return putAside(vault.layout.home, folder, `${belonging}-${entry.id}`);
  });
  const names = damaged.map(({ entry }) => entry.name).join(", ");
  return [
    {
      check: CHECK,
      status: "warning",
      message: t`put aside notes or recovery codes of ${names}; ${folders.join(", ")} keeps them`,
      hint: t("`fob note` and `fob codes add` store them anew"),
    },
  ];
}

function unreadOf(vault: Vault, entry: IndexEntry): Unread[] {
  return BELONGINGS.flatMap((belonging) => {
    try {
      readBelonging(belongingOf(vault, entry.id, belonging));
      return [];
    } catch (error) {
      if (!(error instanceof FobError)) throw error;
      // a token that cannot be read itself is put aside with everything in its folder
      const isOfToken = isDamage(error) && readSound(vault, entry.id) === null;
      return isOfToken ? [] : [{ entry, belonging, error }];
    }
  });
}

function listReasons(unread: readonly Unread[]): string {
  return unread
    .map(({ entry, error }) => t`${entry.name}: ${error.message}`)
    .reduce((all, one) => t`${all}; ${one}`);
}
