import { dirname } from "node:path";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { makeFolders } from "#base/make-folders.ts";
import type { Links } from "#cli/links.ts";
import { makeFirst } from "#platform/agent/agent-place.ts";
import { socketFolders } from "#platform/agent/socket-folders.ts";
import { handLinkOver } from "./hand-over.ts";
import { linuxRegistry } from "./linux-registry.ts";
import { macRegistry } from "./mac-registry.ts";
import { claimQuestion, takeLink } from "./question-claim.ts";
import type { Registry, Surroundings } from "./registry.ts";
import { rememberedPath } from "./remembered.ts";
import { windowsRegistry } from "./windows-registry.ts";

const REGISTRIES: Readonly<Partial<Record<NodeJS.Platform, (around: Surroundings) => Registry>>> = {
  win32: windowsRegistry,
  darwin: macRegistry,
};

/** The links of this user and system. */
export function systemLinks(platform: NodeJS.Platform, surroundings: Surroundings): Links {
  const { env } = surroundings;
  const registry = (REGISTRIES[platform] ?? linuxRegistry)(surroundings);
  return {
    ...registry,
    hideArgument,
    claimQuestion: () => claimQuestion(questionFolder(platform, env)),
    takeLink: (path, limit) => takeLink(path, questionFolder(platform, env), limit),
    // Windows and macOS give a program that a link starts a terminal of its own
    handOver:
      platform === "win32" || platform === "darwin"
        ? null
        : (link) => handLinkOver(link, questionFolder(platform, env), surroundings),
  };
}

/**
 * Linux and macOS show what a process makes of its command line, so from now on nobody reads the
 * link there.
 */
function hideArgument(link: string): void {
  if (process.argv.includes(link)) process.title = "fob link open";
}

/** A folder that only this user can reach. Throws FobError `unavailable`. */
function questionFolder(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string {
  if (platform === "win32") {
    const folder = dirname(rememberedPath(env, platform));
    makeFolders(folder);
    return folder;
  }
  const folder = makeFirst(socketFolders(env));
  if (folder !== null) return folder;
  throw new FobError("unavailable", t("there is no folder that only you can reach"), {
    hint: t("XDG_RUNTIME_DIR or TMPDIR names a folder of yours"),
  });
}
