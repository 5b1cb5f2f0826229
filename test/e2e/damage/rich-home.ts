import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { claimVault } from "#agent/protocol/claim.ts";
import { newAgentSecret } from "#agent/protocol/proof.ts";
import { keyFilePath, readKeyFile } from "#platform/keychain/key-file.ts";
import { readHeader } from "#vault/keys/header.ts";
import { findSlot, openKeychainSlot } from "#vault/keys/slots.ts";
import { beginBatch } from "#vault/tokens/batch.ts";
import { newTokenId, Vault } from "#vault/vault.ts";
import { PrivacyIdeaServer } from "../../push/privacyidea-server.ts";
import { RFC_SECRET } from "../fob.ts";
import { runInProcess } from "./run-in-process.ts";

/** A home that has every file that a home can have, and what tests must know of it. */
export interface RichHome {
  readonly home: string;
  /** The home as it was before each of its files was written for the last time. */
  readonly before: string;
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
  const fob = async (args: readonly string[], env = {}) => {
    const outcome = await runInProcess(home, args, env);
    if (outcome.exitCode !== 0 && !args.includes("--expect"))
      throw new Error(`${args}: ${outcome.stderr}`);
    return outcome.stdout;
  };
  writeFileSync(list, `${TOKENS.join("\n")}\n`);
  await fob(["import", list]);
  const server = await PrivacyIdeaServer.start(whenDone);
  await fob(["enroll", server.invitation().replaceAll("ACME", "Push"), "--yes", "--name", "Push"]);
  await fob(["pin", "set", "Pinned"], { FOB_PIN: TOKEN_PIN });
  const pace = async () => {
    await runInProcess(home, ["code", "Pinned"], { FOB_PIN: "0815" });
    await fob(["code", "Count"]);
    await fob(["code", "Hurt"]);
    await fob(["favorite", "Hurt"]);
  };
  await pace();
  await fob(["remove", "Gone", "--yes"]);
  const grant = (await fob(["access", "grant", "ci", "--token", "Count", "Hurt"])).trim();
  const grantFolder = readdirSync(join(home, "vault", "grants"))[0] ?? "";
  await fob(["config", "set", "color", "never"]);
  await leaveClaim(home);
  cpSync(home, before, { recursive: true, preserveTimestamps: true });
  await pace();
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
  return { home, before, ids, grant, grantFolder, list, ...(await backupOf(folder, list)) };
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
