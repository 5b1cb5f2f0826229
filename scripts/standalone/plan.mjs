// What differs between systems when the standalone executable is made (Node's manual, single
// executable applications).

/** What marks the place in Node where it looks for a program. */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

/**
 * What only people who develop with a package read, and parts of packages that fob does not load.
 */
const LEFT_OUT =
  /\.(?:map|d\.[cm]?ts|[cm]?ts|md|markdown)$|\/(?:test|tests|docs|examples?)\/|\/zxing_(?:full|writer)\.wasm$/;

/** A licence is not left out, whatever its file is called. */
const LICENCE = /\/(?:licen[cs]e|copying|notice)(?:\.\w+)?$/i;

/**
 * How the executable for a system is made.
 * @typedef {object} Plan
 * @property {string} name what the executable is called
 * @property {{ sentinelFuse: string, machoSegmentName?: string }} injection how the program gets
 *   into it
 * @property {(target: string) => readonly (readonly string[])[]} before commands before that
 * @property {(target: string) => readonly (readonly string[])[]} after commands after that
 * @property {(path: string) => boolean} isNeeded whether a file of a package belongs into it
 */

/**
 * @param {NodeJS.Platform} platform
 * @param {string} processor
 * @returns {Plan}
 */
export function planFor(platform, processor) {
  const isMac = platform === "darwin";
  return {
    name: `fob-${platform}-${processor}${platform === "win32" ? ".exe" : ""}`,
    injection: { sentinelFuse: FUSE, ...(isMac ? { machoSegmentName: "NODE_SEA" } : {}) },
    // a signature is of the whole file, and macOS ends a program whose signature is not true
    before: (target) => (isMac ? [["codesign", "--remove-signature", target]] : []),
    after: (target) => (isMac ? [["codesign", "--sign", "-", target]] : []),
    isNeeded: (path) =>
      LICENCE.test(path) || !(LEFT_OUT.test(path) || isForeignProgram(path, platform)),
  };
}

/**
 * Programs that packages bring for other systems. Linux may be the one within Windows, whose
 * clipboard is that of Windows.
 * @param {string} path
 * @param {NodeJS.Platform} platform
 */
function isForeignProgram(path, platform) {
  if (path.endsWith(".exe")) return platform !== "win32" && platform !== "linux";
  return path.endsWith("/fallbacks/linux/xsel") && platform !== "linux";
}
