import { expect, test } from "vitest";
import { findTpm } from "#platform/hardware/tpm-place.ts";

test.each([
  ["darwin", /Secure Enclave of a Mac computes no HMAC/],
  ["win32", /Windows gives its TPM's HMAC keys to no program/],
  ["freebsd", /on Linux only/],
] as const)("there is no TPM for fob on %s, which says why", (platform, message) => {
  expect(() => findTpm({}, platform)).toThrow(
    expect.objectContaining({
      code: "unavailable",
      message: expect.stringMatching(message),
      hint: expect.stringContaining("docs/hardware.md"),
    }),
  );
});
