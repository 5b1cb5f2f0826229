import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
  verify,
} from "node:crypto";
import { type ApiReply, api, type TestLab } from "./lab.ts";

const device = generateKeyPairSync("rsa", { modulusLength: 2048 });
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The device's key as it is sent. */
export const PUBLIC_KEY = device.publicKey
  .export({ format: "der", type: "spki" })
  .toString("base64");

/** A request as it comes from the server. */
export type PushRequest = Readonly<Record<string, string>>;

/** How a device reaches its server, and what time it is. */
type Server = Pick<TestLab, "get" | "post" | "clock">;

/** A push client by the book: written from the protocol's description, with nothing of ours. */
export class PushDevice {
  readonly lab: Server;
  readonly serial: string;
  readonly credential: string;
  /** The server's key, after the enrollment. */
  serverKey: KeyObject | null = null;
  privateKey: KeyObject = device.privateKey;

  constructor(lab: Server, enrollment: string) {
    const { searchParams } = new URL(enrollment);
    this.lab = lab;
    this.serial = searchParams.get("serial") ?? "";
    this.credential = searchParams.get("enrollment_credential") ?? "";
  }

  async enroll(change: Readonly<Record<string, string>> = {}): Promise<ApiReply> {
    const fields = {
      enrollment_credential: this.credential,
      serial: this.serial,
      pubkey: PUBLIC_KEY,
      fbtoken: "none",
    };
    const reply = await api(this.lab.post("/ttype/push", { ...fields, ...change }));
    const key = reply.detail?.["public_key"];
    if (typeof key === "string") {
      this.serverKey = createPublicKey({
        key: Buffer.from(key, "base64"),
        format: "der",
        type: "pkcs1",
      });
    }
    return reply;
  }

  poll(timestamp = this.lab.clock().toISOString(), serial = this.serial): Promise<ApiReply> {
    const query = new URLSearchParams({
      serial,
      timestamp,
      signature: this.sign(`${serial}|${timestamp}`),
    });
    return api(this.lab.get(`/ttype/push?${query}`));
  }

  /** The open requests; each must be signed by the server. */
  async requests(): Promise<PushRequest[]> {
    const requests = (await this.poll()).result.value as PushRequest[];
    for (const request of requests) {
      const {
        nonce,
        url,
        serial,
        question,
        title,
        sslverify,
        require_presence: presence,
        signature = "",
      } = request;
      const text = [nonce, url, serial, question, title, sslverify, presence]
        .filter((part) => part !== undefined)
        .join("|");
      if (!this.isFromServer(text, signature))
        throw new Error(`the request ${nonce} is not signed by the server`);
    }
    return requests;
  }

  isFromServer(text: string, signature: string): boolean {
    if (!this.serverKey) throw new Error("not enrolled");
    return verify("sha256", Buffer.from(text), this.serverKey, fromBase32(signature));
  }

  approve({ nonce = "" }: PushRequest, presence?: string): Promise<ApiReply> {
    const text = [nonce, this.serial, ...(presence === undefined ? [] : [presence])].join("|");
    return this.answer(
      { nonce, ...(presence === undefined ? {} : { presence_answer: presence }) },
      text,
    );
  }

  decline({ nonce = "" }: PushRequest, reason?: string): Promise<ApiReply> {
    const text = [nonce, this.serial, "decline", ...(reason === undefined ? [] : [reason])].join(
      "|",
    );
    return this.answer(
      { nonce, decline: "1", ...(reason === undefined ? {} : { decline_reason: reason }) },
      text,
    );
  }

  answer(fields: Readonly<Record<string, string>>, signed: string): Promise<ApiReply> {
    return api(
      this.lab.post("/ttype/push", {
        serial: this.serial,
        ...fields,
        signature: this.sign(signed),
      }),
    );
  }

  sign(text: string): string {
    return signText(text, this.privateKey);
  }
}

/** A text signed with the device's key. */
export function signedByDevice(text: string): string {
  return signText(text, device.privateKey);
}

function signText(text: string, key: KeyObject): string {
  return toBase32(sign("sha256", Buffer.from(text), key));
}

/** Somebody else's key. */
export const foreignKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;

/** A nonce that no server has given. */
export const unknownNonce = randomUUID();

function toBase32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const text = (bits.match(/.{1,5}/g) ?? [])
    .map((group) => LETTERS[Number.parseInt(group.padEnd(5, "0"), 2)])
    .join("");
  return text.padEnd(Math.ceil(text.length / 8) * 8, "=");
}

function fromBase32(text: string): Buffer {
  const letters = [...text.replace(/=+$/, "")];
  const bits = letters
    .map((letter) => LETTERS.indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
