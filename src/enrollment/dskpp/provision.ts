import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { EnrollmentServices, ParsedToken } from "#token/draft/parsed-token.ts";
import { forget, type Secret } from "#token/secret.ts";
import { ITERATIONS, proveKnowledge } from "./authentication.ts";
import {
  formatHello,
  formatNonce,
  KEY_PACKAGE_FORMAT,
  KEY_TYPES,
  type Proof,
} from "./client-messages.ts";
import { Exchange } from "./exchange.ts";
import { agreedDraft, type Confirmation, transportedDraft } from "./key-package-reply.ts";
import { PRFS, type Prf } from "./prf.ts";
import {
  ENCRYPTION_ALGORITHMS,
  type EncryptionKey,
  encryptNonce,
  publicKeyBytes,
} from "./server-key.ts";
import {
  type ServerFinished,
  type ServerHello,
  type ServerMessage,
  type Trigger,
  wrongReply,
} from "./server-messages.ts";
import { describeStatus, TRY_AGAIN } from "./status.ts";

/** The content of an activation string: the server, the client id, and the shared secret. */
export interface ProvisioningOrder {
  readonly url: URL;
  /** Empty where the string names no user. */
  readonly clientId: string;
  /** In UTF-8; null where the string has none. The caller forgets it. */
  readonly password: Secret | null;
}

/** The length of R_C where it is not a key, in bytes; at least 16. */
const NONCE_BYTES = 32;

/** How many runs are made at most, where the server says that another one may succeed. */
const TRIES = 2;

/**
 * Gets a token from a server by DSKPP (RFC 6063), in four passes or two, as the server chooses.
 * Rejects with FobError `rejected` when it refuses or cannot confirm the key, `unavailable` when it
 * cannot be reached, `invalid` when its messages are invalid; then every secret of the run is
 * overwritten.
 */
export async function provision(
  order: ProvisioningOrder,
  services: EnrollmentServices,
): Promise<ParsedToken> {
  const asked =
    order.password === null ? await services.askSecret("passphrase", order.url.host) : null;
  const password = order.password ?? Buffer.from(asked ?? []);
  try {
    for (let tries = 1; ; tries++) {
      const draft = await new Run({ ...order, password }, services).complete(tries === TRIES);
      if (draft) return draft;
    }
  } finally {
    forget(asked, asked && password);
  }
}

/** One run of the protocol, and the secrets made in it. */
class Run {
  readonly #order: ProvisioningOrder & { readonly password: Secret };
  readonly #services: EnrollmentServices;
  readonly #secrets: Secret[] = [];
  #exchange: Exchange;
  #url: URL;
  #clientId: string;
  #mayTryAgain = false;

  constructor(
    order: ProvisioningOrder & { readonly password: Secret },
    services: EnrollmentServices,
  ) {
    this.#order = order;
    this.#services = services;
    this.#url = order.url;
    this.#clientId = order.clientId;
    this.#exchange = new Exchange(order.url, services);
  }

  /** The token; null when the server could not make one and another run may succeed. */
  async complete(isLast: boolean): Promise<ParsedToken | null> {
    try {
      const reply = await this.#open();
      const hello = reply.kind === "hello" ? checkChoice(reply) : null;
      const draft = hello
        ? await this.#agree(hello)
        : await transportedDraft(...this.#delivery(this.#expectFinished(reply)));
      this.#services.trace(
        "confirmed",
        `${draft.credential.kind} token, the server's MAC is right`,
      );
      return draft;
    } catch (error) {
      if (isLast || !this.#mayTryAgain) throw error;
      this.#services.trace("again", "the server says that a new run may succeed");
      return null;
    } finally {
      forget(...this.#secrets);
    }
  }

  /** Passes 1 and 2; a server may send a trigger, once. */
  async #open(): Promise<ServerMessage> {
    const reply = await this.#sayHello(null);
    if (reply.kind !== "trigger") return reply;
    this.#follow(reply);
    return this.#sayHello(reply);
  }

  async #sayHello(trigger: Trigger | null): Promise<ServerMessage> {
    this.#services.trace(
      "offer",
      `two passes and four, for user ${mask(trigger?.clientId ?? this.#clientId)}`,
    );
    const clientNonce = this.#services.randomBytes(NONCE_BYTES);
    // two passes: K is what the passphrase gives, and one iteration is enough for the proof (RFC
    // 6063 section 3.4.1.2)
    const key = this.#order.password;
    const proof = await this.#prove(PRFS[0], { clientNonce, key, iterations: 1 });
    return this.#exchange.say(
      "KeyProvClientHello",
      await formatHello(clientNonce, { ...proof, clientNonce }, trigger),
    );
  }

  /** A trigger may not name another server: the user trusts only the string's. */
  #follow({ url, clientId }: Trigger): void {
    const text = url ?? this.#url.href;
    const absolute = /^[a-z]+:\/\//i.test(text) ? text : `https://${text}`;
    const next = URL.canParse(absolute) ? new URL(absolute) : null;
    if (next?.host !== this.#url.host || next.protocol !== this.#url.protocol) {
      throw new FobError(
        "rejected",
        t`${this.#url.host} sends us to another server, which is not followed`,
      );
    }
    this.#url = next;
    this.#clientId = clientId ?? this.#clientId;
    this.#exchange = new Exchange(next, this.#services);
  }

  /** Passes 3 and 4. */
  async #agree(hello: ServerHello): Promise<ParsedToken> {
    const prf = prfOf(hello.macAlgorithm);
    const clientNonce = this.#keep(this.#services.randomBytes(prf.keyBytes));
    const key = await this.#encryptionKey(hello);
    const { serverNonce, encryptionAlgorithm: algorithm } = hello;
    const encrypted = encryptNonce(clientNonce, {
      key,
      algorithm,
      serverNonce,
      iv: this.#services.randomBytes(16),
    });
    const binding = { clientNonce, key: key.bytes, serverNonce, iterations: ITERATIONS };
    const message = await formatNonce(encrypted, await this.#prove(prf, binding), hello);
    const finished = this.#expectFinished(await this.#exchange.say("KeyProvClientNonce", message));
    if (finished.sessionId !== null && finished.sessionId !== hello.sessionId)
      throw wrongReply(t("it belongs to another session"));
    if (finished.macAlgorithm !== null && finished.macAlgorithm !== prf.id)
      throw wrongReply(t("its MAC is of another algorithm"));
    return agreedDraft(...this.#delivery(finished, prf), {
      clientNonce,
      key: key.bytes,
      serverNonce,
    });
  }

  #delivery(
    finished: ServerFinished,
    prf = prfOf(finished.macAlgorithm ?? PRFS[0].id),
  ): [ServerFinished, Confirmation] {
    const { host } = this.#url;
    return [
      finished,
      {
        prf,
        server: host,
        messages: this.#exchange.earlierMessages,
        passphrase: this.#order.password,
      },
    ];
  }

  #expectFinished(reply: ServerMessage): ServerFinished {
    this.#mayTryAgain = reply.kind === "refused" && reply.status === TRY_AGAIN;
    if (reply.kind === "refused") throw describeStatus(reply.status, this.#url.host);
    if (reply.kind === "finished") return reply;
    throw wrongReply(t("it is not the message that comes now"));
  }

  async #encryptionKey({ serverKey }: ServerHello): Promise<EncryptionKey> {
    if (serverKey.kind === "public") return { ...serverKey, bytes: publicKeyBytes(serverKey.key) };
    const { name } = serverKey;
    // a key of the user's own name is the passphrase, as in two passes (RFC 6063 section 5.2.2)
    if (name === this.#clientId) return { kind: "shared", bytes: this.#order.password };
    const { parseKey } = await import("#enrollment/pskc/decryption.ts");
    const typed = await this.#services.askSecret("key", name);
    try {
      return { kind: "shared", bytes: this.#keep(parseKey(typed)) };
    } finally {
      forget(typed);
    }
  }

  async #prove(
    prf: Prf,
    binding: { clientNonce: Buffer; key: Uint8Array; serverNonce?: Buffer; iterations: number },
  ): Promise<Proof> {
    const [clientId, { iterations }] = [this.#clientId, binding];
    const mac = await proveKnowledge(prf, this.#order.password, {
      ...binding,
      clientId,
      url: this.#url,
    });
    return { clientId, clientNonce: null, iterations, prf, mac };
  }

  #keep(secret: Secret): Secret {
    this.#secrets.push(secret);
    return secret;
  }
}

/** Checks that the server chose among what was offered. */
function checkChoice(hello: ServerHello): ServerHello {
  const { keyType, encryptionAlgorithm, keyPackageFormat } = hello;
  const isOffered = KEY_TYPES.some(
    (offered) => keyType === offered || keyType.startsWith(`${offered}:`),
  );
  if (!isOffered) throw wrongReply(t("its KeyType was not offered"));
  if (!ENCRYPTION_ALGORITHMS.includes(encryptionAlgorithm))
    throw wrongReply(t("its EncryptionAlgorithm was not offered"));
  if (keyPackageFormat !== KEY_PACKAGE_FORMAT)
    throw wrongReply(t("its KeyPackageFormat was not offered"));
  return hello;
}

/** A shortened client id for the log: enough to tell users apart, too little to log in. */
function mask(clientId: string): string {
  const characters = [...clientId];
  return characters.length < 3
    ? "…"
    : `${characters[0]}…${characters.at(-1)} (${characters.length} characters)`;
}

function prfOf(id: string): Prf {
  const prf = PRFS.find((known) => known.id === id);
  if (prf) return prf;
  throw wrongReply(t("its MacAlgorithm was not offered"));
}
