import { randomBytes } from "node:crypto";
import {
  closeSync,
  fstatSync,
  linkSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import * as v from "valibot";
import { publishFile, removeQuietly, writeNewFile } from "#base/durable-file.ts";
import { isLongAgo } from "#base/file-age.ts";
import { describeForeignFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { openRegular } from "#base/open-regular.ts";
import { lifeOf, thisProcess } from "#base/process-identity.ts";
import type { QuestionClaim } from "#cli/links.ts";
import { isOurFolder } from "#platform/agent/socket-folders.ts";
import { parseJsonOrNull } from "#token/bounded-json.ts";

const CLAIM_NAME = "link-question";

const OFFER_NAME = "link";
const OFFER = /^link-[0-9a-f]{16}$/;

/** How often a claim whose process has ended is put aside before this one gives up. */
const MAX_ROUNDS = 20;

const HolderSchema = v.object({ pid: v.number(), started: v.string(), place: v.string() });

/**
 * Claims the right to ask this user about a link: a file in the user's own folder, with the process
 * that has it. Throws FobError `locked` while another process has it.
 */
export function claimQuestion(folder: string): QuestionClaim {
  const path = join(folder, CLAIM_NAME);
  const own = ownText();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (publishFile(newName(path), path, Buffer.from(own))) return claimAt(path, own);
    const held = readClaim(path);
    if (held === null) continue;
    if (isHeld(held, path)) break;
    putAside(path, held);
  }
  throw new FobError(
    "locked",
    t("fob asks about another link already: answer that one, then open this one again"),
  );
}

/**
 * Hands a link over to another process with the claim of this one: in a file, whose path is the
 * command line's. Returns the path; the file is gone when the other process has the link.
 */
export function offerLink(folder: string, link: string): string {
  const path = newName(join(folder, OFFER_NAME));
  // whoever has the claim knows that the others were given up
  for (const name of readdirSync(folder)) if (OFFER.test(name)) removeQuietly(join(folder, name));
  writeNewFile(path, Buffer.from(link));
  return path;
}

function isOffer(path: string): boolean {
  return OFFER.test(basename(path)) && isOurFolder(dirname(path));
}

/**
 * Takes a link out of a file, which is removed. One that {@link offerLink} wrote brings the claim
 * of its process; with any other, the question is claimed.
 */
export function takeLink(
  path: string,
  folder: string,
  limit: number,
): { readonly link: string; readonly claim: QuestionClaim } {
  const link = readOwnFile(path, limit);
  const claim = isOffer(path) ? takeClaimOver(dirname(path)) : claimQuestion(folder);
  removeQuietly(path);
  return { link, claim };
}

function takeClaimOver(folder: string): QuestionClaim {
  const path = join(folder, CLAIM_NAME);
  const own = ownText();
  const temporary = newName(path);
  writeNewFile(temporary, Buffer.from(own));
  renameSync(temporary, path);
  return claimAt(path, own);
}

function claimAt(path: string, own: string): QuestionClaim {
  return {
    release() {
      // the process that took the link has taken the claim, too
      if (readClaim(path) === own) removeQuietly(path);
    },
  };
}

function readOwnFile(path: string, limit: number): string {
  const opened = openLinkFile(path);
  try {
    const { uid, size } = fstatSync(opened);
    const isOurs = process.getuid === undefined || uid === process.getuid();
    if (!isOurs) throw new FobError("invalid", t`${path} belongs to another user`);
    if (size > limit) throw new FobError("invalid", t`${path} is too large for a link`);
    const bytes = Buffer.alloc(size);
    return bytes.toString("utf8", 0, readSync(opened, bytes));
  } finally {
    closeSync(opened);
  }
}

function openLinkFile(path: string): number {
  try {
    const opened = openRegular(path);
    if (opened) return opened.file;
  } catch (error) {
    throw describeForeignFileError(error, "read", path);
  }
  throw new FobError("invalid", t`${path} is not a file`);
}

function ownText(): string {
  return JSON.stringify(thisProcess());
}

function readClaim(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw describeForeignFileError(error, "read", path);
  }
}

/** One of a process that this one cannot see holds for a while, and not for ever. */
function isHeld(text: string, path: string): boolean {
  const parsed = v.safeParse(HolderSchema, parseJsonOrNull(text));
  if (!parsed.success) return false;
  const life = lifeOf(parsed.output);
  return life === "running" || (life === "unknown" && !isLongAgo(statSync(path).mtimeMs));
}

/** Removes exactly the claim that was found dead: another process may have replaced it since. */
function putAside(path: string, dead: string): void {
  const aside = newName(path);
  try {
    renameSync(path, aside);
    if (readClaim(aside) !== dead) linkSync(aside, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "EEXIST") throw error;
  }
  removeQuietly(aside);
}

function newName(path: string): string {
  return `${path}-${randomBytes(8).toString("hex")}`;
}
