// Preloaded into the program: writes which modules it loads, one a line and in order, to the file
// that FOB_PROBE names.
"use strict";
const { appendFileSync } = require("node:fs");
const Module = require("node:module");

const file = process.env["FOB_PROBE"] ?? "";
// @ts-expect-error: not part of the public interface, and the one place that every module of a program passes
const load = Module._load;
// @ts-expect-error: as above
Module._load = (/** @type {string} */ request, /** @type {unknown[]} */ ...rest) => {
  appendFileSync(file, `${request.replace(/^.*\//, "")}\n`);
  return load(request, ...rest);
};
