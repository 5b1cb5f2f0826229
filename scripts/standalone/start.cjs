// Starts one of fob's own programs, which are ES modules, in the standalone executable.
"use strict";
const { pathToFileURL } = require("node:url");

/** @param {string} script */
module.exports = (script) => import(pathToFileURL(script).href);
