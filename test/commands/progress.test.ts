import { expect, test } from "vitest";
import { lifeOf, thisProcess } from "#base/process-identity.ts";
import type { Context } from "#cli/context.ts";
import { accessGrant } from "#commands/access/access-grant.ts";
import { code } from "#commands/code/code.ts";
import { backup } from "#commands/export/backup.ts";
import { exportTokens } from "#commands/export/export.ts";
import { provision } from "#commands/export/provision.ts";
import { checkVault } from "#commands/machine/vault-checks.ts";
import { list } from "#commands/tokens/list.ts";
import { answering, type Stage, stage, TOTP } from "./stage.ts";

const COUNT = 7;
const RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
const LINES = ["account", ...Array.from({ length: COUNT }, (_, i) => `ann ${i}`)].join("\n");

/** What a command needs, and the bars that it showed: how many steps of how many were done. */
async function watched() {
  const on = await stage();
  for (let i = 0; i < COUNT; i++) on.add(`token ${i}`, TOTP);
  const bars: { total: number; what: string; done: number; ends: number }[] = [];
  const progress = (total: number, what: string) => {
    const bar = { total, what, done: 0, ends: 0 };
    bars.push(bar);
    return { step: () => void bar.done++, end: () => void bar.ends++ };
  };
  const none = async () => undefined;
  const context = {
    ...on,
    ...{ progress, look: none, sleep: none, tell: none, complain: none },
    ...{ writeSecretFile: none, readFile: async () => Buffer.from(LINES) },
    clock: () => new Date(),
    pinPrompt: answering(),
    pictures: "none",
    processes: { own: thisProcess, lifeOf },
    prompt: { available: false },
  } as unknown as Stage & Context;
  return { context, bars };
}

const CODE = { at: undefined, clearAfter: undefined, format: undefined, minValidity: undefined };
const NO_FLAGS = {
  notify: false,
  notifyCode: false,
  copy: false,
  once: false,
  next: false,
  watch: false,
  withPin: false,
};
const HANDING = { output: undefined, qr: undefined, psk: false };
const ORDER = Object.fromEntries(
  ["issuer", "account", "serial", "algorithm", "digits", "alphabet", "period", "counter", "suite"]
    .concat("pinpolicy", "bits", "hold")
    .map((name) => [name, undefined]),
);

test.each<[string, readonly string[], (context: Stage & Context) => Promise<unknown>]>([
  [
    "list --codes",
    ["tokens", "passcodes"],
    (context) =>
      list.run(
        { pattern: undefined, tag: undefined, sort: undefined, codes: true, watch: false },
        context,
      ),
  ],
  [
    "code --all",
    ["tokens", "passcodes"],
    (context) => code.run({ names: [], all: true, tag: undefined, ...CODE, ...NO_FLAGS }, context),
  ],
  [
    "export",
    ["tokens"],
    (context) =>
      exportTokens.run(
        { names: [], yes: true, format: "uri", unencrypted: false, ...HANDING },
        context,
      ),
  ],
  [
    "backup -",
    ["tokens"],
    (context) => backup.run({ file: "-", recipient: [RECIPIENT], armor: false }, context),
  ],
  [
    "access grant",
    ["tokens", "keys"],
    (context) =>
      accessGrant.run(
        {
          ...{ label: "all", tag: undefined, confirm: false },
          token: Array.from({ length: COUNT }, (_, i) => `token ${i}`),
          ...{ rights: undefined, expires: undefined, export: undefined },
        },
        context,
      ),
  ],
  ["doctor", ["tokens"], (context) => checkVault(false, context)],
  [
    "provision totp --csv",
    ["tokens"],
    (context) =>
      provision.run(
        {
          kind: "totp",
          csv: "x.csv",
          format: "uri",
          unencrypted: false,
          ...HANDING,
          ...ORDER,
        } as never,
        context,
      ),
  ],
])("%s shows how far it is, token by token, and takes that away", async (_, whats, run) => {
  const { context, bars } = await watched();
  await run(context);
  expect(bars.map(({ ends: _ends, ...bar }) => bar)).toEqual(
    whats.map((what) => ({ what, total: COUNT, done: COUNT })),
  );
  for (const { ends } of bars) expect(ends).toBeGreaterThan(0);
});
