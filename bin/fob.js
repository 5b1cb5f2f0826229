#!/usr/bin/env node
"use strict";
// CommonJS, as everything that is built: an ES module costs a fifth of the whole start and more
// (docs/performance.md).
require("../dist/fob.cjs");
