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

test("an empty FOB_TPM is none, and one that names no TPM is refused", () => {
  expect(() => findTpm({ FOB_TPM: "" }, "freebsd")).toThrow("on Linux only");
  expect(findTpm({ FOB_TPM: "swtpm:/run/s" }, "freebsd")).toMatchObject({ path: "/run/s" });
  for (const FOB_TPM of ["swtpm:", "tpmrm0"])
    expect(() => findTpm({ FOB_TPM }, "linux")).toThrow(expect.objectContaining({ code: "usage" }));
});
