import { beforeAll, expect, test } from "vitest";
import { complainingFiles, type Plant } from "./planted-types.ts";

interface Concept extends Plant {
  readonly concept: string;
  /** The files that do not compile before they handle the new member. */
  readonly handledIn: readonly string[];
  /**
   * Whether no other file complains of it. Others may where the member that is planted is half of
   * one, or where they name it beside another one that is planted.
   */
  readonly isAllOfIt: boolean;
}

const CONCEPTS: readonly Concept[] = [
  {
    concept: "keychain",
    name: "plantedKeychain",
    file: "src/vault/keys/keychain-kind.ts",
    before: '"tpm", "none"]',
    after: '"tpm", "none", "plantedKeychain"]',
    handledIn: ["src/platform/keychain/key-stores.ts", "src/vault/keys/keychain-kind.ts"],
    isAllOfIt: true,
  },
  {
    concept: "right of a grant",
    name: "plantedRight",
    file: "src/token/grant.ts",
    before: '"push"] as const',
    after: '"push", "plantedRight"] as const',
    handledIn: ["src/token/grant.ts"],
    isAllOfIt: true,
  },
  {
    concept: "access domain",
    name: "plantedDomain",
    file: "src/token/access-domain.ts",
    before: "const DOMAINS = [",
    after: 'const DOMAINS = [{ code: "plantedDomain", name: "planted", meaning: () => "" },',
    handledIn: ["src/token/access-domain.ts"],
    isAllOfIt: false,
  },
  {
    concept: "PIN of a token",
    name: "plantedPin",
    file: "src/token/token.ts",
    before: 'PIN_TYPES = ["none"',
    after: 'PIN_TYPES = ["plantedPin", "none"',
    handledIn: ["src/commands/tokens/token-view.ts"],
    isAllOfIt: false,
  },
  {
    concept: "kind of token",
    name: "PlantedCredential",
    file: "src/token/credential.ts",
    before: "export type OtpCredential =",
    after: `export interface PlantedCredential { readonly kind: "PlantedCredential" }
      export type OtpCredential = PlantedCredential |`,
    handledIn: [
      "src/commands/code/free-tokens.ts",
      "src/commands/code/verify.ts",
      "src/commands/enroll/inspection.ts",
      "src/commands/tokens/token-view.ts",
      "src/enrollment/audit.ts",
      "src/enrollment/dskpp/provisioning-key.ts",
      "src/enrollment/files/aegis-writer.ts",
      "src/enrollment/formats/key-uri-writer.ts",
      "src/enrollment/pskc/write-pskc.ts",
      "src/token/credential-codec.ts",
    ],
    isAllOfIt: true,
  },
  {
    concept: "protocol of login requests",
    name: "plantedProtocol",
    file: "src/token/push-credential.ts",
    before: "export type PushCredential =",
    after: `export interface OtherCredential extends Omit<PrivacyIdeaCredential, "protocol"> {
        readonly protocol: "plantedProtocol";
      }
      export type PushCredential = OtherCredential |`,
    handledIn: [
      "src/push/answer-method.ts",
      "src/push/protocols.ts",
      "src/token/push-credential.ts",
    ],
    isAllOfIt: true,
  },
  {
    concept: "protocol whose tokens nothing enrolls",
    name: "PushEnrollment",
    file: "src/push/tiqr/tiqr.ts",
    before: "  enrollment: tiqrEnrollment,",
    after: "  enrollment: {},",
    handledIn: ["src/push/tiqr/tiqr.ts"],
    isAllOfIt: false,
  },
  {
    concept: "form of enrollment string",
    name: "plantedForm",
    file: "src/enrollment/formats/string-formats.ts",
    before: "  keyUri,",
    after: '  keyUri, { id: "plantedForm" },',
    handledIn: ["src/enrollment/formats/string-formats.ts"],
    isAllOfIt: true,
  },
  {
    concept: "format of export",
    name: "plantedExport",
    file: "src/enrollment/export-formats.ts",
    before: "  keyUriExport,",
    after: '  keyUriExport, { id: "plantedExport" },',
    handledIn: ["src/enrollment/export-formats.ts"],
    isAllOfIt: false,
  },
  {
    concept: "app whose files are read",
    name: "plantedApp",
    file: "src/enrollment/files/app-formats.ts",
    before: "  aegis,",
    after: '  aegis, { id: "plantedApp" },',
    handledIn: ["src/enrollment/files/app-formats.ts"],
    isAllOfIt: false,
  },
  {
    concept: "field of a token",
    name: "plantedField",
    file: "src/token/token.ts",
    before: "  readonly favorite: boolean;",
    after: "  readonly favorite: boolean; readonly plantedField: boolean;",
    handledIn: ["src/commands/tokens/token-view.ts", "src/token/codec.ts"],
    isAllOfIt: true,
  },
];

let found: ReadonlyMap<string, readonly string[]> = new Map();

beforeAll(() => {
  found = complainingFiles(CONCEPTS);
});

test.each(CONCEPTS)("a new $concept does not compile before it is handled", (concept) => {
  const { name, handledIn, isAllOfIt } = concept;
  expect(found.get(name)).toEqual(isAllOfIt ? handledIn : expect.arrayContaining([...handledIn]));
});
