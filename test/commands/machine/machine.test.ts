import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lifeOf, thisProcess } from "#base/process-identity.ts";
import { completion } from "#commands/machine/completion.ts";
import { keychainMove } from "#commands/machine/keychain-move.ts";
import { shellenv } from "#commands/machine/shellenv.ts";
import { checkVault } from "#commands/machine/vault-checks.ts";
import { answering, printed, stage } from "../stage.ts";

const PASSPHRASE = "correct horse battery staple";

test("`fob keychain move none` shows a recovery code and leaves no key behind", async () => {
  const on = await stage();
  const context = { ...on, pinPrompt: answering(PASSPHRASE) };
  const { text, json } = printed(keychainMove, await keychainMove.run({ kind: "none" }, context));
  expect(text).toMatch(/^nobody keeps the vault's key now: .*\nnew recovery code: \S+\nKeep it/);
  expect(json).toMatchObject({ from: "file", to: "none", oldKey: "removed" });
  expect(existsSync(join(on.access.home, "key"))).toBe(false);
});

test.each([
  ["file", "usage", 'the key of this vault is kept by "file" already'],
  ["cloud", "usage", '"cloud" keeps no keys: system, file, tpm, none are what can be chosen'],
])(
  "`fob keychain move %s` is refused for a vault whose key a file keeps",
  async (kind, code, message) => {
    const on = await stage();
    await expect(
      keychainMove.run({ kind }, { ...on, pinPrompt: answering() }),
    ).rejects.toMatchObject({
      code,
      message,
    });
  },
);

test("the checks of a vault find nothing wrong with one that was used", async () => {
  const on = await stage();
  on.vault.amend(on.add("ACME").id, (token) => ({ ...token, name: "vpn" }));
  const processes = { own: thisProcess, lifeOf };
  const slept: number[] = [];
  const sleep = async (milliseconds: number) => void slept.push(milliseconds);
  const checks = await checkVault(false, { ...on, clock: () => new Date(), processes, sleep });
  expect(new Set(checks.map(({ status }) => status))).toEqual(new Set(["ok"]));
  expect(slept).toEqual([]);
});

test.each([["bash"], ["zsh"], ["fish"], ["powershell"]])(
  "`fob completion %s` prints a script that asks for names",
  async (shell) => {
    const { text, json } = printed(completion, await completion.run({ shell }, {} as never));
    expect(text).toContain("__complete");
    expect(json).toEqual({ shell, script: text });
  },
);

test.each([["tcsh"], ["toString"]])("`fob completion %s` is refused", async (shell) => {
  await expect(completion.run({ shell }, {} as never)).rejects.toMatchObject({ code: "usage" });
});

test("`fob shellenv` quotes where the agent is, and names the shells that it knows", async () => {
  const { access, vault } = await stage();
  const context = {
    access,
    agent: async () => ({ forShells: "/tmp/it's here" }) as never,
    shellFunctions: async (shell: string) => `# functions of ${shell}\n`,
  };
  const { vaultId } = vault.layout;
  expect(await shellenv.run({ shell: "bash" }, context)).toBe(
    `_fob_socket='/tmp/it'\\''s here'\n_fob_vault='${vaultId}'\n# functions of bash`,
  );
  expect(await shellenv.run({ shell: "fish" }, context)).toBe(
    `set -g _fob_socket '/tmp/it\\'s here'\nset -g _fob_vault '${vaultId}'\n# functions of fish`,
  );
  await expect(shellenv.run({ shell: "tcsh" }, context)).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining("bash, zsh, sh or fish are possible"),
  });
});
