/**
 * A JavaScript expression for the most memory that its process held, in KiB. On Linux the figure of
 * `process.resourceUsage` begins with that of the process that started it.
 */
export const PEAK_KIB =
  process.platform === "linux"
    ? 'Number(/VmHWM:\\s+(\\d+)/.exec(process.getBuiltinModule("fs").readFileSync("/proc/self/status", "utf8"))[1])'
    : "process.resourceUsage().maxRSS";
