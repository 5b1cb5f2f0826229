import { resolve } from "node:path";
import { expect, test } from "vitest";
import { checkRemote, folderOf, isBySsh, isOnThisMachine, placeOf } from "#sync/git/address.ts";

test.each([
  ["/srv/tokens.git", true, false, "/srv/tokens.git"],
  ["file:///srv/tokens.git", true, false, "/srv/tokens.git"],
  ["FILE:///srv/tokens.git", true, false, "/srv/tokens.git"],
  ["https://ann@git.example:8443/tokens.git", false, false, "git.example:8443"],
  ["HTTP://git.example/tokens.git", false, false, "git.example"],
  ["git://git.example/tokens.git", false, false, "git.example"],
  ["ssh://ann@git.example/~/tokens.git", false, true, "git.example"],
  ["ann@git.example:tokens.git", false, true, "git.example"],
] as const)("%s: here %s, by ssh %s, at %s", (remote, isHere, usesSsh, place) => {
  expect(isOnThisMachine(remote)).toBe(isHere);
  expect(isBySsh(remote)).toBe(usesSsh);
  expect(placeOf(remote)).toBe(place);
  expect(folderOf(remote)).toBe(isHere ? place : null);
});

test("a path is made absolute, and nothing else", () => {
  expect(checkRemote("tokens.git")).toBe(resolve("tokens.git"));
  for (const kept of ["file:tokens.git", "FILE:///srv/t.git", "ann@git.example:t.git", "/srv/t"])
    expect(checkRemote(kept)).toBe(kept);
});

test.each(["", "-u", "ext::sh -c x", "a\nb", "https://ann:planted@git.example/t.git"])(
  "%j is no address",
  (text) => {
    expect(() => checkRemote(text)).toThrow(expect.objectContaining({ code: "usage" }));
  },
);
