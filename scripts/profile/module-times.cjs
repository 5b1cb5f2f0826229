// Preloaded into the program: writes to the file FOB_TIMES, at its end, which modules it loaded,
// how long each took with all that it loads, and when the phases of the start were over.
"use strict";
const { writeFileSync } = require("node:fs");
const Module = require("node:module");

const file = process.env["FOB_TIMES"] ?? "";
/** @type {{ name: string, depth: number, began: number, ended: number }[]} */
const modules = [];
let depth = 0;
const preloaded = performance.now();

// @ts-expect-error: not part of the public interface, and the one place that every module of a program passes
const load = Module._load;
// @ts-expect-error: as above
Module._load = (/** @type {string} */ request, /** @type {unknown[]} */ ...rest) => {
  const entry = { name: request, depth: depth++, began: performance.now(), ended: 0 };
  modules.push(entry);
  try {
    return load(request, ...rest);
  } finally {
    entry.ended = performance.now();
    depth--;
  }
};

process.on("exit", () => {
  const { bootstrapComplete } = performance.nodeTiming;
  const phases = { bootstrapComplete, preloaded, exit: performance.now() };
  writeFileSync(file, JSON.stringify({ phases, modules }));
});
