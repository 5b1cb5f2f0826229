import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { deviceId, newDeviceKeys } from "#sync/keys/device-keys.ts";
import { placeOfHome, refuseTwin } from "#sync/round/own-writes.ts";
import { makeFolder } from "#vault/cells/cell-files.ts";
import { vaultFolder } from "#vault/cells/layout.ts";

const keys = newDeviceKeys();
const head = (number: number, who = "own") => ({ number, hash: `${who} ${number}` });

/** A home whose third write was sent; the fourth and the fifth were made since. */
const STATE = {
  keys,
  name: "laptop",
  seen: { [deviceId(keys)]: head(3) },
  head: head(5),
  unsent: [head(4), head(5)],
};

test.each([head(3), head(4), head(5), head(2, "older")])(
  "a branch that shows %o is this home's, or the remote has gone back",
  (shown) => {
    expect(() => refuseTwin(STATE, shown)).not.toThrow();
  },
);

test.each([head(3, "twin"), head(4, "twin"), head(5, "twin"), head(6, "twin")])(
  "a branch that shows %o was written by another copy",
  (shown) => {
    expect(() => refuseTwin(STATE, shown)).toThrow(
      expect.objectContaining({ code: "denied", message: expect.stringContaining("laptop") }),
    );
  },
);

test("a state of a former version knows its last write alone", () => {
  const { unsent: _, ...former } = STATE;
  expect(() => refuseTwin(former, head(5))).not.toThrow();
  expect(() => refuseTwin({ ...former, seen: {}, head: null }, head(1))).toThrow();
});

test("a home has a place of its own, and keeps it until it is moved", () => {
  const folder = mkdtempSync(join(tmpdir(), "fob-places-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [one, other, moved] = ["one", "other", "moved"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const home of [one, other]) makeFolder(vaultFolder(home));
  const place = placeOfHome({ home: one });
  expect(placeOfHome({ home: one })).toBe(place);
  expect(placeOfHome({ home: other })).not.toBe(place);
  renameSync(one, moved);
  expect(placeOfHome({ home: moved })).not.toBe(place);
});
