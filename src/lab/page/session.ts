import { randomBytes } from "node:crypto";
import type { HttpRequest } from "#lab/http/exchange.ts";
import { sameSecret } from "#token/secret.ts";

const COOKIE = "fob_lab";
const LIFE_MS = 30 * 60_000;
const MAX_SESSIONS = 1_000;

/** The progress of a login in one browser. */
export type SessionState =
  | { readonly kind: "new" }
  /** Waits for the answer of a device, or for a typed one. */
  | { readonly kind: "asked"; readonly user: string; readonly transaction: string }
  | { readonly kind: "in"; readonly user: string; readonly serial: string; readonly since: Date };

/** The session of one browser. */
export interface Session {
  /** Random; stored in the browser's cookie. */
  readonly id: string;
  /** Random; part of every form, so that other sites cannot send forms (CSRF). */
  readonly formToken: string;
  readonly state: SessionState;
  readonly endsAt: number;
}

/** The sessions of one server, in memory: after a restart users log in again. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();

  /** The session of a request, or null. */
  find({ headers }: HttpRequest, now: number): Session | null {
    const cookies = headers["cookie"]?.split(";").map((cookie) => cookie.trim().split("=")) ?? [];
    const [, id = ""] = cookies.find(([name]) => name === COOKIE) ?? [];
    const session = this.#sessions.get(id);
    return session && now < session.endsAt ? session : null;
  }

  /**
   * Creates a new session in place of the old one, if there was one, so that a stolen old id is
   * useless.
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

/** The cookie of a session. */
export function cookieOf({ id }: Session): string {
  return `${COOKIE}=${id}; Path=/; Max-Age=${LIFE_MS / 1000}; HttpOnly; SameSite=Strict`;
}

/** Whether a form was sent from a page of this session. */
export function isOwnForm({ formToken }: Session, form: URLSearchParams): boolean {
  return sameSecret(Buffer.from(form.get("form_token") ?? ""), Buffer.from(formToken));
}

function randomName(): string {
  return randomBytes(16).toString("hex");
}
