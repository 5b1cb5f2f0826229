import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { describeWith } from "../requires.ts";

const folder = fileURLToPath(new URL("../../man", import.meta.url));
const pages = readdirSync(folder).map((name) => `${folder}/${name}`);

describeWith({ man: "man-db", groff: "groff" }, "man", () => {
  test("formats every page without a warning", () => {
    const env = { PATH: process.env["PATH"], LC_ALL: "C.UTF-8", MANWIDTH: "80" };
    const { stdout, stderr } = spawnSync("man", ["--warnings", "--local-file", ...pages], {
      env,
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(stdout.match(/^FOB.*\([17]\) +fob manual +FOB.*\([17]\)$/gm)).toHaveLength(pages.length);
  });
});

describeWith({ mandoc: "mandoc" }, "mandoc", () => {
  test("finds nothing to say about any page", () => {
    const { stdout, stderr } = spawnSync("mandoc", ["-Tlint", ...pages], { encoding: "utf8" });
    expect(stdout + stderr).toBe("");
  });
});
