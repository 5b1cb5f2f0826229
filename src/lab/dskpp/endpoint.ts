import type { Endpoint, HttpReply } from "#lab/http/exchange.ts";
import type { Lab } from "#lab/lab.ts";
import { MEDIA_TYPE } from "./names.ts";
import { isDskpp } from "./request.ts";
import { DskppServer } from "./server.ts";

/** The path in activation strings; its parameter `sc` is the activation code. */
const PATH = "/selfenrollment/dskpp.aspx";

/**
 * DSKPP over HTTP (RFC 6063 section 7.2): status 400 for a body that is not a DSKPP message, else
 * 200 with a DSKPP status inside.
 */
export function dskppEndpoint(lab: Lab): Endpoint {
  const server = new DskppServer(lab);
  return ({ path, method, query, contentType, body }) => {
    if (path !== PATH) return null;
    if (method !== "POST" || contentType !== MEDIA_TYPE || !isDskpp(body)) return notDskpp(method);
    return server.answer(query.get("sc") ?? "", body).then(reply);
  };
}

function notDskpp(method: string): HttpReply {
  const status = method === "POST" ? 400 : 405;
  return {
    status,
    contentType: "text/plain; charset=utf-8",
    body: "devices send DSKPP messages here, by POST\n",
  };
}

function reply(message: Buffer): HttpReply {
  const headers = { "Cache-Control": "no-cache, no-must-revalidate, private", Pragma: "no-cache" };
  return { status: 200, contentType: MEDIA_TYPE, body: message.toString("utf8"), headers };
}
