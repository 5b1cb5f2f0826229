// Loaded before the program (--require): the executable that runs it cannot be started again.
"use strict";
process.execPath = "/nowhere/node";
