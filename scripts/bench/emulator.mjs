// A TPM of software, for the tokens that a chip holds.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hasTool } from "./timing.mjs";

/**
 * Starts swtpm with its state below a folder; null where it is not installed.
 * @param {string} folder
 * @returns {{ env: { FOB_TPM: string }, stop(): void } | null}
 */
export function startEmulator(folder) {
  if (!hasTool("swtpm")) return null;
  const [socket, state, pid] = ["tpm", "tpm-state", "tpm-pid"].map((name) => join(folder, name));
  mkdirSync(`${state}`);
  const { status, stderr } = spawnSync(
    "swtpm",
    [
      ...["socket", "--tpm2", "--tpmstate", `dir=${state}`],
      ...["--ctrl", `type=unixio,path=${socket}.ctrl`, "--server", `type=unixio,path=${socket}`],
      ...["--flags", "not-need-init,startup-clear", "--daemon", "--pid", `file=${pid}`],
    ],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`swtpm does not start: ${stderr}`);
  return {
    env: { FOB_TPM: `swtpm:${socket}` },
    stop: () => process.kill(Number(readFileSync(`${pid}`, "utf8")), "SIGTERM"),
  };
}
