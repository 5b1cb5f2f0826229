import { expect, test } from "vitest";
import { newDeviceKeys } from "#sync/keys/device-keys.ts";
import {
  formatInvitation,
  newInvitation,
  openRequest,
  parseInvitation,
  requestWords,
  sealRequest,
} from "#sync/members/invitation.ts";

const invitation = newInvitation("/tmp/tokens.git", "ab".repeat(32), new Date(0));
const { signing, recipient } = newDeviceKeys();
const request = { name: "desktop", keys: { signing, recipient } };

test("an invitation is read as it was written, and no part of it is", () => {
  const text = formatInvitation(invitation);
  expect(parseInvitation(`  ${text}\n`)).toEqual(invitation);
  for (let length = 0; length < text.length; length += 7)
    expect(() => parseInvitation(text.slice(0, length))).toThrow("no invitation");
});

test("an invitation with any other character is none", () => {
  const text = formatInvitation(invitation);
  const json = Buffer.from(text.slice("fob-sync:".length), "base64url").toString("utf8");
  for (let at = 0; at < json.length; at++) {
    const other = json[at] === "1" ? "2" : "1";
    const changed = Buffer.from(json.slice(0, at) + other + json.slice(at + 1));
    expect(() => parseInvitation(`fob-sync:${changed.toString("base64url")}`)).toThrow(
      "no invitation",
    );
  }
});

test("a request opens with its invitation alone, and not with any bit changed", () => {
  const sealed = sealRequest(request, invitation);
  expect(openRequest(sealed, invitation)).toEqual(request);
  const other = newInvitation(invitation.remote, invitation.genesis, new Date(0));
  expect(openRequest(sealed, other)).toBeNull();
  expect(openRequest(sealed, { ...invitation, id: other.id })).toBeNull();
  for (let i = 0; i < sealed.length; i += 11) {
    const changed = Buffer.from(sealed);
    changed[i] = (changed[i] ?? 0) ^ 1;
    expect(openRequest(changed, invitation)).toBeNull();
  }
});

test("other keys, another name or another invitation have other words", () => {
  const words = requestWords(request, invitation);
  expect(words).toMatch(/^[a-z]{5}(?:-[a-z]{5}){3}$/);
  const keys = newDeviceKeys();
  const others = [
    requestWords({ ...request, name: "laptop" }, invitation),
    requestWords({ ...request, keys }, invitation),
    requestWords(request, newInvitation("x", invitation.genesis, new Date(0))),
  ];
  expect(new Set([words, ...others]).size).toBe(4);
});
