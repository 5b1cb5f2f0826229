import { renderSVG } from "uqr";
import { activationText } from "#lab/issue.ts";
import type { PromisedToken } from "#lab/lab-token.ts";
import { authenticationUrl } from "#lab/tiqr/addresses.ts";
import type { Asked, Transaction } from "#lab/transaction.ts";
import { type Html, html, trusted } from "./html.ts";
import type { Page } from "./layout.ts";
import type { Session } from "./session.ts";

/** How often the waiting page reloads, in seconds. */
const REFRESH_S = 2;

/**
 * The login page; `problem` says why the last attempt failed, `name` is the name that was typed.
 */
export function loginPage({ formToken }: Session, problem: string | null = null, name = ""): Page {
  const body = html`<h1>Log in</h1>
${alert(problem)}
<form method="post" action="/login">
${tokenField(formToken)}
<label for="name">Name</label>
<input id="name" name="name" value="${name}" required maxlength="64" autocomplete="username" autocapitalize="none" spellcheck="false">
<label for="passcode">Passcode</label>
<input id="passcode" name="passcode" type="password" maxlength="300" autocomplete="one-time-code" aria-describedby="passcode-hint">
<p class="hint" id="passcode-hint">A PIN or password goes before it, without a space.</p>
<button>Log in</button>
<button class="second" name="ask" value="1" aria-describedby="ask-hint">Ask my device</button>
<p class="hint" id="ask-hint">Sends a push request or shows a challenge. PIN or password go above, if you have one, without a passcode.</p>
</form>`;
  return {
    title: problem === null ? "Log in" : "Not logged in",
    body,
    ...(problem === null ? {} : { status: 401 }),
  };
}

/** What the waiting page shows beside the challenges. */
interface WaitingOptions {
  readonly problem?: string;
  /** Whether the person wants to type, though a device may answer as well. */
  readonly isTyping?: boolean;
}

/**
 * The page that waits for an answer of one of the user's tokens. It reloads by itself where a
 * device may answer. An input field would be emptied by that: it has a page of its own then.
 */
export function waitingPage(
  { formToken }: Session,
  { asked }: Transaction,
  { problem, isTyping = false }: WaitingOptions = {},
): Page {
  const mayType = asked.some(isTyped);
  const hasField = mayType && (isTyping || asked.every(isTyped));
  const label = asked.some(({ kind }) => kind === "ocra") ? "Response" : "Code";
  const field = html`<form method="post" action="/waiting">
${tokenField(formToken)}
<label for="answer">${label}</label>
<input id="answer" name="answer" required maxlength="200" autocomplete="one-time-code" autocapitalize="none" spellcheck="false">
<button>Log in</button>
</form>`;
  const status = html`<p role="status">This page checks every ${REFRESH_S} seconds.</p>`;
  const toField = html`<p><a href="/waiting?type">Type the ${label.toLowerCase()}</a></p>`;
  const body = html`<h1>Waiting for you</h1>
${alert(problem ?? null)}
${[...asked].sort((a, b) => Number(isTyped(a)) - Number(isTyped(b))).map(describe)}
${mayType && !hasField ? toField : null}
${hasField ? field : status}
<p><a href="/waiting">Check now</a> or <a href="/?again">start over</a></p>`;
  const title = "Waiting for you";
  return {
    title,
    body,
    ...(hasField ? {} : { refreshSeconds: REFRESH_S }),
    ...(problem === undefined ? {} : { status: 401 }),
  };
}

/** What stands before an activation string in the link that the vendor's app opens, too. */
const LINK = "mobilepassplus://autoenrollment?str=";

/** The page with the link of a promised token; null for one that is not promised any more. */
export function enrollmentPage(token: PromisedToken | null): Page {
  const title = "Add a token";
  if (token === null) {
    const problem = "This page was used already, or is too old.";
    return { title, body: html`<h1>${title}</h1>${alert(problem)}`, status: 404 };
  }
  const text = activationText(token);
  const body = html`<h1>${title}</h1>
<p>For <strong>${token.user}</strong>. It works once.</p>
<p><a class="action" href="${LINK}${encodeURIComponent(text)}">Add to fob</a></p>
<p class="hint">The link opens fob after <code>fob link install</code>. A phone reads this instead:</p>
${qr(text, "QR code of the activation string")}`;
  return { title, body };
}

/** The protected resource. */
export function protectedPage(
  { formToken }: Session,
  user: string,
  serial: string,
  since: Date,
): Page {
  const body = html`<h1>The protected resource</h1>
<p>You are logged in as <strong>${user}</strong>, with the token ${serial}, since
<time datetime="${since.toISOString()}">${since.toISOString().slice(11, 19)} UTC</time>.</p>
<form method="post" action="/logout">
${tokenField(formToken)}
<button>Log out</button>
</form>`;
  return { title: "The protected resource", body };
}

/** Whether the answer is typed on the page, not sent by a device. */
function isTyped(asked: Asked): boolean {
  return asked.kind === "ocra" || (asked.kind === "push" && asked.challenge.displayCode !== null);
}

function describe(asked: Asked): Html {
  const { serial, user } = asked.token;
  if (asked.kind === "ocra") {
    const { question } = asked.challenge;
    return html`<h2>Answer a challenge</h2>
<p>With the token ${serial}:</p>
<p class="challenge">${question}</p>
${qr(question, "QR code of the challenge")}`;
  }
  if (asked.kind === "tiqr") {
    const url = authenticationUrl(user, asked.challenge);
    return html`<h2>Scan with the TiQR app</h2>
<p>With the token ${serial}:</p>
${qr(url, "QR code of the challenge for the TiQR app")}
<p class="hint">${url}</p>`;
  }
  const { presence, displayCode } = asked.challenge;
  if (presence)
    return html`<h2>Pick this number on your device</h2><p class="number">${presence.right}</p><p>Token ${serial}</p>`;
  if (displayCode !== null)
    return html`<h2>Approve on your device</h2><p>Then type the code that it shows. Token ${serial}</p>`;
  return html`<h2>Approve on your device</h2><p>A request was sent to the token ${serial}.</p>`;
}

function qr(text: string, label: string): Html {
  return html`<div class="qr" role="img" aria-label="${label}">${trusted(renderSVG(text, { border: 2 }))}</div>`;
}

function alert(problem: string | null): Html | null {
  return problem === null ? null : html`<p class="alert" role="alert">${problem}</p>`;
}

function tokenField(formToken: string): Html {
  return html`<input type="hidden" name="form_token" value="${formToken}">`;
}
