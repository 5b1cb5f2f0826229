import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DeviceKeys, newDeviceKeys } from "#sync/keys/device-keys.ts";
import {
  extendChain,
  foundChain,
  type MemberChain,
  mergeChains,
  readMembership,
  toMember,
} from "#sync/members/member-chain.ts";

const AT = new Date(0);
const devices = ["ann", "bob", "cid", "dora"].map((name) => ({ name, keys: newDeviceKeys() }));
type Device = (typeof devices)[number];
const [ann, bob, cid, dora] = devices as [Device, Device, Device, Device];
const member = ({ name, keys }: Device) => toMember(name, keys);
const add = (chain: MemberChain, device: Device, keys: DeviceKeys) =>
  extendChain(chain, { action: "add", member: member(device), at: AT }, keys);
const remove = (chain: MemberChain, device: Device, keys: DeviceKeys) =>
  extendChain(chain, { action: "remove", member: member(device), at: AT }, keys);
const names = (chain: MemberChain) => readMembership(chain).members.map(({ name }) => name);

const RECOVERY = newDeviceKeys().recipient;
const founded = foundChain(ann.name, ann.keys, RECOVERY, AT);
const three = add(add(founded, bob, ann.keys), cid, bob.keys);
const usual = remove(three, bob, cid.keys);

describe("a list of members", () => {
  test("says who is a member, who was, and who signs", () => {
    expect(readMembership(usual)).toMatchObject({
      members: [member(ann), member(cid)],
      former: [member(bob)],
      recovery: RECOVERY,
      epoch: 4,
    });
  });

  test("is refused with any entry changed, left out, repeated or moved", () => {
    const changed = usual.flatMap((entry, i) =>
      [
        { ...entry, signature: usual[(i + 1) % usual.length]?.signature ?? "" },
        { ...entry, body: { ...entry.body, at: new Date(1).toISOString() } },
        { ...entry, body: { ...entry.body, member: member(dora) } },
        { ...entry, body: { ...entry.body, author: member(dora).id } },
      ].map((wrong) => usual.map((one, j) => (i === j ? wrong : one))),
    );
    const leftOut = usual.slice(0, -1).map((_, i) => usual.filter((_one, j) => i !== j));
    const repeated = usual.map((entry, i) => [...usual.slice(0, i), entry, ...usual.slice(i)]);
    const moved = usual.slice(1).map((_, i) => {
      const [one, other] = [usual[i], usual[i + 1]];
      return usual.map((entry, j) => (j === i ? other : j === i + 1 ? one : entry));
    }) as MemberChain[];
    for (const wrong of [...changed, ...leftOut, ...repeated, ...moved])
      expect(() => readMembership(wrong)).toThrow("list of members");
  });

  test("takes no change by a stranger or by a removed device, and no device twice", () => {
    expect(() => add(usual, dora, dora.keys)).toThrow("list of members");
    expect(() => add(usual, dora, bob.keys)).toThrow("list of members");
    expect(() => add(usual, bob, ann.keys)).toThrow("list of members");
    expect(() => add(usual, { ...dora, name: "ANN" }, ann.keys)).toThrow("list of members");
  });
});

describe("two lists", () => {
  test("with another beginning are not merged", () => {
    const other = foundChain(ann.name, ann.keys, RECOVERY, new Date(1));
    expect(() => mergeChains(usual, other)).toThrow("another synchronisation");
  });

  test("a removed device cannot undo its removal, however long its own list is", () => {
    const removal = remove(three, bob, ann.keys);
    const evasion = remove(add(three, dora, bob.keys), ann, bob.keys);
    const longer = remove(evasion, cid, bob.keys);
    expect(names(mergeChains(removal, longer))).toEqual(["ann", "cid"]);
    for (const merged of [
      mergeChains(removal, add(three, dora, bob.keys)),
      mergeChains(add(three, dora, bob.keys), removal),
    ])
      expect(names(merged)).toEqual(["ann", "cid"]);
  });

  test("of devices that remove each other: everybody stays with the removal that came first", () => {
    const [one, other] = [remove(three, bob, ann.keys), remove(three, ann, bob.keys)];
    expect(mergeChains(one, other)).toBe(one);
    expect(mergeChains(other, one)).toBe(other);
  });

  test("are merged alike by all, in whatever order they come", () => {
    const lists = [
      three,
      usual,
      add(three, dora, ann.keys),
      add(three, dora, cid.keys),
      remove(add(three, dora, ann.keys), bob, dora.keys),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...lists), fc.constantFrom(...lists), (a, b) => {
        expect(mergeChains(a, b)).toEqual(mergeChains(b, a));
      }),
    );
  });
});
