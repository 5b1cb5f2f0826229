import type { HttpReply } from "#lab/http/exchange.ts";
import { type Html, html } from "./html.ts";

/** The Content-Security-Policy: no foreign content, no scripts, no frames. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/** A page of the lab. */
export interface Page {
  readonly title: string;
  readonly body: Html;
  readonly status?: number;
  /** After how many seconds the browser reloads the page. */
  readonly refreshSeconds?: number;
  readonly cookie?: string;
}

/** A page as a reply. */
export function pageReply({ title, body, status = 200, refreshSeconds, cookie }: Page): HttpReply {
  const refresh =
    refreshSeconds === undefined
      ? null
      : html`<meta http-equiv="refresh" content="${refreshSeconds}">`;
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${refresh}
<title>${title} · fob lab</title>
<link rel="icon" href="/logo.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header><img src="/logo.svg" alt="" width="40" height="40"><p>fob lab</p></header>
<main>
${body}
</main>
<footer><p>This is a lab to try things out with. It guards nothing.</p></footer>
</body>
</html>
`;
  const headers = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    ...(cookie === undefined ? {} : { "Set-Cookie": cookie }),
  };
  return { status, contentType: "text/html; charset=utf-8", body: document.html, headers };
}

/** Sends the browser to another page, by GET. */
export function redirect(path: string, cookie?: string): HttpReply {
  const headers = { Location: path, ...(cookie === undefined ? {} : { "Set-Cookie": cookie }) };
  return { status: 303, contentType: "text/plain", body: "", headers };
}

/**
 * Sizes are relative to the reader's text size; colours have a contrast of at least 4.5 to 1 in
 * both schemes.
 */
export const STYLE = `:root {
  --ground: #eef1f6; --card: #ffffff; --text: #16202e; --quiet: #4a5768; --line: #8592a6;
  --accent: #1d4ed8; --on-accent: #ffffff; --bad: #a11212; --bad-ground: #fdecec;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1520; --card: #1a2332; --text: #e8edf5; --quiet: #b3bfd0; --line: #7c8aa0;
    --accent: #8ab0ff; --on-accent: #0b1322; --bad: #ffb4b4; --bad-ground: #3a1a1f;
  }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; align-items: center; gap: 1.5rem; padding: 2rem 1rem;
  background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
header { display: flex; align-items: center; gap: 0.75rem; font-size: 1.25rem; font-weight: 600; }
header p, footer p { margin: 0; }
main { width: 100%; max-width: 26rem; padding: 1.75rem; background: var(--card); border-radius: 0.75rem;
  box-shadow: 0 1px 2px rgb(0 0 0 / 12%), 0 8px 24px rgb(0 0 0 / 8%); overflow-wrap: anywhere; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 1.5rem 0 0.5rem; font-size: 1.125rem; }
footer, .hint { color: var(--quiet); }
.hint { margin: 0.25rem 0 0; font-size: 0.9375rem; }
label { display: block; margin-top: 1rem; font-weight: 600; }
input { width: 100%; min-height: 2.75rem; margin-top: 0.25rem; padding: 0.5rem 0.75rem; font: inherit; color: inherit;
  background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; }
button { min-height: 2.75rem; width: 100%; margin-top: 1rem; padding: 0.5rem 1rem; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--on-accent); background: var(--accent); border: 1px solid var(--accent); border-radius: 0.5rem; }
button.second { color: var(--accent); background: transparent; }
a { color: var(--accent); }
a.action { display: block; min-height: 2.75rem; padding: 0.5rem 1rem; font-weight: 600; text-align: center; text-decoration: none;
  color: var(--on-accent); background: var(--accent); border-radius: 0.5rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.alert { padding: 0.75rem 1rem; color: var(--bad); background: var(--bad-ground); border-radius: 0.5rem; }
.challenge, .number { margin: 0.5rem 0; font-family: ui-monospace, monospace; font-size: 1.75rem; letter-spacing: 0.08em; }
.qr { max-width: 15rem; margin: 1rem auto; padding: 0.5rem; background: #ffffff; border-radius: 0.5rem; }
.qr svg { display: block; width: 100%; height: auto; }
`;
