import { defineCommand, flag, required, values } from "../cli/command.ts";
import { FobError } from "../fob-error.ts";
import { plural, t } from "../language.ts";
import { printable } from "../token/printable.ts";
import { forget } from "../token/secret.ts";
import { encodeBackup } from "../vault/backup.ts";
import { armorAgeFile, encryptForAge } from "../vault/backup-encryption.ts";
import { askNewPassphrase } from "../vault/pin-prompt.ts";
import { existingVault } from "./lookup.ts";
import { openTokens } from "./secrets.ts";

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
    { command: "fob backup tokens.age --recipient age1...", explanation: "for whoever holds that key; asks nothing" },
  ],
  async run({ file, recipient: recipients, armor }, context) {
    const vault = await existingVault(context);
    const { tokens, leftOut, failures } = await openTokens(vault, [], context);
    if (tokens.length === 0) throw new FobError("not-found", t("there is no token to back up"));
    const plaintext = encodeBackup(
      tokens.map(({ token, secret, pin }) => ({ token, secret, pinPolicy: pin?.type === "user" ? pin.policy : null })),
      context.clock(),
    );
    for (const { secret } of tokens) forget(secret);
    const passphrase = recipients.length > 0 ? null : await askNewPassphrase(context.pinPrompt, file);
    const encrypted = await encryptForAge(plaintext, passphrase ? { passphrase } : { recipients });
    forget(plaintext, passphrase);
    const armored = armor || file === "-" ? await armorAgeFile(encrypted) : null;
    if (file !== "-") await context.writeSecretFile(file, armored === null ? encrypted : Buffer.from(armored));
    return { file, count: tokens.length, leftOut, failures, content: file === "-" ? armored : null };
  },
  text: ({ file, count, content }) => content?.trimEnd() ?? printable(t`wrote ${plural(count, "token")} to ${file}`),
  json: ({ file, count, content }) => ({ file: content === null ? file : null, tokens: count, content }),
  notes: ({ leftOut }) => leftOut.map((reason) => t`left out: ${reason}`),
  failures: ({ failures }) => failures,
});
