import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { defineCommand, flag, required, values } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { existingVault } from "#commands/lookup.ts";
import { printable } from "#token/printable.ts";
import { forget } from "#token/secret.ts";
import { decodeBackup, encodeBackup } from "#vault/backup/backup.ts";
import { armorAgeFile, decryptFromAge, encryptForAge } from "#vault/backup/backup-encryption.ts";
import { askNewPassphrase } from "#vault/pins/pin-prompt.ts";
import { MAX_BACKUP_BYTES } from "./backup-restoring.ts";
import { type OpeningContext, openTokens } from "./secrets.ts";

type BackupContext = OpeningContext &
  Pick<Context, "doLongWork" | "findVault" | "readFile" | "writeSecretFile">;

/** `fob backup`: all tokens in one encrypted file. */
export const backup = defineCommand({
  name: "backup",
  summary: "write all tokens into one encrypted file",
  description:
    "The file is encrypted with age (age-encryption.org) for a passphrase, or for recipients (age1...): `fob restore FILE` reads it, and so " +
    "does the program age. The PIN of every token that has one is asked for, then the passphrase. PINs are not in the file.",
  arguments: { file: required("FILE", "the new file; - prints it in ASCII armor", "file") },
  options: {
    recipient: values("RECIPIENT", "encrypt for these recipients of age instead of a passphrase"),
    armor: flag("write ASCII armor instead of bytes"),
  },
  examples: [
    { command: "fob backup tokens.age", explanation: "asks for a passphrase, twice" },
    {
      command: "fob backup tokens.age --recipient age1...",
      explanation: "for whoever holds that key; asks nothing",
    },
  ],
  async run({ file, recipient: recipients, armor }, context: BackupContext) {
    const vault = await existingVault(context);
    const { tokens, leftOut, failures } = await openTokens(vault, [], context);
    if (tokens.length === 0) throw new FobError("not-found", t("there is no token to back up"));
    const plaintext = encodeBackup(
      tokens.map(({ token, secret, pin, note = null, recoveryCodes }) => ({
        token,
        secret,
        pinPolicy: pin?.type === "user" ? pin.policy : null,
        note,
        recoveryCodes,
      })),
      context.clock(),
    );
    for (const { secret } of tokens) forget(secret);
    const { refusals } = decodeBackup(plaintext);
    if (refusals.length === tokens.length)
      throw new FobError("invalid", t`nothing can be backed up: ${refusals[0]}`);
    const passphrase =
      recipients.length > 0 ? null : await askNewPassphrase(context.pinPrompt, file);
    const encrypted = await encryptForAge(plaintext, passphrase ? { passphrase } : { recipients });
    const armored = armor || file === "-" ? await armorAgeFile(encrypted) : null;
    const content = armored === null ? encrypted : Buffer.from(armored);
    if (content.length > MAX_BACKUP_BYTES)
      throw new FobError(
        "invalid",
        t`the backup would have more than ${MAX_BACKUP_BYTES / 2 ** 20} MiB, and \`fob restore\` does not read that`,
        { hint: t("long notes take the most: fob note NAME --remove") },
      );
    if (file !== "-") {
      await context.doLongWork(t("interrupted: nothing was written"), async (look) => {
        await look();
        await writeBackup(file, content, context);
      });
    }
    if (passphrase) await readBack(content, passphrase, plaintext, file);
    forget(plaintext, passphrase);
    const unreadable = refusals.map((reason) => t`${reason}: \`fob restore\` would not take it`);
    return {
      file,
      count: tokens.length - refusals.length,
      leftOut: [...leftOut, ...unreadable],
      failures,
      content: file === "-" ? armored : null,
    };
  },
  isData: true,
  text: ({ file, count, content }) =>
    content?.trimEnd() ?? printable(t`wrote ${plural(count, "token")} to ${file}`),
  json: ({ file, count, content }) => ({
    file: content === null ? file : null,
    tokens: count,
    content,
  }),
  notes: ({ leftOut }) => leftOut.map((reason) => t`left out: ${reason}`),
  failures: ({ failures }) => failures,
});

/** The file is read back and compared, because a disk may report a write that it has not done. */
async function writeBackup(
  file: string,
  content: Buffer,
  context: Pick<Context, "readFile" | "writeSecretFile">,
): Promise<void> {
  await context.writeSecretFile(file, content);
  if (!(await context.readFile(file, content.length)).equals(content)) throw unreadableBackup(file);
}

/** Opens what was written with the passphrase, as `fob restore` will. */
async function readBack(
  written: Buffer,
  passphrase: Uint8Array,
  plaintext: Buffer,
  file: string,
): Promise<void> {
  const opened = await decryptFromAge(written, {
    identities: [],
    askPassphrase: async () => passphrase,
  });
  const isSame = opened.equals(plaintext);
  forget(opened);
  if (!isSame) throw unreadableBackup(file);
}

function unreadableBackup(file: string): FobError {
  return new FobError("unavailable", t`what was written to ${file} cannot be read back`, {
    hint: t("it is no backup: remove it, and write another one elsewhere"),
  });
}
