import { expect, test } from "vitest";
import { knownTokens, tokensOfAccount } from "#commands/enroll/known-tokens.ts";
import type { NamedDraft } from "#commands/enroll/named-draft.ts";
import { newlyEnrolled } from "#token/codec.ts";
import type { PrivacyIdeaCredential } from "#token/push-credential.ts";

/** A token of login requests of this server, and how a command gets it. */
function tokenAt(url: string, serial: string) {
  const credential: PrivacyIdeaCredential = {
    ...{ kind: "push", protocol: "privacyidea", url },
    ...{ serverKey: "", isQuick: true, isInsecure: false },
  };
  const about = { name: "ACME", issuer: "ACME", account: "ann", serial, credential };
  const state = {
    ...newlyEnrolled(new Date(0)),
    id: serial,
    pin: "none",
    pinPolicy: null,
  } as const;
  const token = { ...about, ...state, format: "privacyidea" } as const;
  const draft = { ...about, format: "privacyidea", secret: Buffer.alloc(1) } as const;
  const named: NamedDraft = {
    name: "ACME",
    isChosen: false,
    draft: { ...draft, fields: [], findings: [] },
  };
  return { token, named };
}

test("tokens of login requests are of one account where one server asks for them", () => {
  const { token } = tokenAt("https://pi.acme.test/ttype/push", "PIPU1");
  const known = knownTokens([token]);
  const others = (url: string) => tokensOfAccount(tokenAt(url, "PIPU2").named, known);
  expect(others("https://PI.acme.test/other/ttype/push")).toEqual([token]);
  expect(others("https://pi.example.test/ttype/push")).toEqual([]);
  expect(others("https://pi.acme.test:8443/ttype/push")).toEqual([]);
});
