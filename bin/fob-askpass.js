#!/usr/bin/env node
"use strict";
// ssh, sudo and git start a program with their prompt as its only argument: `fob askpass` is two words.
process.argv.splice(2, 0, "askpass", "--");
require("../dist/fob.cjs");
