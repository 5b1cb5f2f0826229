import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, isIPv4, type Socket } from "node:net";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { type Endpoint, type HttpReply, type HttpRequest, textReply } from "./exchange.ts";

/** The largest body of a request; those of devices and forms are much smaller. */
const MAX_BODY_BYTES = 64 * 1024;

/**
 * Sizes in bytes, times in milliseconds. Connections are kept open long enough for devices that
 * poll every half minute.
 */
const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 65_000,
};
const MAX_CONNECTIONS = 1_024;
const MAX_FIELDS = 1_000;

/** A listening server. */
export interface ListeningServer {
  /** Its address, without a path. */
  readonly url: string;
  /** Closes the server and all connections. */
  close(): Promise<void>;
}

/**
 * The address to listen on. On loopback, only requests with a Host header of loopback are answered,
 * to prevent DNS rebinding.
 */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Starts a server. The first endpoint that knows a request answers it. Size and time of requests
 * are limited; an exception is passed to `onFailure` and answered with status 500. Rejects with
 * FobError `unavailable` when it cannot listen.
 */
export function serve(
  address: ListenAddress,
  endpoints: readonly Endpoint[],
  onFailure: (error: unknown) => void,
): Promise<ListeningServer> {
  const server = createServer(LIMITS, (incoming, outgoing) => {
    respond(incoming, address, endpoints)
      .catch((error: unknown) => {
        onFailure(error);
        return textReply("the lab failed at this request\n", 500);
      })
      .then((reply) => send(outgoing, reply))
      // when even the failure cannot be logged, only this request ends
      .catch(() => outgoing.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.maxHeadersCount = MAX_FIELDS;
  server.on("clientError", (_, socket) =>
    socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
  );
  return listen(server, address);
}

function listen(server: Server, { host, port }: ListenAddress): Promise<ListeningServer> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === "EADDRINUSE" ? t("something else listens there") : error.message;
      reject(
        new FobError("unavailable", t`cannot listen on ${host} port ${port}: ${reason}`, {
          cause: error,
        }),
      );
    });
    server.listen(port, host, () => {
      const { port: given } = server.address() as AddressInfo;
      resolve({
        url: `http://${host.includes(":") ? `[${host}]` : host}:${given}`,
        close: () => close(server),
      });
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Whether an address is one of loopback. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

async function respond(
  incoming: IncomingMessage,
  { host }: ListenAddress,
  endpoints: readonly Endpoint[],
): Promise<HttpReply> {
  const names = incoming.headersDistinct["host"] ?? [];
  if (names.length !== 1) return textReply("a request names one host\n", 400);
  if (isLoopback(host) && !isNameOf(incoming.socket, host, String(names[0])))
    return textReply("this is no name of the lab\n", 421);
  if (isSentByAnotherSite(incoming))
    return textReply("pages of other sites send nothing here\n", 403);
  const body = await readBody(incoming);
  if (body === null)
    return { ...textReply("the request is too large\n", 413), headers: { Connection: "close" } };
  const request = readRequest(incoming, body);
  if (request === null) return textReply("the request is broken\n", 400);
  for (const endpoint of endpoints) {
    const reply = await endpoint(request);
    if (reply) return reply;
  }
  return textReply("there is nothing here\n", 404);
}

/**
 * Whether a Host header names this server, and not a foreign name that resolves to it. It includes
 * the port; browsers leave out port 80.
 */
function isNameOf({ localPort }: Socket, host: string, name: string): boolean {
  const own = ["localhost", "127.0.0.1", "[::1]", host.includes(":") ? `[${host}]` : host];
  const port = localPort === 80 ? ["", ":80"] : [`:${localPort}`];
  return own.some((one) => port.some((end) => name.toLowerCase() === one + end));
}

/**
 * Whether a browser sends this request for a page of another site, which could guess at logins in
 * its user's name. Programs other than browsers send no such headers.
 */
function isSentByAnotherSite({ method, headers }: IncomingMessage): boolean {
  if (method === "GET" || method === "HEAD") return false;
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  const { origin, host } = headers;
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
}

/** Reads the body; null when it is too large, and the rest is not read. */
async function readBody(incoming: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function readRequest({ method, url, headers }: IncomingMessage, body: Buffer): HttpRequest | null {
  try {
    const { pathname, searchParams } = new URL(`http://lab${url}`);
    const contentType = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
    const single = Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : value,
    ]);
    return {
      method: method ?? "",
      path: decodeURIComponent(pathname),
      query: searchParams,
      contentType,
      body,
      headers: Object.fromEntries(single),
    };
  } catch {
    // an invalid path or percent encoding
    return null;
  }
}

function send(outgoing: ServerResponse, { status, contentType, body, headers }: HttpReply): void {
  if (outgoing.destroyed) return;
  outgoing.writeHead(status, {
    "Content-Type": contentType,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...headers,
  });
  outgoing.end(body);
}
