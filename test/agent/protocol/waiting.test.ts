import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { newAgentSecret } from "#agent/protocol/proof.ts";
import { findSecret, leaveSecret, openOrder, sealOrder } from "#agent/protocol/waiting.ts";
import { serviceCell } from "#vault/cells/layout.ts";

const ORDER = {
  ...{ home: "/home/ann", vault: "0123", limits: { totalMs: 1, idleMs: 2 } },
  ...{ push: false, notify: false, syncMs: null, pinentry: null, locksWithScreen: true },
};
const KEY = Buffer.alloc(32, 7);

test("only the service that left its secret reads the key, and for this vault alone", () => {
  const secret = newAgentSecret();
  const sealed = sealOrder(secret, ORDER, KEY);
  expect(openOrder(secret, "0123", sealed)).toMatchObject({ order: ORDER, vaultKey: KEY });
  expect(sealed).not.toContain(KEY.toString("base64url"));
  expect(openOrder(newAgentSecret(), "0123", sealed)).toBeNull();
  expect(openOrder(secret, "4567", sealed)).toBeNull();
  for (const broken of ["", "?", sealed.slice(0, -2), `A${sealed}`])
    expect(openOrder(secret, "0123", broken)).toBeNull();
});

test("the secret of the last service counts, whatever is there", () => {
  const home = mkdtempSync(join(tmpdir(), "fob-waiting-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const layout = { home, vaultId: "0123" };
  expect(findSecret(layout)).toBeNull();
  const [one, other] = [newAgentSecret(), newAgentSecret()];
  leaveSecret(layout, one);
  leaveSecret(layout, other);
  expect(findSecret(layout)).toEqual(other);
  const { folder } = serviceCell(layout);
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  writeFileSync(join(folder, "1"), "damaged");
  expect(findSecret(layout)).toBeNull();
  leaveSecret(layout, one);
  expect(findSecret(layout)).toEqual(one);
});
