import { beforeAll, expect, test } from "vitest";
import { complainingFiles, type Plant } from "./planted-types.ts";

interface Concept extends Plant {
  readonly concept: string;
  /** Files that must not compile before they handle the new member. */
  readonly handledIn: readonly string[];
}

const CONCEPTS: readonly Concept[] = [
  {
    concept: "keychain",
    name: "plantedKeychain",
    file: "src/vault/keys/keychain-kind.ts",
    before: '"file", "none"]',
    after: '"file", "none", "plantedKeychain"]',
    handledIn: ["src/commands/machine/keychain-move.ts"],
  },
  {
    concept: "kind of token",
    name: "PlantedCredential",
    file: "src/token/credential.ts",
    before: "export type OtpCredential =",
    after: `export interface PlantedCredential { readonly kind: "PlantedCredential" }
      export type OtpCredential = PlantedCredential |`,
    handledIn: [
      "src/enrollment/audit.ts",
      "src/enrollment/files/aegis-writer.ts",
      "src/enrollment/pskc/write-pskc.ts",
    ],
  },
  {
    concept: "protocol of login requests",
    name: "plantedProtocol",
    file: "src/token/credential.ts",
    before: "export type PushCredential =",
    after: `export interface OtherCredential extends Omit<PrivacyIdeaCredential, "protocol"> {
        readonly protocol: "plantedProtocol";
      }
      export type PushCredential = OtherCredential |`,
    handledIn: ["src/push/protocols.ts"],
  },
  {
    concept: "format of export",
    name: "plantedExport",
    file: "src/enrollment/export-formats.ts",
    before: "  keyUriExport,",
    after: '  keyUriExport, { id: "plantedExport" },',
    handledIn: ["src/enrollment/export-formats.ts"],
  },
  {
    concept: "app whose files are read",
    name: "plantedApp",
    file: "src/enrollment/files/app-formats.ts",
    before: "  aegis,",
    after: '  aegis, { id: "plantedApp" },',
    handledIn: ["src/enrollment/files/app-formats.ts"],
  },
  {
    concept: "field of a token",
    name: "plantedField",
    file: "src/token/token.ts",
    before: "  readonly favorite: boolean;",
    after: "  readonly favorite: boolean; readonly plantedField: boolean;",
    handledIn: ["src/token/codec.ts", "src/commands/tokens/token-view.ts"],
  },
];

let found: ReadonlyMap<string, readonly string[]> = new Map();

beforeAll(() => {
  found = complainingFiles(CONCEPTS);
});

test.each(CONCEPTS)("a new $concept does not compile before it is handled", (concept) => {
  expect(found.get(concept.name)).toEqual(expect.arrayContaining([...concept.handledIn]));
});
