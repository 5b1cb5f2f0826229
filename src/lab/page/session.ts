import { randomBytes } from "node:crypto";
import type { HttpRequest } from "#lab/http/exchange.ts";
import { sameSecret } from "#token/secret.ts";

const COOKIE = "fob_lab";
const LIFE_MS = 30 * 60_000;
const MAX_SESSIONS = 1_000;

/** How far somebody at the page has come. */
export type SessionState =
  | { readonly kind: "new" }
  /** Waits for an answer of a device, or for one that is typed. */
  | { readonly kind: "asked"; readonly user: string; readonly transaction: string }
  | { readonly kind: "in"; readonly user: string; readonly serial: string; readonly since: Date };

/** One browser at the page. */
export interface Session {
  /** Random; the browser has it in a cookie. */
  readonly id: string;
  /** Random; every form has it, so that no other page can send one. */
  readonly formToken: string;
  readonly state: SessionState;
  readonly endsAt: number;
}

/**
 * The browsers at the page of one server. They are forgotten when it ends: whoever was logged in
 * logs in again.
 */
export class Sessions {
  readonly #sessions = new Map<string, Session>();

  /** The session that a request belongs to, or null. */
  find({ headers }: HttpRequest, now: number): Session | null {
    const cookies = headers["cookie"]?.split(";").map((cookie) => cookie.trim().split("=")) ?? [];
    const [, id = ""] = cookies.find(([name]) => name === COOKIE) ?? [];
    const session = this.#sessions.get(id);
    return session && now < session.endsAt ? session : null;
  }

  /**
   * A new session in place of the old one, if there was one: nobody who knew the old id can use it
   * any more.
   */
  renew(old: Session | null, state: SessionState, now: number): Session {
    if (old) this.#sessions.delete(old.id);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size >= MAX_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest);
    const session = { id: randomName(), formToken: randomName(), state, endsAt: now + LIFE_MS };
    this.#sessions.set(session.id, session);
    return session;
  }
}

/** What gives a browser its session. */
export function cookieOf({ id }: Session): string {
  return `${COOKIE}=${id}; Path=/; Max-Age=${LIFE_MS / 1000}; HttpOnly; SameSite=Strict`;
}

/** Whether a form comes from a page of this session. */
export function isOwnForm({ formToken }: Session, form: URLSearchParams): boolean {
  return sameSecret(Buffer.from(form.get("form_token") ?? ""), Buffer.from(formToken));
}

function randomName(): string {
  return randomBytes(16).toString("hex");
}
