import { lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import type { Dispatcher } from "undici";
import { FobError, stoppedByPerson } from "#base/fob-error.ts";
import type { HttpClient, HttpReply, HttpRequest } from "#base/http-client.ts";
import { type Texts, t, translated } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import { untilFirst } from "#base/until-first.ts";

/** The addresses of this machine (RFC 6890). */
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** The error codes of OpenSSL and Node for an untrusted certificate, in words. */
const CERTIFICATE_FAULTS: Texts = {
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet: is this machine's clock right?",
  CERT_REVOKED: "it was revoked",
  CERT_REJECTED: "it is not meant for this",
  CERT_UNTRUSTED: "its issuer is not trusted",
  DEPTH_ZERO_SELF_SIGNED_CERT: "it vouches for itself",
  SELF_SIGNED_CERT_IN_CHAIN: "its issuer is not known to this machine",
  UNABLE_TO_GET_ISSUER_CERT: "its issuer is not known to this machine",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its issuer is not known to this machine",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its issuer is not known to this machine",
  ERR_TLS_CERT_ALTNAME_INVALID: "it belongs to another server",
};

/** The faults that are none once this machine knows the certificate's issuer. */
const OF_UNKNOWN_ISSUERS = /UNTRUSTED|SELF_SIGNED|UNABLE_TO/;

const CONNECTION_FAULTS: Texts = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection was cut",
  ENOTFOUND: "its name is not known",
  EAI_AGAIN: "its name cannot be looked up now",
  EHOSTUNREACH: "there is no way to it",
  ENETUNREACH: "there is no network",
  ETIMEDOUT: "it does not answer",
  UND_ERR_CONNECT_TIMEOUT: "it does not answer",
  UND_ERR_SOCKET: "the connection was cut",
  UND_ERR_ABORTED: "the proxy refuses",
  HPE_INVALID_CONSTANT: "it does not speak HTTP",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS",
};

/**
 * Creates a client for HTTPS, and for plain HTTP to this machine. It uses the proxy in HTTPS_PROXY,
 * unless NO_PROXY includes the server; this machine is always reached directly. Connections are
 * kept for further requests, and do not keep the program running.
 */
export function httpClient(userAgent: string): HttpClient {
  const dispatchers = new Map<string, Promise<Dispatcher>>();
  const dispatcherFor = (route: Route) => {
    const key = JSON.stringify(route);
    const dispatcher = dispatchers.get(key) ?? createDispatcher(route);
    dispatchers.set(key, dispatcher);
    return dispatcher;
  };
  return async (request) => {
    const route = routeTo(request);
    const ends = request.signal ? [request.signal, request.timeout] : [request.timeout];
    return untilFirst(ends, async (end) => {
      try {
        return await send(request, await dispatcherFor(route), userAgent, end);
      } catch (error) {
        throw describeFailure(error, request, end);
      }
    });
  };
}

/** How to connect to a server. */
interface Route {
  readonly isLocal: boolean;
  readonly isVerified: boolean;
}

function routeTo({ url, isInsecure }: HttpRequest): Route {
  const isLocal = isLoopback(url.hostname);
  if (url.protocol === "https:") return { isLocal, isVerified: !isInsecure };
  if (url.protocol !== "http:")
    throw new FobError("rejected", t`${url.host} is to be reached by ${url.protocol}`);
  if (isLocal || isInsecure) return { isLocal, isVerified: true };
  throw new FobError(
    "rejected",
    t`${url.host} is to be reached without TLS: anybody on the way could answer for it`,
    {
      hint: t(
        "ask its administrator for an https address; --insecure takes the risk when a token is enrolled",
      ),
    },
  );
}

function isLoopback(hostname: string): boolean {
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  const family = isIP(address);
  if (family === 0) return address === "localhost";
  return LOOPBACK.check(address, family === 4 ? "ipv4" : "ipv6");
}

async function createDispatcher({ isLocal, isVerified }: Route): Promise<Dispatcher> {
  const { Agent, EnvHttpProxyAgent } = await import("undici");
  const tls = { rejectUnauthorized: isVerified };
  if (isLocal) return new Agent({ connect: { ...tls, lookup: lookUpHere } });
  return new EnvHttpProxyAgent({ connect: tls, requestTls: tls });
}

/**
 * Resolves a local name to loopback addresses only, because the name may have been given the
 * address of another machine.
 */
const lookUpHere: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const here = error
      ? []
      : addresses.filter(({ address, family }) =>
          LOOPBACK.check(address, family === 4 ? "ipv4" : "ipv6"),
        );
    const [first] = here;
    if (error || !first) done(error ?? notHere(hostname), "", 0);
    else if (options.all) done(null, here);
    else done(null, first.address, first.family);
  });
};

function notHere(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} is not this machine`), { code: "ENOTFOUND" });
}

async function send(
  { method, url, headers, body, maxBytes }: HttpRequest,
  dispatcher: Dispatcher,
  userAgent: string,
  end: AbortSignal,
): Promise<HttpReply> {
  const { request } = await import("undici");
  const reply = await request(url, {
    method,
    dispatcher,
    body: body ?? null,
    headers: { "user-agent": userAgent, ...headers },
    signal: end,
  });
  if (REDIRECTS.includes(reply.statusCode)) {
    // without a listener the destroyed stream would cause an unhandled error
    reply.body.on("error", () => undefined).destroy();
    throw refuseRedirect(url, reply.headers["location"]);
  }
  return {
    status: reply.statusCode,
    header: (name) => [ownValue(reply.headers, name) ?? null].flat().at(0) ?? null,
    body: await readBounded(reply.body, maxBytes, url),
  };
}

async function readBounded(
  body: AsyncIterable<Buffer>,
  maxBytes: number,
  url: URL,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes)
      throw new FobError("unavailable", t`${url.host} sends more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refuseRedirect(url: URL, location: string | string[] | undefined): FobError {
  const target =
    typeof location === "string" && URL.canParse(location, url.href)
      ? new URL(location, url)
      : null;
  const message =
    target === null || target.host === url.host
      ? t`${url.host} redirects elsewhere, where fob does not follow`
      : t`${url.host} redirects to ${target.host}, where fob does not follow`;
  return new FobError("rejected", message, {
    hint: t(
      "what was sent is meant for this server alone: ask its administrator for the right address",
    ),
  });
}

function describeFailure(
  error: unknown,
  { url, timeout, signal }: HttpRequest,
  end: AbortSignal,
): FobError {
  if (error instanceof FobError) return error;
  if (signal?.aborted) return stoppedByPerson(error);
  if (end.aborted) return unreachable(url, t`no whole reply in ${timeout / 1000} s`, error);
  const { code = "", message } = rootOf(error);
  const certificate = ownValue(CERTIFICATE_FAULTS, code);
  if (certificate === undefined)
    return unreachable(
      url,
      translated(ownValue(CONNECTION_FAULTS, code) ?? (code || message)),
      error,
    );
  return new FobError(
    "rejected",
    t`the certificate of ${url.host} does not vouch for it: ${translated(certificate)}`,
    {
      cause: error,
      ...(OF_UNKNOWN_ISSUERS.test(code)
        ? {
            hint: t(
              "for a certificate authority of your own: NODE_EXTRA_CA_CERTS=ca.pem (docs/push.md)",
            ),
          }
        : {}),
    },
  );
}

/** The original error. If several addresses were tried, that of the first. */
function rootOf(error: unknown): NodeJS.ErrnoException {
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0]);
  if (error instanceof Error && error.cause instanceof Error && !("code" in error))
    return rootOf(error.cause);
  return error as NodeJS.ErrnoException;
}

function unreachable(url: URL, reason: string, cause: unknown): FobError {
  return new FobError("unavailable", t`${url.host} cannot be reached: ${reason}`, { cause });
}
