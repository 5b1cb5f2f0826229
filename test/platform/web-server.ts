import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Who ends what a test needs, and when. */
export type WhenDone = (end: () => void) => void;

/** A server on loopback that lives as long as the test. Returns its address. */
export async function webServer(
  answer: RequestListener,
  whenDone: WhenDone = onTestFinished,
): Promise<URL> {
  return new URL(`http://127.0.0.1:${await listening(createServer(answer), whenDone)}/`);
}

/** A {@link webServer} with TLS and a certificate that vouches for itself, for `name`. */
export async function tlsServer(name: string, answer: RequestListener) {
  const { key, certificate, path } = selfSigned(name);
  const port = await listening(createTlsServer({ key, cert: certificate }, answer));
  return { port, certificatePath: path };
}

/**
 * Lets a server listen for the length of the test, or as long as `whenDone` says; returns its port.
 */
export async function listening(
  server: Server,
  whenDone: WhenDone = onTestFinished,
): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  whenDone(() => {
    if ("closeAllConnections" in server) (server.closeAllConnections as () => void)();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function selfSigned(name: string) {
  const folder = mkdtempSync(join(tmpdir(), "fob-certificate-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [keyPath, path] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const made = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-days",
    "2",
  ];
  const named = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name},IP:127.0.0.1`];
  execFileSync("openssl", [...made, ...named, "-keyout", keyPath, "-out", path], {
    stdio: "ignore",
  });
  return { key: readFileSync(keyPath), certificate: readFileSync(path), path };
}
