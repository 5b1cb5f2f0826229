// Preloaded into the program: writes what it asks of the file system below FOB_HOME, one call a
// line and in order, to the file that FOB_PROBE names.
"use strict";
const fs = require("node:fs");

const { FOB_PROBE: probe = "", FOB_HOME: home = "" } = process.env;
const { appendFileSync, openSync, closeSync } = fs;
/** @type {Map<number, string>} */
const open = new Map();
let isBusy = false;
/** @type {any} */
const calls = fs;

for (const name of ["readdirSync", "statSync", "lstatSync", "existsSync", "readFileSync"])
  watch(name, calls[name]);
watch(
  "openSync",
  (/** @type {string} */ path, /** @type {any} */ flags, /** @type {any} */ mode) => {
    const file = openSync(path, flags, mode);
    open.set(file, path);
    return file;
  },
);
for (const name of ["fstatSync", "readSync", "writeSync", "fsyncSync"]) watch(name, calls[name]);
watch("closeSync", (/** @type {number} */ file) => {
  closeSync(file);
  open.delete(file);
});

/** @param {string} name @param {(...given: any[]) => unknown} call */
function watch(name, call) {
  calls[name] = (/** @type {unknown[]} */ ...given) => {
    const [first] = given;
    const path = typeof first === "number" ? open.get(first) : String(first);
    // Node's own functions call each other
    if (isBusy) return call(...given);
    isBusy = true;
    try {
      if (path?.startsWith(home))
        appendFileSync(probe, `${name.replace("Sync", "")} ${path.slice(home.length)}\n`);
      return call(...given);
    } finally {
      isBusy = false;
    }
  };
}
