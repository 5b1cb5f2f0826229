import { createHash } from "node:crypto";
import type { PbfWriter } from "pbf";
import { t } from "#base/language.ts";
import { type ExportedToken, type ExportFormat, withLabel } from "#enrollment/exported-token.ts";
import { withIssuer } from "#token/draft/uri-label.ts";
import { looksLikeSteamGuard } from "./steam.ts";

/** As many as Google Authenticator puts into one code, so that it stays easy to scan. */
const TOKENS_A_CODE = 10;

const VERSION = 1;

/** The numbers of the protocol buffer. */
const ALGORITHMS: Readonly<Record<string, number>> = { SHA1: 1, SHA256: 2, SHA512: 3 };
const DIGITS: Readonly<Record<number, number>> = { 6: 1, 8: 2 };
const TYPES = { hotp: 1, totp: 2 } as const;

/** The migration codes of Google Authenticator. */
export const migrationExport = {
  id: "migration",
  refuse({ issuer, credential }) {
    if (credential.kind !== "totp" && credential.kind !== "hotp")
      return t("a migration code holds time-based and event-based tokens alone");
    if (credential.alphabet !== "decimal")
      return t("a migration code holds tokens with digits alone");
    if (!Object.hasOwn(ALGORITHMS, credential.algorithm))
      return t`a migration code cannot say ${credential.algorithm}`;
    if (!Object.hasOwn(DIGITS, credential.digits))
      return t`a migration code cannot say ${credential.digits} digits`;
    if (credential.kind === "hotp")
      return credential.counter < 2n ** 53n ? null : t("the counter is too large");
    if (looksLikeSteamGuard(issuer, credential))
      return t("a migration code cannot say that a token of Steam has digits");
    return credential.period === 30 && credential.t0 === 0
      ? null
      : t("a migration code knows a period of 30 s alone");
  },
  isDrawable: true,
  canBeEncrypted: false,
  async write(tokens) {
    const texts = await formatMigration(tokens.map(withLabel));
    return { titles: texts.map((_, i) => t`code ${i + 1} of ${texts.length}`), texts };
  },
} as const satisfies ExportFormat;

/**
 * Tokens that {@link migrationExport} does not refuse, as migration codes of ten tokens at most.
 * They hold the secrets.
 */
export async function formatMigration(tokens: readonly ExportedToken[]): Promise<string[]> {
  const { PbfWriter: Writer } = await import("pbf");
  const batchSize = Math.ceil(tokens.length / TOKENS_A_CODE);
  const batchId = batchIdOf(tokens);
  return Array.from({ length: batchSize }, (_, batchIndex) => {
    const writer = new Writer();
    const batch = tokens.slice(batchIndex * TOKENS_A_CODE, (batchIndex + 1) * TOKENS_A_CODE);
    for (const token of batch) writer.writeMessage(1, writeToken, token);
    for (const [tag, value] of [VERSION, batchSize, batchIndex, batchId].entries())
      writer.writeVarintField(tag + 2, value);
    const data = Buffer.from(writer.finish()).toString("base64");
    return `otpauth-migration://offline?data=${encodeURIComponent(data)}`;
  });
}

/**
 * The id that the batches of one export share, from 1 to 2^31; the same tokens give the same id.
 */
function batchIdOf(tokens: readonly ExportedToken[]): number {
  const hash = createHash("sha256");
  for (const { issuer, account, secret } of tokens)
    hash.update(JSON.stringify([nameOf(issuer, account), issuer])).update(secret);
  return (hash.digest().readUInt32BE(0) >>> 1) + 1;
}

function writeToken(
  { issuer, account, credential, secret }: ExportedToken,
  writer: PbfWriter,
): void {
  if (credential.kind !== "totp" && credential.kind !== "hotp")
    throw new Error("a token was not refused that this format cannot hold");
  writer.writeBytesField(1, secret);
  // as bytes: the package breaks characters beyond U+FFFF in text
  writer.writeBytesField(2, Buffer.from(nameOf(issuer, account)));
  writer.writeBytesField(3, Buffer.from(issuer ?? ""));
  writer.writeVarintField(4, ALGORITHMS[credential.algorithm] ?? 0);
  writer.writeVarintField(5, DIGITS[credential.digits] ?? 0);
  writer.writeVarintField(6, TYPES[credential.kind]);
  if (credential.kind === "hotp") writer.writeVarintField(7, Number(credential.counter));
}

/** What is read as this account again: a name may begin with its issuer. */
function nameOf(issuer: string | null, account: string | null): string {
  if (issuer !== null) return withIssuer(account ?? "", issuer);
  const text = account ?? "";
  // an empty issuer shows that the colons belong to the account
  return text.includes(":") ? `:${text}` : text;
}
