import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const DEMO = fileURLToPath(new URL("../../scripts/demo.mjs", import.meta.url));

test("the demonstration of the README runs to its end, where nobody can be asked", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [DEMO], {
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
  });
  expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
});
