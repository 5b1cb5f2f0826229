import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { ocra } from "#otp/ocra.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import { webServer } from "../platform/web-server.ts";

/** What a server of the TiQR project's kind is told to be. */
export interface TiqrServerSettings {
  /** Version 1 answers in words, version 2 in JSON. */
  readonly version?: 1 | 2;
  readonly suite?: string;
  /** Changes the metadata before it is sent. */
  tamper?(metadata: Metadata): unknown;
  /** What it says to every login, in place of the truth. */
  readonly verdict?: string;
  /** The user's name at the service, beside a display name that many may have. */
  readonly identifier?: string;
  /** Answers a request in place of the server. */
  intercept?(request: IncomingMessage, response: ServerResponse): boolean;
}

/** What an enrollment is about. */
export interface Metadata {
  readonly service: Readonly<Record<string, string>>;
  readonly identity: Readonly<Record<string, string>>;
}

/** A TiQR server on loopback for one user, written from the protocol's description. */
export interface TiqrServer {
  /** The enrollment string; it works once. */
  readonly enrollment: string;
  /** The secret that was handed over, null before. */
  secret(): Buffer | null;
  /** Starts a login and returns what its page would show. */
  login(options?: {
    readonly service?: string;
    readonly identity?: string | null;
    readonly place?: string;
  }): string;
  /** How many responses came, right or wrong. */
  readonly answers: readonly URLSearchParams[];
  /** Whether a login was approved. */
  isApproved(challenge: string): boolean;
}

const ATTEMPTS = 3;

/** Starts one that lives as long as the test. */
export async function tiqrServer(settings: TiqrServerSettings = {}): Promise<TiqrServer> {
  const { version = 2, suite = "OCRA-1:HOTP-SHA1-6:QH10-S", verdict } = settings;
  const [key, otp] = [randomBytes(32).toString("hex"), randomBytes(32).toString("hex")];
  const answers: URLSearchParams[] = [];
  const logins = new Map<string, { question: string; isApproved: boolean }>();
  let [secret, isUsed, attempts] = [null as Buffer | null, false, ATTEMPTS];

  const say = (response: ServerResponse, word: string, json: object) => {
    response.setHeader("x-tiqr-protocol-version", version);
    response.end(version === 1 ? word : JSON.stringify(json));
  };
  const register = (form: URLSearchParams, response: ServerResponse) => {
    const given = Buffer.from(form.get("secret") ?? "", "hex");
    const isRight = form.get("operation") === "register" && given.length >= 32 && secret === null;
    if (isRight) secret = given;
    say(response, isRight ? "OK" : "Fail", { responseCode: isRight ? 1 : 101 });
  };
  const judge = (form: URLSearchParams): readonly [string, object] => {
    const login = logins.get(form.get("sessionKey") ?? "");
    if (form.get("userId") !== "ann") return ["INVALID_USERID", { responseCode: 205 }];
    if (!login || login.isApproved || !secret) return ["INVALID_CHALLENGE", { responseCode: 203 }];
    if (
      form.get("response") === respond(secret, suite, login.question, form.get("sessionKey") ?? "")
    ) {
      login.isApproved = true;
      return ["OK", { responseCode: 1 }];
    }
    attempts--;
    return [`INVALID_RESPONSE:${attempts}`, { responseCode: 201, attemptsLeft: attempts }];
  };

  const describe = (_: URLSearchParams, response: ServerResponse) => {
    if (isUsed) response.writeHead(500);
    else response.write(JSON.stringify(settings.tamper?.(metadata()) ?? metadata()));
    isUsed = true;
    response.end();
  };
  const logIn = (form: URLSearchParams, response: ServerResponse) => {
    answers.push(form);
    if (verdict === undefined) say(response, ...judge(form));
    else response.end(verdict);
  };
  const pages: Readonly<Record<string, (form: URLSearchParams, response: ServerResponse) => void>> =
    {
      [`/metadata?key=${key}`]: describe,
      [`/enroll?otp=${otp}`]: register,
      "/login": logIn,
    };

  const base = await webServer(async (request, response) => {
    if (settings.intercept?.(request, response)) return;
    const form = new URLSearchParams(await read(request));
    const page = pages[request.url ?? ""];
    if (page) page(form, response);
    else response.writeHead(404).end("unknown");
  });
  const metadata = (): Metadata => ({
    service: {
      ...{ displayName: "Example College", identifier: "tiqr.example.org", ocraSuite: suite },
      ...{ logoUrl: `${base}logo`, infoUrl: `${base}info` },
      ...{ authenticationUrl: `${base}login`, enrollmentUrl: `${base}enroll?otp=${otp}` },
    },
    identity: { identifier: settings.identifier ?? "ann", displayName: "Ann Example" },
  });

  return {
    enrollment: `tiqrenroll://${base}metadata?key=${key}`,
    answers,
    secret: () => secret,
    isApproved: (challenge) => logins.get(challenge.split("/")[3] ?? "")?.isApproved ?? false,
    login({ service = "tiqr.example.org", identity = "ann", place = "Example+College" } = {}) {
      const session = randomBytes(32).toString("hex");
      const isNumeric = parseOcraSuite(suite).challenge.format === "numeric";
      const question = isNumeric ? "0123456789" : randomBytes(5).toString("hex");
      logins.set(session, { question, isApproved: false });
      return `tiqrauth://${identity === null ? "" : `${identity}@`}${service}/${session}/${question}/${place}/2`;
    },
  };
}

function respond(secret: Buffer, text: string, question: string, session: string): string {
  const suite = parseOcraSuite(text);
  const inputs = { counter: null, pin: null, unixSeconds: null };
  const information = suite.session === null ? null : Buffer.from(session, "hex");
  return ocra({ suite, secret, challenge: [question], session: information, ...inputs });
}

async function read(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}
