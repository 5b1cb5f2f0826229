import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll } from "vitest";

/** A program of a test, and a folder for homes; both vanish after the tests of a file. */
interface Driver {
  readonly folder: string;
  /** What Node runs. */
  readonly driver: string;
}

/** Builds a program that many processes of a test run, before the tests of a file begin. */
export function driverFrom(source: URL): Driver {
  const folder = mkdtempSync(join(tmpdir(), "fob-driver-"));
  const driver = join(folder, "driver.mjs");
  beforeAll(async () => {
    await build({
      entryPoints: [fileURLToPath(source)],
      outfile: driver,
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "error",
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, driver };
}
