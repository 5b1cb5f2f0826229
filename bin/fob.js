#!/usr/bin/env node
"use strict";
// CommonJS and one require: an ES module here costs a fifth of the whole start (docs/performance.md).
require("../dist/fob.cjs");
