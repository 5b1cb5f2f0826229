// Loaded before the program (--require): tells what it starts, with which arguments and which
// environment, in the file SPAWN_LOG.
// @ts-nocheck: it replaces functions by their names, which types do not follow
"use strict";
const childProcess = require("node:child_process");
const { appendFileSync } = require("node:fs");
const { syncBuiltinESMExports } = require("node:module");

const log = process.env.SPAWN_LOG;
delete process.env.NODE_OPTIONS;
delete process.env.SPAWN_LOG;

for (const name of ["spawn", "spawnSync", "execFile", "execFileSync"]) {
  const own = childProcess[name];
  childProcess[name] = (command, ...rest) => {
    const options = rest.find(
      (one) => one !== null && typeof one === "object" && !Array.isArray(one),
    );
    const environment = options?.env ?? process.env;
    appendFileSync(
      log,
      `${JSON.stringify({ command, arguments: rest.find(Array.isArray), environment })}\n`,
    );
    return own(command, ...rest);
  };
}
syncBuiltinESMExports();
