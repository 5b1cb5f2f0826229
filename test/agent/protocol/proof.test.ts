import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  isChallenge,
  isProof,
  newAgentSecret,
  newChallenge,
  proofOf,
} from "#agent/protocol/proof.ts";

test("an agent proves itself by HMAC-SHA-256 over a label and the challenge", () => {
  const [secret, challenge] = [newAgentSecret(), newChallenge()];
  expect(isChallenge(challenge)).toBe(true);
  const expected = createHmac("sha256", secret)
    .update(`fob agent to client\n${challenge}`)
    .digest("base64url");
  expect(proofOf(secret, challenge)).toBe(expected);
  expect(isProof(secret, challenge, expected)).toBe(true);
});

test("no answer proves another secret, another challenge, or none", () => {
  const [secret, challenge] = [newAgentSecret(), newChallenge()];
  const proof = proofOf(secret, challenge);
  expect(isProof(newAgentSecret(), challenge, proof)).toBe(false);
  expect(isProof(secret, newChallenge(), proof)).toBe(false);
  const none = Buffer.alloc(0);
  expect(isProof(none, challenge, proofOf(none, challenge))).toBe(false);
  fc.assert(fc.property(fc.string(), (answer) => !isProof(secret, challenge, answer)));
  for (let at = 0; at < proof.length; at++) {
    const other = proof[at] === "A" ? "B" : "A";
    expect(isProof(secret, challenge, proof.slice(0, at) + other + proof.slice(at + 1))).toBe(
      false,
    );
  }
});

test("challenges never repeat", () => {
  expect(new Set(Array.from({ length: 1_000 }, newChallenge)).size).toBe(1_000);
});
