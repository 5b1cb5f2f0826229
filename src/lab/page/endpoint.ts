import { LOGO } from "#base/logo.ts";
import { ownValue } from "#base/own-value.ts";
import { type Endpoint, formOf, type HttpReply, type HttpRequest } from "#lab/http/exchange.ts";
import type { Lab } from "#lab/lab.ts";
import { decideLogin, type Verdict } from "#lab/login.ts";
import { findTransaction, transactionState } from "#lab/transaction.ts";
import { type Page, pageReply, redirect, STYLE } from "./layout.ts";
import { cookieOf, isOwnForm, type Session, type SessionState, Sessions } from "./session.ts";
import { enrollmentPage, loginPage, protectedPage, waitingPage } from "./views.ts";

const FAILED = "That did not work. Please try again.";
const STALE = "This form was too old. Please try again.";

type Step = (visit: Visit) => HttpReply | Promise<HttpReply>;

/** One request with its session. */
interface Visit {
  readonly lab: Lab;
  readonly sessions: Sessions;
  readonly session: Session;
  readonly request: HttpRequest;
}

/** The endpoint of the login page and the protected page. */
export function pageEndpoint(lab: Lab): Endpoint {
  const sessions = new Sessions();
  return (request) => {
    const asset = ownValue(ASSETS, request.path);
    if (asset) return { status: 200, headers: { "Cache-Control": "max-age=300" }, ...asset };
    if (request.path === "/enroll" && ["GET", "HEAD"].includes(request.method))
      return showEnrollment(lab, request);
    const step = ownValue(
      STEPS,
      `${request.method === "HEAD" ? "GET" : request.method} ${request.path}`,
    );
    if (!step) return null;
    const session = sessions.find(request, lab.clock().getTime());
    if (session) return step({ lab, sessions, session, request });
    return welcome(lab, sessions, request);
  };
}

const ASSETS: Readonly<Record<string, Pick<HttpReply, "contentType" | "body">>> = {
  "/style.css": { contentType: "text/css; charset=utf-8", body: STYLE },
  "/logo.svg": { contentType: "image/svg+xml", body: LOGO },
};

const STEPS: Readonly<Record<string, Step>> = {
  "GET /": showLogin,
  "POST /login": own(login),
  "GET /waiting": showWaiting,
  "POST /waiting": own(answer),
  "GET /protected": showProtected,
  "POST /logout": own((visit) => proceed(visit, { kind: "new" })),
};

/** The page of whoever was sent its address: it needs no session, and changes nothing. */
function showEnrollment({ store, clock }: Lab, { query }: HttpRequest): HttpReply {
  const token = store.tokenOfCode(query.get("sc") ?? "");
  const isOpen = token?.kind === "promised" && clock().getTime() < token.expiresAt;
  return pageReply(enrollmentPage(isOpen ? token : null));
}

/**
 * Handles a browser without a session, or with an expired one: it gets a new session, and an error
 * if it has sent a form.
 */
function welcome(lab: Lab, sessions: Sessions, { method }: HttpRequest): HttpReply {
  const session = sessions.renew(null, { kind: "new" }, lab.clock().getTime());
  return pageReply({
    ...loginPage(session, method === "POST" ? STALE : null),
    cookie: cookieOf(session),
  });
}

/** Refuses forms that are not from our own pages. */
function own(step: Step): Step {
  return (visit) => {
    if (isOwnForm(visit.session, formOf(visit.request))) return step(visit);
    return pageReply({ ...loginPage(visit.session, STALE), status: 403 });
  };
}

function showLogin(visit: Visit): HttpReply {
  const { kind } = visit.session.state;
  if (kind === "in") return redirect("/protected");
  if (kind === "new") return pageReply(loginPage(visit.session));
  return visit.request.query.has("again") ? proceed(visit, { kind: "new" }) : redirect("/waiting");
}

async function login(visit: Visit): Promise<HttpReply> {
  const form = formOf(visit.request);
  const user = form.get("name") ?? "";
  const verdict = await decideLogin(visit.lab, {
    user,
    typed: form.get("passcode") ?? "",
    transaction: null,
  });
  return follow(visit, verdict, () => loginPage(visit.session, FAILED, user));
}

function showWaiting(visit: Visit): HttpReply | Promise<HttpReply> {
  const { lab, session, request } = visit;
  if (session.state.kind !== "asked") return redirect("/");
  const { user, transaction: id } = session.state;
  const transaction = findTransaction(lab, id);
  const state = transaction ? transactionState(transaction, lab.clock().getTime()) : "over";
  const needsCode = transaction?.asked.some(
    ({ kind, challenge }) => kind === "push" && challenge.displayCode !== null,
  );
  if (state === "accepted" && !needsCode) {
    return decideLogin(lab, { user, typed: "", transaction: id }).then((verdict) =>
      follow(visit, verdict, () => giveUp(visit, FAILED)),
    );
  }
  if (transaction && (state === "open" || state === "accepted"))
    return pageReply(waitingPage(session, transaction, { isTyping: request.query.has("type") }));
  return pageReply(
    giveUp(visit, state === "declined" ? "The request was declined." : "Nobody answered in time."),
  );
}

async function answer(visit: Visit): Promise<HttpReply> {
  const { lab, session, request } = visit;
  if (session.state.kind !== "asked") return redirect("/");
  const { user, transaction: id } = session.state;
  const verdict = await decideLogin(lab, {
    user,
    typed: formOf(request).get("answer") ?? "",
    transaction: id,
  });
  const transaction = findTransaction(lab, id);
  return follow(visit, verdict, () =>
    transaction
      ? waitingPage(session, transaction, { problem: FAILED, isTyping: true })
      : giveUp(visit, FAILED),
  );
}

function showProtected({ session }: Visit): HttpReply {
  const { state } = session;
  if (state.kind !== "in") return redirect("/");
  return pageReply(protectedPage(session, state.user, state.serial, state.since));
}

/** The reply for a verdict; `refused` makes the page for a refusal. */
function follow(visit: Visit, verdict: Verdict, refused: () => Page): HttpReply {
  switch (verdict.kind) {
    case "accepted":
      return proceed(visit, {
        kind: "in",
        user: verdict.user,
        serial: verdict.serial,
        since: visit.lab.clock(),
      });
    case "asked":
      return proceed(visit, {
        kind: "asked",
        user: verdict.user,
        transaction: verdict.transaction.id,
      });
    case "refused":
      return pageReply(refused());
  }
}

const PLACES = { new: "/", asked: "/waiting", in: "/protected" } as const;

/** Continues in a new session, so that a stolen old id is useless. */
function proceed(visit: Visit, state: SessionState): HttpReply {
  return redirect(PLACES[state.kind], cookieOf(renew(visit, state)));
}

/** The login page of a new session, with the problem. */
function giveUp(visit: Visit, problem: string): Page {
  const session = renew(visit, { kind: "new" });
  return { ...loginPage(session, problem), cookie: cookieOf(session) };
}

function renew({ lab, sessions, session }: Visit, state: SessionState): Session {
  return sessions.renew(session, state, lab.clock().getTime());
}
