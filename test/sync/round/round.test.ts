import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { gitProgram } from "#platform/program/git.ts";
import { createLocalRemote, Repository } from "#sync/git/repository.ts";
import { forgetSync, foundSync } from "#sync/round/beginning.ts";
import { type RoundWork, runRound } from "#sync/round/round.ts";
import { forgetSyncState, readSyncState } from "#sync/round/sync-state.ts";
import { inTurn, lastFailure } from "#sync/round/turns.ts";
import { Vault } from "#vault/vault.ts";

const NOBODY = {
  interactive: false,
  ask: () => Promise.reject(new Error("nobody is asked")),
  release: async () => null,
} as const;

describe("a device that leaves", () => {
  const git = gitProgram(process.env, { mayAsk: false });
  let home: string;
  let vault: Vault;

  /** The work of a process; `onWait` is called when it waits for its turn. */
  const workOf = (pid: number, onWait: () => void = () => undefined): RoundWork => ({
    vault,
    repository: new Repository(home, git),
    pinPrompt: NOBODY,
    asksPins: false,
    processes: { own: () => ({ pid, started: "1", place: "here" }), lifeOf: () => "running" },
    patienceMs: 10_000,
    look: async () => undefined,
    sleep: async () => onWait(),
    clock: () => new Date(),
  });

  /** Has the turn until it is told to end, and does this last. */
  const round = (last: () => void = () => undefined) => {
    let end: () => void = () => undefined;
    const told = new Promise<void>((resolve) => {
      end = resolve;
    });
    const done = inTurn(workOf(1), () => told.then(last));
    return { end: () => end(), done };
  };

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), "fob-round-"));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    vault = new Vault({ home, vaultId: "0123456789abcdef" }, randomBytes(32), false);
    const remote = join(home, "remote.git");
    await createLocalRemote(remote, git);
    await foundSync(workOf(1), { remote, name: "laptop" });
  });

  test("takes its turn: the round of another process is over before anything is forgotten", async () => {
    const other = round();
    let wasThere = false;
    const leaving = forgetSync(
      workOf(2, () => {
        wasThere = readSyncState(vault) !== null && existsSync(join(home, "sync"));
        other.end();
      }),
    );
    await Promise.all([other.done, leaving]);
    expect(wasThere).toBe(true);
    expect(readSyncState(vault)).toBeNull();
    expect(existsSync(join(home, "sync"))).toBe(false);
  });

  test("does not come back with a round that has waited for its turn", async () => {
    const leaving = round(() => forgetSyncState(vault));
    const late = runRound(workOf(2, () => leaving.end()));
    await expect(late).rejects.toMatchObject({ code: "usage" });
    await leaving.done;
    expect(readSyncState(vault)).toBeNull();
  });

  test("forgets how its last round failed", async () => {
    rmSync(join(home, "remote.git"), { recursive: true });
    await expect(runRound(workOf(1))).rejects.toMatchObject({ code: "unavailable" });
    expect(lastFailure(vault)).not.toBeNull();
    await forgetSync(workOf(1));
    expect(lastFailure(vault)).toBeNull();
  });
});
