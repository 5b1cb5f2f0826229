import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";
import type {} from "./processor-time.ts";

/** Tells which files took the most processor time, where many were run. */
export class SlowestFiles implements Reporter {
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length <= this.#count) return;
    const files = modules
      .map((module) => ({
        path: relative(process.cwd(), module.moduleId),
        seconds: module.meta().processorSeconds ?? 0,
      }))
      .sort((a, b) => b.seconds - a.seconds);
    const all = files.reduce((sum, { seconds }) => sum + seconds, 0);
    const lines = files
      .slice(0, this.#count)
      .map(({ path, seconds }) => `${seconds.toFixed(1).padStart(8)}  ${path}`);
    process.stdout.write(
      `\nseconds of processor time, ${all.toFixed(0)} in all:\n${lines.join("\n")}\n`,
    );
  }
}
