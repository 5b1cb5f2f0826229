// Preloaded into the program: writes which modules and built files it loads, one a line and in
// order, to the file that FOB_PROBE names.
"use strict";
const fs = require("node:fs");
const Module = require("node:module");

const { appendFileSync } = fs;
const file = process.env["FOB_PROBE"] ?? "";
// @ts-expect-error: not part of the public interface, and the one place that every module of a program passes
const load = Module._load;
// @ts-expect-error: as above
Module._load = (/** @type {string} */ request, /** @type {unknown[]} */ ...rest) => {
  appendFileSync(file, `${request.replace(/^.*\//, "")}\n`);
  return load(request, ...rest);
};

// built files are run with the code that was compiled before, and do not pass there
const { openSync } = fs;
fs.openSync = /** @type {any} */ (
  (/** @type {unknown} */ path, /** @type {any[]} */ ...rest) => {
    const name = /\/dist\/.*?([^/]+\.cjs)$/.exec(String(path))?.[1];
    if (name !== undefined) appendFileSync(file, `${name}\n`);
    return openSync(/** @type {any} */ (path), .../** @type {[any]} */ (rest));
  }
);
