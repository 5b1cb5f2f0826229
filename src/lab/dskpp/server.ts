import { randomBytes } from "node:crypto";
import { type AttemptEnd, attempt } from "#lab/attempts.ts";
import { firstState } from "#lab/issue.ts";
import { type Lab, noteDone, noteRefused } from "#lab/lab.ts";
import type { LabToken, PromisedToken } from "#lab/lab-token.ts";
import { forget } from "#token/secret.ts";
import { type AuthenticatedRun, authenticate } from "./authentication.ts";
import { DskppFailure } from "./failure.ts";
import { HalfwayRuns } from "./halfway-runs.ts";
import { keyPackageWithKey, keyPackageWithoutKey } from "./key-package.ts";
import { confirmationMac, halfLength, splitKeys } from "./keys.ts";
import { type Agreement, negotiate } from "./negotiation.ts";
import { decryptNonce, keyOctets, nonceKey, rsaKeyValue } from "./nonce-key.ts";
import {
  type AuthenticationData,
  type ClientHello,
  type ClientNonce,
  parseRequest,
} from "./request.ts";
import { formatFailure, formatServerFinished, formatServerHello } from "./response.ts";

const SERVER_NONCE_BYTES = 32;

/** The minimum of section 3.4.1.2 for passphrases that are not strong by themselves. */
const FOUR_PASS_ITERATIONS = 100_000;

/**
 * The server side of DSKPP (RFC 6063). Unfinished runs are only in memory: after a restart of the
 * server the client begins again. The token is on disk before the client is told, and the same
 * write uses up the activation code.
 */
export class DskppServer {
  readonly #lab: Lab;
  readonly #runs = new HalfwayRuns();

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** Answers one message for an activation code. An error becomes a DSKPP status. */
  async answer(code: string, body: Buffer): Promise<Buffer> {
    let next: "KeyProvServerHello" | "KeyProvServerFinished" = "KeyProvServerFinished";
    try {
      const request = await parseRequest(body);
      if (request.kind === "hello" && request.offersFourPass) next = "KeyProvServerHello";
      const token = this.#promised(code);
      return request.kind === "hello"
        ? await this.#begin(token, request, body)
        : await this.#finish(token, request, body);
    } catch (error) {
      const { status, message } =
        error instanceof DskppFailure
          ? error
          : new DskppFailure("InitializationFailed", `unforeseen: ${error}`);
      const token = this.#find(code);
      noteRefused(this.#lab, "dskpp", {
        user: token?.user ?? null,
        serial: token?.serial ?? null,
        detail: `${status}: ${message}`,
      });
      return formatFailure(next, status);
    }
  }

  async #begin(token: PromisedToken, hello: ClientHello, body: Buffer): Promise<Buffer> {
    if (hello.isRenewal) throw new DskppFailure("Abort", "the lab renews no keys");
    const agreement = negotiate(hello, token.order);
    if (agreement.variant === "two-pass") return this.#twoPass(token, hello, agreement, body);
    const sessionId = randomBytes(16).toString("hex");
    const serverNonce = randomBytes(SERVER_NONCE_BYTES);
    const publicKey = rsaKeyValue(nonceKey(this.#lab.store));
    const { clientInfo } = hello;
    const answer = await formatServerHello({
      sessionId,
      agreement,
      publicKey,
      serverNonce,
      clientInfo,
    });
    this.#runs.add(
      sessionId,
      { code: token.code, agreement, serverNonce, messages: [body, answer] },
      this.#now(),
    );
    noteDone(this.#lab, "dskpp", {
      user: token.user,
      serial: token.serial,
      detail: "four passes: hello",
    });
    return answer;
  }

  async #finish(token: PromisedToken, request: ClientNonce, body: Buffer): Promise<Buffer> {
    const { sessionId, clientInfo } = request;
    const run = this.#runs.take(sessionId, this.#now());
    if (run?.code !== token.code) {
      throw new DskppFailure("Abort", "there is no such session, or not any more");
    }
    const { agreement, serverNonce } = run;
    const { mac } = agreement;
    const key = nonceKey(this.#lab.store);
    const clientNonce = decryptNonce(key, agreement.encryptionAlgorithm, request.encryptedNonce);
    const minIterations = FOUR_PASS_ITERATIONS;
    const octets = await this.#authenticate(token, request.authentication, {
      clientNonce,
      serverNonce,
      keys: keyOctets(key),
      minIterations,
      mac,
    });
    const text = Buffer.concat([Buffer.from("Key generation"), octets, serverNonce]);
    const provisioningKey = mac.prf(clientNonce, text, 2 * halfLength(token.order, mac));
    const keyPackage = keyPackageWithoutKey(token, serverId(token), agreement.keyType);
    const messages = [...run.messages, body];
    // in four passes the MAC does not include the server's name (section 4.2.4)
    return this.#commit(token, {
      agreement,
      provisioningKey,
      keyPackage,
      messages,
      sessionId,
      clientInfo,
      named: null,
    });
  }

  async #twoPass(
    token: PromisedToken,
    hello: ClientHello,
    agreement: Agreement,
    body: Buffer,
  ): Promise<Buffer> {
    const { authentication, clientInfo } = hello;
    const clientNonce = authentication?.nonce ?? hello.nonce;
    if (!clientNonce)
      throw new DskppFailure("AuthenticationDataMissing", "there is no client nonce");
    const { mac } = agreement;
    // K is a key from the passphrase (section 3.4.1.2); at this point the client knows only the
    // passphrase itself
    const keys = [token.passphrase, Buffer.alloc(0)];
    await this.#authenticate(token, authentication, {
      clientNonce,
      serverNonce: null,
      keys,
      minIterations: 1,
      mac,
    });
    const provisioningKey = randomBytes(2 * halfLength(token.order, mac));
    const named = serverId(token);
    const keyPackage = await keyPackageWithKey(token, named, agreement.keyType, provisioningKey);
    const messages = [body];
    return this.#commit(token, {
      agreement,
      provisioningKey,
      keyPackage,
      messages,
      sessionId: null,
      clientInfo,
      named,
    });
  }

  /** Authenticates the client. A wrong passphrase counts like a wrong passcode. */
  async #authenticate(
    token: PromisedToken,
    data: AuthenticationData | null,
    run: AuthenticatedRun,
  ): Promise<Buffer> {
    const user = this.#lab.store.user(token.user);
    const check = async (): Promise<readonly [AttemptEnd, Buffer | DskppFailure]> => {
      try {
        return ["right", await authenticate(token, data, run)];
      } catch (error) {
        if (error instanceof DskppFailure && error.status === "AuthenticationDataInvalid")
          return ["wrong", error];
        throw error;
      }
    };
    const outcome = user && (await attempt(this.#lab, user, check));
    if (!outcome) throw new DskppFailure("AccessDenied", "the user is locked");
    if (outcome instanceof DskppFailure) throw outcome;
    return outcome;
  }

  /** Turns the activation string into a token, once, and makes the answer for the client. */
  async #commit(token: PromisedToken, made: Made): Promise<Buffer> {
    const { agreement, provisioningKey, keyPackage, messages, sessionId, clientInfo, named } = made;
    const { mac } = agreement;
    const { macKey, tokenKey } = splitKeys(provisioningKey, token.order, mac);
    const confirmation = confirmationMac(mac, macKey, messages, named);
    const answer = await formatServerFinished({
      sessionId,
      keyPackage,
      macAlgorithm: mac.name,
      mac: confirmation,
      clientInfo,
    });
    const isOurs = this.#lab.store.decide(token.serial, (current) => {
      const isPromise = current.kind === "promised" && this.#now() < current.expiresAt;
      return [isPromise ? activate(current, tokenKey) : null, isPromise];
    });
    forget(provisioningKey);
    if (!isOurs)
      throw new DskppFailure("AccessDenied", "the activation code was used by somebody faster");
    const detail = `${agreement.variant}: finished`;
    noteDone(this.#lab, "dskpp", { user: token.user, serial: token.serial, detail });
    return answer;
  }

  #promised(code: string): PromisedToken {
    const token = this.#find(code);
    if (!token)
      throw new DskppFailure("AccessDenied", "there is no such activation code, or it was used");
    if (this.#now() < token.expiresAt) return token;
    throw new DskppFailure("ProvisioningPeriodExpired", "the activation code has expired");
  }

  #find(code: string): PromisedToken | null {
    const found = this.#lab.store.tokenOfCode(code);
    return found?.kind === "promised" && found.code === code ? found : null;
  }

  #now(): number {
    return this.#lab.clock().getTime();
  }
}

/** The result of a run, before it is stored. */
interface Made {
  readonly agreement: Agreement;
  readonly provisioningKey: Buffer;
  readonly keyPackage: object;
  readonly messages: readonly Buffer[];
  readonly sessionId: string | null;
  readonly clientInfo: string | null;
  /** The server's name if the last MAC includes it. */
  readonly named: string | null;
}

/** The server's name: its address. */
function serverId({ url }: PromisedToken): string {
  return new URL(url).origin;
}

function activate({ serial, user, pin, createdAt, order }: PromisedToken, key: Buffer): LabToken {
  const about = { serial, user, pin, createdAt };
  if (order.kind === "totp") {
    const { algorithm, digits, period } = order;
    return { ...about, ...firstState({ kind: "totp", algorithm, digits, period }, key) };
  }
  if (order.kind === "hotp") {
    const { algorithm, digits } = order;
    return { ...about, ...firstState({ kind: "hotp", algorithm, digits }, key) };
  }
  return { ...about, ...firstState({ kind: "ocra", suite: order.suite, responsePin: null }, key) };
}
