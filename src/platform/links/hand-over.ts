import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { removeQuietly } from "#base/durable-file.ts";
import { whenEnding } from "#base/ending.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { canShowPinentry } from "#platform/pinentry/surroundings.ts";
import { isInstalled } from "#platform/program/find-program.ts";
import { claimQuestion, offerLink } from "./question-claim.ts";
import type { Surroundings } from "./registry.ts";
import { terminalWindows } from "./terminal-windows.ts";

/** How long a terminal may take until fob in it has the link, in milliseconds. */
const MAX_START = 20_000;

/** The pause between two looks, in milliseconds. */
const PAUSE = 20;

/**
 * Opens a window of a terminal in which fob asks about a link, or asks by pinentry where there is
 * no terminal. The link goes there in a file: command lines can be read by other users. Throws
 * FobError `locked` while another question is open, `unavailable` when nothing can be opened.
 */
export async function handLinkOver(
  link: string,
  folder: string,
  surroundings: Surroundings,
): Promise<void> {
  const claim = claimQuestion(folder);
  const offer = offerLink(folder, link);
  const withdraw = () => {
    removeQuietly(offer);
    claim.release();
  };
  const done = whenEnding(withdraw);
  try {
    for (const way of waysToAsk(offer, surroundings))
      if (await opens(way, offer, surroundings.env)) return;
    throw new FobError("unavailable", t("there is no window in which fob can ask about the link"), {
      hint: t("install a terminal or a pinentry; the variable TERMINAL names your terminal"),
    });
  } finally {
    done();
    withdraw();
  }
}

function waysToAsk(
  offer: string,
  { env, program, pinentry }: Surroundings,
): readonly (readonly string[])[] {
  const command = [...program, "link", "open", "--window", "--take", offer];
  if (!env["DISPLAY"] && !env["WAYLAND_DISPLAY"]) return [];
  const windows = terminalWindows(env).map((terminal) => [...terminal, ...command]);
  const canAsk = canShowPinentry("linux", env) && isInstalled(pinentry, env);
  return canAsk ? [...windows, [...command, "--pinentry"]] : windows;
}

/** Starts a program that lives on, and returns whether fob in it has taken the link. */
async function opens(
  [command = "", ...args]: readonly string[],
  offer: string,
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  const child = spawn(command, args, { env, detached: true, stdio: "ignore" });
  let hasFailed = false;
  child.once("error", () => {
    hasFailed = true;
  });
  // one that hands its window to a server ends at once, with 0
  child.once("exit", (code) => {
    hasFailed ||= code !== 0;
  });
  child.unref();
  for (const end = Date.now() + MAX_START; existsSync(offer); ) {
    if (hasFailed || Date.now() > end) return false;
    await pause(PAUSE);
  }
  return true;
}
