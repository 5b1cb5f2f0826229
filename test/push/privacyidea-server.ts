import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { encodeBase32 } from "#token/base32.ts";
import { type WhenDone, webServer } from "../platform/web-server.ts";

/** A challenge as it goes over the wire. */
export type WireChallenge = Record<string, string>;

/** What a challenge is to be about. */
export interface Wording {
  readonly title?: string;
  readonly question?: string;
  readonly serial?: string;
  readonly options?: string;
  /** The code to be typed at the login page, as some servers tell it with the challenge. */
  readonly code?: string;
  readonly capabilities?: Readonly<Record<string, unknown>>;
  readonly nonce?: string;
}

/** What the device sent as an answer, after its signature was checked. */
export type Answer = Readonly<Record<string, string>> & { readonly signed: string };

/** Keys of two servers; making them takes a while. */
export const SERVER_KEYS = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const FOREIGN_KEYS = generateKeyPairSync("rsa", { modulusLength: 2048 });

/**
 * A privacyIDEA server as the protocol describes it, for one token. What it does is as it should be
 * until a test replaces a part of it.
 */
export class PrivacyIdeaServer {
  readonly url: URL;
  readonly serial = "PIPU0001ABCD";
  readonly credential = "0123456789abcdef0123456789abcdef01234567";
  /** What is open now, as it is sent. */
  challenges: unknown[] = [];
  readonly answers: Answer[] = [];
  /** Requests that were not as they should be, in words. */
  readonly complaints: string[] = [];
  polls = 0;
  /** In seconds; what the server's clock is ahead of the real one. */
  clockOffset = 0;
  /** What the reply to an answer is. */
  verdict: { readonly value: unknown; readonly detail?: object } = { value: true };
  /** Whether a challenge stays open when its answer is not accepted, as after a wrong choice. */
  stays = false;
  /** Replies in place of the server, where it returns true. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  publicKeyText: string | null;
  #deviceKey: KeyObject | null = null;
  #isEnrolled = false;

  private constructor(url: URL) {
    this.url = url;
    const der = SERVER_KEYS.publicKey.export({ format: "der", type: "pkcs1" });
    this.publicKeyText = (der.toString("base64").match(/.{1,64}/g) ?? []).join("\n");
  }

  static async start(whenDone?: WhenDone): Promise<PrivacyIdeaServer> {
    let server: PrivacyIdeaServer | null = null;
    const url = await webServer(
      (request, response) => void server?.answer(request, response),
      whenDone,
    );
    server = new PrivacyIdeaServer(new URL("/ttype/push", url));
    return server;
  }

  /** The enrollment string of its token. */
  invitation(more = ""): string {
    const url = encodeURIComponent(this.url.href);
    const parameters = `url=${url}&ttl=10&issuer=ACME&enrollment_credential=${this.credential}&v=1&serial=${this.serial}&sslverify=1`;
    return `otpauth://pipush/ann?${parameters}${more}`;
  }

  /** Lets its token be enrolled once more. */
  reopen(): void {
    this.#isEnrolled = false;
  }

  /** Opens a challenge, signed with `key`. */
  challenge(wording: Wording = {}, key: KeyObject = SERVER_KEYS.privateKey): WireChallenge {
    const challenge = this.sign(wording, key);
    this.challenges.push(challenge);
    return challenge;
  }

  /** A signed challenge that is not open yet. */
  sign(wording: Wording = {}, key: KeyObject = SERVER_KEYS.privateKey): WireChallenge {
    const {
      title = "ACME",
      question = "Log in at the wiki?",
      serial = this.serial,
      options,
      code,
      capabilities,
    } = wording;
    const { nonce = encodeBase32(randomBytes(20)) } = wording;
    const mode = [options, code].filter((part) => part !== undefined);
    const parts = [nonce, this.url.href, serial, question, title, "1", ...mode];
    const advertised = JSON.stringify(capabilities);
    return {
      ...{
        nonce,
        question,
        title,
        serial,
        sslverify: "1",
        url: this.url.href,
        signature: signed(parts.join("|"), key),
      },
      ...(options === undefined ? {} : { require_presence: options, version: "2" }),
      ...(code === undefined ? {} : { display_code: code, version: "3" }),
      ...(capabilities === undefined
        ? {}
        : {
            capabilities: advertised,
            capabilities_signature: signed(
              `{"capabilities":${advertised},"nonce":"${nonce}"}`,
              key,
            ),
          }),
    };
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.intercept(request, response)) return;
    const now = new Date(Date.now() + this.clockOffset * 1000);
    response.setHeader("date", now.toUTCString());
    const url = new URL(request.url ?? "", this.url);
    const fields = Object.fromEntries(
      request.method === "GET" ? url.searchParams : new URLSearchParams(await text(request)),
    );
    if (request.method === "GET") this.#poll(fields, now, response);
    else if ("enrollment_credential" in fields) this.#enroll(fields, response);
    else this.#take(fields, response);
  }

  #enroll(
    { enrollment_credential: credential, serial, pubkey = "", fbtoken }: Record<string, string>,
    response: ServerResponse,
  ): void {
    if (credential !== this.credential || serial !== this.serial || !fbtoken || this.#isEnrolled) {
      refuse(response, 400, "Invalid enrollment credential");
      return;
    }
    this.#isEnrolled = true;
    this.#deviceKey = createPublicKey({
      key: Buffer.from(pubkey, "base64"),
      format: "der",
      type: "spki",
    });
    reply(response, true, this.publicKeyText === null ? {} : { public_key: this.publicKeyText });
  }

  /** Lets the server know a device without an enrollment. */
  know(publicKey: KeyObject): void {
    this.#deviceKey = publicKey;
  }

  #poll(
    { serial = "", timestamp = "", signature = "" }: Record<string, string>,
    now: Date,
    response: ServerResponse,
  ): void {
    this.polls++;
    const age = Math.abs(now.getTime() - Date.parse(timestamp));
    if (!this.#verifies(`${serial}|${timestamp}`, signature) || !(age <= 60_000)) {
      refuse(response, 400, "Could not verify signature!");
      return;
    }
    reply(response, this.challenges);
  }

  #take(fields: Record<string, string>, response: ServerResponse): void {
    const {
      serial = "",
      signature = "",
      decline,
      decline_reason: reason,
      presence_answer: presence,
    } = fields;
    const tail = [serial, ...(decline === "1" ? ["decline"] : []), reason, presence].filter(
      (part) => part !== undefined,
    );
    const open = this.challenges as WireChallenge[];
    const text = [fields["nonce"], ...tail].join("|");
    // older servers find the challenge by the nonce that is sent, newer ones try the signature with
    // each
    const answered = open.find(
      ({ nonce }) => nonce === fields["nonce"] && this.#verifies(text, signature),
    );
    if (!answered) {
      this.complaints.push(`an answer that fits no open challenge: ${JSON.stringify(fields)}`);
      reply(response, false);
      return;
    }
    this.answers.push({ ...fields, signed: tail.slice(1).join("|") });
    if (!this.stays || this.verdict.value === true)
      this.challenges = open.filter((one) => one !== answered);
    reply(response, this.verdict.value, this.verdict.detail);
  }

  #verifies(signedText: string, signature: string): boolean {
    const bytes = decode(signature);
    return (
      this.#deviceKey !== null && verify("sha256", Buffer.from(signedText), this.#deviceKey, bytes)
    );
  }
}

function reply(response: ServerResponse, value: unknown, detail?: object): void {
  response.setHeader("content-type", "application/json");
  response.end(
    JSON.stringify({
      id: 1,
      jsonrpc: "2.0",
      result: { status: true, value },
      ...(detail ? { detail } : {}),
    }),
  );
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.statusCode = status;
  response.end(JSON.stringify({ result: { status: false, error: { code: 905, message } } }));
}

function signed(message: string, key: KeyObject): string {
  const base32 = encodeBase32(sign("sha256", Buffer.from(message), key));
  return base32.padEnd(Math.ceil(base32.length / 8) * 8, "=");
}

/** Padded Base32, strictly: whatever else a device sends is wrong. */
function decode(base32: string): Buffer {
  if (
    !/^(?:[A-Z2-7]{8})*(?:[A-Z2-7]{2}={6}|[A-Z2-7]{4}={4}|[A-Z2-7]{5}={3}|[A-Z2-7]{7}=)?$/.test(
      base32,
    )
  )
    return Buffer.alloc(0);
  const bits = [...base32.replace(/=+$/, "")].map((letter) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"),
  );
  const octets = bits.join("").match(/.{8}/g) ?? [];
  return Buffer.from(octets.map((octet) => Number.parseInt(octet, 2)));
}
