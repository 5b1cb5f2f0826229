import { expect, test } from "vitest";
import { sharedFields, withSharedFields } from "#sync/tokens/local-fields.ts";
import type { Token } from "#token/token.ts";

const TOKEN: Token = {
  ...{ id: "0011223344556677", name: "vpn", issuer: "ACME", account: "ann", serial: null },
  ...{ format: "uri", credential: { kind: "motp" }, pin: null, pinOrder: "before" },
  ...{ accessDomain: "00", favorite: false, heldBy: null, tags: [], confirm: "always" },
  enrolledAt: new Date(0),
} as unknown as Token;

test("no other device says whether a person is asked at this one, or who a token is", () => {
  const shared = sharedFields(TOKEN);
  for (const own of ["id", "credential", "confirm", "enrolledAt"])
    expect(shared).not.toHaveProperty(own);
  const changed = withSharedFields(TOKEN, {
    ...{ confirm: "never", id: "ffffffffffffffff", heldBy: "tpm" },
    ...{ name: "other", tags: ["work"] },
  });
  expect(changed).toEqual({ ...TOKEN, name: "other", tags: ["work"] });
});
