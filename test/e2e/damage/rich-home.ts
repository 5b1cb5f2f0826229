import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { claimVault } from "#agent/protocol/claim.ts";
import { newAgentSecret } from "#agent/protocol/proof.ts";
import { leaveSecret } from "#agent/protocol/waiting.ts";
import { keyFilePath, readKeyFile } from "#platform/keychain/key-file.ts";
import type { Secret } from "#token/secret.ts";
import { readHeader } from "#vault/keys/header.ts";
import { findSlot, openKeychainSlot } from "#vault/keys/slots.ts";
import { beginBatch } from "#vault/tokens/batch.ts";
import { newTokenId, Vault } from "#vault/vault.ts";
import { PrivacyIdeaServer } from "../../push/privacyidea-server.ts";
import { RFC_SECRET } from "../fob.ts";
import { type Given, runInProcess } from "./run-in-process.ts";

/** A home that has most files that a home can have, and what tests must know of it. */
export interface RichHome {
  readonly home: string;
  /** The folder of this home, and of all that was made of it. */
  readonly folder: string;
  /** The home as it was before each of its files was written for the last time. */
  readonly before: string;
  /** The key that opens its vault, and every vault that was made of it. */
  readonly vaultKey: Secret;
  readonly vaultId: string;
  /** By the names of tokens. */
  readonly ids: Readonly<Record<string, string>>;
  /** The secret of a grant of Count and Hurt. */
  readonly grant: string;
  readonly grantFolder: string;
  /** A list of strings with one new account, and a backup of Time with a new one. */
  readonly list: string;
  readonly backup: string;
  readonly identity: string;
}

export const TOKEN_PIN = "7391";

const uri = (kind: string, name: string, more: string, secret = RFC_SECRET) =>
  `otpauth://${kind}/${name}:ann?secret=${secret}&issuer=${name}${more}`;

const SUITE = encodeURIComponent("OCRA-1:HOTP-SHA1-6:QN08");

export const NEW_ACCOUNT = uri("totp", "Newcomer", "", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP");
export const HURT_AGAIN = uri("hotp", "Hurt", "&counter=0", "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU");

/**
 * The five tokens that no injury is meant for: Count, Time, Pinned, Asks and Push. Hurt is the
 * patient, and Gone was removed.
 */
const TOKENS = [
  uri("hotp", "Count", "&counter=0"),
  uri("totp", "Time", "&digits=8", "MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK"),
  uri("hotp", "Hurt", "&counter=0", "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"),
  uri("totp", "Pinned", "", "ONSWG4TFORZWKY3SMV2HGZLDOJSXI43F"),
  uri("ocra", "Asks", `&suite=${SUITE}`, "NFXGY2LOMVUW43DJNZSWS3TMNFXGK2LO"),
  uri("hotp", "Gone", "&counter=7", "OJSW2ZTFOJSW2ZTFOJSW2ZTFOJSW2ZTF"),
  uri("hotp", "Away", "&counter=7", "PJXW63BAPJXW63BAPJXW63BAPJXW63BA"),
];

/** Makes the home, and the files that commands are given. */
export async function richHome(whenDone: (remove: () => void) => void): Promise<RichHome> {
  const folder = mkdtempSync(join(tmpdir(), "fob-rich-"));
  whenDone(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const [home, before, list] = [
    join(folder, "home"),
    join(folder, "before"),
    join(folder, "list.txt"),
  ];
  const fob = (args: readonly string[], env = {}, input = "") => must(home, args, { env, input });
  writeFileSync(list, `${TOKENS.join("\n")}\n`);
  await fob(["import", list]);
  const server = await PrivacyIdeaServer.start(whenDone);
  await fob(["enroll", server.invitation().replaceAll("ACME", "Push"), "--yes", "--name", "Push"]);
  await fob(["pin", "set", "Pinned"], { FOB_PIN: TOKEN_PIN });
  const pace = async (time: number) => {
    await runInProcess(home, ["code", "Pinned"], { env: { FOB_PIN: "0815" } });
    await fob(["code", "Count"]);
    await fob(["note", "Time", `as of ${time}`]);
    await fob(
      ["codes", "add", "Time", "-"],
      {},
      ["aaaa", "bbbb", "cccc", "dddd"].map((code) => `${code}${time}\n`).join(""),
    );
    await fob(["codes", "Time"]);
    await fob(["code", "Hurt"]);
    await fob(["favorite", "Hurt"]);
  };
  await pace(1);
  await fob(["remove", "Gone", "--yes"]);
  const grant = (await fob(["access", "grant", "ci", "--token", "Count", "Hurt"])).trim();
  const grantFolder = readdirSync(join(home, "vault", "grants"))[0] ?? "";
  await fob(["code", "Hurt"], { FOB_GRANT: grant });
  await fob(["config", "set", "color", "never"]);
  await leaveClaim(home);
  leaveSecret(vaultOf(home).layout, randomBytes(32));
  cpSync(home, before, { recursive: true, preserveTimestamps: true });
  await pace(2);
  await fob(["remove", "Away", "--yes"]);
  await fob(["access", "grant", "spare", "--token", "Time"]);
  await fob(["config", "set", "color", "auto"]);
  const entries: readonly { readonly name: string; readonly id: string }[] = JSON.parse(
    await fob(["list", "--json"]),
  );
  const ids = Object.fromEntries(entries.map(({ name, id }) => [name, id]));
  const removed: typeof entries = JSON.parse(await fob(["restore", "--json"]));
  for (const { name, id } of removed) ids[name] = id;
  writeFileSync(list, `${NEW_ACCOUNT}\n`);
  const { vaultKey, layout } = vaultOf(home);
  const files = await backupOf(folder, list);
  const { vaultId } = layout;
  return { home, folder, before, vaultKey, vaultId, ids, grant, grantFolder, list, ...files };
}

/** Runs a command that must succeed, and returns what it prints. */
async function must(home: string, args: readonly string[], given: Given = {}): Promise<string> {
  const { stdout, stderr, exitCode } = await runInProcess(home, args, given);
  if (exitCode !== 0) throw new Error(`${args}: ${stderr}`);
  return stdout;
}

/** What becomes of the rich home, so that it has further files, or opens in another way. */
export type Kind = "usual" | "app PIN" | "passphrase" | "exported" | "synchronised" | "large";

/** A home of some kind, and what commands get in it. */
export interface KindOfHome {
  readonly home: string;
  /** What opens the vault; it is given before what a command line has of its own. */
  readonly pin: string | null;
  readonly keychain: "file" | "none";
  /** The grant that every command has; null for none. */
  readonly grant: string | null;
  /** The repository that every command finds as it is here; null for none. */
  readonly remote: string | null;
}

export const APP_PIN = "83517";
export const PASSPHRASE = "correct-horse-battery-14";

/** How many tokens it takes until the vault has a locator. */
const MANY = 230;

/** Makes a home of this kind of the rich home. */
export async function homeOf(rich: RichHome, kind: Kind): Promise<KindOfHome> {
  const home = kind === "usual" ? rich.home : join(rich.folder, kind.replace(" ", "-"));
  const plain = { home, pin: null, keychain: "file", grant: null, remote: null } as const;
  if (kind === "usual") return plain;
  cpSync(rich.home, home, { recursive: true, preserveTimestamps: true });
  switch (kind) {
    case "exported": {
      const away = join(rich.folder, "away");
      const args = ["access", "grant", "away", "--token", "Time", "--export", away];
      const grant = await must(home, args);
      return { ...plain, home: away, keychain: "none", grant: grant.trim() };
    }
    case "app PIN":
      await setAppPin(home);
      await must(home, ["biometric", "enable"], { env: { FOB_PIN: APP_PIN } });
      await runInProcess(home, ["list"], { env: { FOB_PIN: "0815" } });
      return { ...plain, pin: APP_PIN };
    case "passphrase":
      await must(home, ["keychain", "move", "none"], { env: { FOB_PIN: PASSPHRASE } });
      await runInProcess(home, ["list"], { env: { FOB_PIN: "0815", FOB_KEYCHAIN: "none" } });
      return { ...plain, keychain: "none", pin: PASSPHRASE };
    case "synchronised": {
      const remote = join(rich.folder, "remote.git");
      await must(home, ["sync", "init", remote, "--name", "laptop"]);
      await must(home, ["sync", "add", "Time"]);
      return { ...plain, remote };
    }
    case "large": {
      const many = Array.from({ length: MANY }, (_, i) =>
        uri(
          "totp",
          `Many${i}`,
          "",
          `${"ABCDEFGH"[i % 8]}${"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[i >> 3]}`.padEnd(32, "A"),
        ),
      );
      const list = join(rich.folder, "many.txt");
      writeFileSync(list, many.join("\n"));
      await must(home, ["import", list]);
      await must(home, ["code", "Time"]);
      return plain;
    }
    default:
      return kind satisfies never;
  }
}

/** Sets the app PIN, once the first key was lost: the second one has a name of its own. */
async function setAppPin(home: string): Promise<void> {
  const set = await must(home, ["pin", "set", "--json"], { env: { FOB_PIN: "90417" } });
  writeFileSync(keyFilePath(home, null), `${randomBytes(32).toString("base64")}\n`, {
    mode: 0o600,
  });
  const pins = `${JSON.parse(set).recoveryCode}\n${APP_PIN}\n`;
  await must(home, ["pin", "change"], { env: { FOB_PIN: pins } });
}

async function backupOf(folder: string, list: string) {
  const { generateX25519Identity, identityToRecipient } = await import("age-encryption");
  const key = await generateX25519Identity();
  const [other, identity, backup] = [
    join(folder, "other"),
    join(folder, "identity"),
    join(folder, "backup.age"),
  ];
  writeFileSync(identity, `${key}\n`, { mode: 0o600 });
  await runInProcess(other, ["import", list]);
  await runInProcess(other, ["backup", backup, "--recipient", await identityToRecipient(key)]);
  return { identity, backup };
}

/** A copy whose files look old, so that none of them counts as one that is being written. */
export function copyOf(home: string, whenDone: (remove: () => void) => void): string {
  const copy = mkdtempSync(join(tmpdir(), "fob-copy-"));
  whenDone(() => rmSync(copy, { recursive: true, force: true, maxRetries: 5 }));
  cpSync(home, copy, { recursive: true, preserveTimestamps: true });
  return copy;
}

/** The vault of a home that was made of the rich one, whatever opens it for a person. */
export function vaultAt({ vaultKey, vaultId }: RichHome, home: string): Vault {
  return new Vault({ home, vaultId }, vaultKey, false);
}

/** The vault of a home, opened by the program's own functions. */
export function vaultOf(home: string): Vault {
  const header = readHeader(home);
  const slot = header && findSlot(header, "keychain");
  const key = readKeyFile(keyFilePath(home, null));
  if (!slot || !key) throw new Error("no vault with a key file");
  return new Vault({ home, vaultId: header.id }, openKeychainSlot(header.id, slot, key), false);
}

/** No process has this number. */
const DEAD_PID = 2 ** 22 - 1;

/** Leaves the claim of an agent that was killed. */
async function leaveClaim(home: string): Promise<void> {
  const holder = { pid: DEAD_PID, started: "1", socket: join(home, "agent.sock"), home };
  const claim = { ...holder, secret: newAgentSecret() };
  await claimVault(vaultOf(home).layout, claim, async () => false);
}

/** Leaves a batch as a process leaves it that was killed. */
export function leaveBatch(home: string): void {
  const dead = { pid: DEAD_PID, started: "1", place: "" };
  beginBatch(
    vaultOf(home),
    { adds: [newTokenId()], removes: [], at: new Date() },
    { own: () => dead, lifeOf: () => "dead" },
  );
}

/** The newest file in a cell's folder. */
export function newestIn(folder: string): string {
  const numbers = readdirSync(folder)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return join(folder, String(Math.max(...numbers)));
}
