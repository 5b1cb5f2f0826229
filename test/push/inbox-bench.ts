import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { httpClient } from "#platform/http.ts";
import { LocalInbox } from "#push/inbox/local-inbox.ts";
import { USER_PIN_POLICY } from "#token/pin-policy.ts";
import type { PushCredential } from "#token/push-credential.ts";
import { pinBytes } from "#token/secret.ts";
import { newKey } from "#vault/keys/keys.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { setTokenPin } from "#vault/pins/token-pin.ts";
import { unguardedSecretKey } from "#vault/tokens/token-record.ts";
import { Vault } from "#vault/vault.ts";
import { addAtOnce } from "../vault/add-at-once.ts";
import { PrivacyIdeaServer, SERVER_KEYS } from "./privacyidea-server.ts";

/** The key of the device; making it takes a while. */
const DEVICE_KEYS = generateKeyPairSync("rsa", { modulusLength: 2048 });

/**
 * A server, a vault with a token of it, which `guard` gives a PIN, and a clock that is ahead of the
 * real one by what is set.
 */
export async function inboxBench() {
  const server = await PrivacyIdeaServer.start();
  server.know(DEVICE_KEYS.publicKey);
  const home = mkdtempSync(join(tmpdir(), "fob-inbox-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const vault = new Vault({ home, vaultId: "0".repeat(32) }, newKey(), false);
  /** Stores a token of a server, without an enrollment. */
  const store = ({ url }: Pick<PrivacyIdeaServer, "url">, name: string, serial: string) => {
    const credential: PushCredential = {
      ...{ kind: "push", protocol: "privacyidea", url: url.href, isQuick: true, isInsecure: false },
      serverKey: SERVER_KEYS.publicKey.export({ format: "der", type: "spki" }).toString("base64"),
    };
    const details = { name, issuer: name, account: "ann", serial, format: "privacyidea-push" };
    const secret = DEVICE_KEYS.privateKey.export({ format: "der", type: "pkcs8" });
    const [token] = addAtOnce(vault, [{ ...details, credential, pin: "none", secret }], new Date());
    if (!token) throw new Error("nothing was stored");
    return token;
  };
  const token = store(server, "ACME", server.serial);
  const guard = async (pin: string) => {
    const record = vault.read(token.id);
    const given = { pin: pinBytes(pin), policy: USER_PIN_POLICY, setAt: new Date(), isOwn: true };
    await setTokenPin(vault, record, unguardedSecretKey(record, vault.vaultKey), given);
  };
  const clock = { ahead: 0 };
  const services = {
    http: httpClient("fob/test"),
    now: () => new Date(Date.now() + clock.ahead * 1000),
  };
  const newInbox = () => new LocalInbox(vault, services);
  return { server, vault, token, guard, store, clock, services, newInbox, inbox: newInbox() };
}

/** Another server that knows the same device. */
export async function anotherServer(): Promise<PrivacyIdeaServer> {
  const server = await PrivacyIdeaServer.start();
  server.know(DEVICE_KEYS.publicKey);
  return server;
}

/** A prompt that gives these PINs in turn, and counts. */
export function pins(...texts: readonly string[]): PinPrompt & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    interactive: false,
    release: async () => null,
    ask: async ({ role, refusal }) => {
      if (refusal) throw refusal;
      asked.push(role);
      return pinBytes(texts[asked.length - 1] ?? texts.at(-1) ?? "");
    },
  };
}
