// Loaded before the program (--require): SIGUSR2 is a failure that nobody foresees, at any moment.
"use strict";
process.on("SIGUSR2", () => {
  throw new TypeError("not foreseen");
});
