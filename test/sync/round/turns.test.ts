import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import type { ProcessIdentity } from "#base/process-identity.ts";
import type { Life } from "#base/processes.ts";
import { inTurn, lastFailure, type TurnWork } from "#sync/round/turns.ts";
import { Vault } from "#vault/vault.ts";

const processOf = (pid: number): ProcessIdentity => ({ pid, started: "1", place: "here" });

describe("turns", () => {
  let vault: Vault;
  let now: number;

  beforeEach(() => {
    const home = mkdtempSync(join(tmpdir(), "fob-turns-"));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    vault = new Vault({ home, vaultId: "0123456789abcdef" }, randomBytes(32), false);
    now = Date.parse("2030-01-01T00:00:00Z");
  });

  /** The work of a process, for which the others live as `life` says. */
  const workOf = (pid: number, life: Life, onWait: () => void = () => undefined): TurnWork => ({
    vault,
    processes: { own: () => processOf(pid), lifeOf: () => life },
    patienceMs: 1_000,
    sleep: async (ms) => {
      now += ms;
      onWait();
    },
    clock: () => new Date(now),
  });

  test("one process waits for the round of another one", async () => {
    const steps: string[] = [];
    let finish: () => void = () => undefined;
    const first = inTurn(workOf(1, "running"), async () => {
      steps.push("first begins");
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      steps.push("first ends");
    });
    // the first one ends while the second one waits
    const second = inTurn(
      workOf(2, "running", () => finish()),
      async () => void steps.push("second"),
    );
    await Promise.all([first, second]);
    expect(steps).toEqual(["first begins", "first ends", "second"]);
  });

  test.each<[life: Life, minutes: number, outcome: string]>([
    ["running", 0, "refused"],
    ["running", 60, "refused"],
    ["dead", 0, "done"],
    ["unknown", 0, "refused"],
    ["unknown", 60, "done"],
    // the clock was set back
    ["unknown", -120, "done"],
  ])("a turn of a process that is %s, taken %i minutes ago: %s", async (life, minutes, outcome) => {
    void inTurn(workOf(1, "running"), () => new Promise(() => undefined));
    now += minutes * 60_000;
    const second = inTurn(workOf(2, life), async () => "done").catch(
      ({ code }: FobError) => code === "unavailable" && "refused",
    );
    expect(await second).toBe(outcome);
  });

  test("a process that was taken for dead leaves the turn to the one that has it now", async () => {
    let end: () => void = () => undefined;
    const told = new Promise<void>((resolve) => {
      end = resolve;
    });
    const first = inTurn(workOf(1, "running"), () => told);
    void inTurn(workOf(2, "dead"), () => new Promise(() => undefined));
    end();
    await first;
    await expect(inTurn(workOf(3, "running"), async () => "done")).rejects.toMatchObject({
      code: "unavailable",
    });
  });

  test("how the last round failed is remembered until one succeeds", async () => {
    const fail = (error: unknown) =>
      inTurn(workOf(1, "running"), () => Promise.reject(error)).catch(() => undefined);
    expect(lastFailure(vault)).toBeNull();
    await fail(new FobError("unavailable", "away"));
    const at = new Date(now).toISOString();
    now += 1;
    for (const code of ["usage", "interrupted", "locked"] as const)
      await fail(new FobError(code, "not about the remote"));
    expect(lastFailure(vault)).toMatchObject({
      at,
      error: { code: "unavailable", message: "away" },
    });
    await inTurn(workOf(1, "running"), async () => undefined);
    expect(lastFailure(vault)).toBeNull();
  });
});
