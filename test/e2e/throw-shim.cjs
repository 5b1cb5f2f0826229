// Loaded before the program (--require): a function of Node fails as nobody foresees.
"use strict";
const { syncBuiltinESMExports } = require("node:module");
const crypto = require("node:crypto");

crypto.createDecipheriv = () => {
  throw new TypeError("not foreseen");
};
syncBuiltinESMExports();
