import { asFobError } from "#base/file-error.ts";
import { dskppEndpoint } from "#lab/dskpp/endpoint.ts";
import { type ListenAddress, type ListeningServer, serve } from "#lab/http/server.ts";
import { pageEndpoint } from "#lab/page/endpoint.ts";
import { pushEndpoint } from "#lab/push/endpoint.ts";
import { tiqrEndpoint } from "#lab/tiqr/endpoint.ts";
import { type Lab, noteRefused } from "./lab.ts";
import { validationEndpoint } from "./validation-endpoint.ts";

/**
 * Starts the lab's server, and stores its address for the commands that make enrollment strings.
 */
export async function serveLab(lab: Lab, address: ListenAddress): Promise<ListeningServer> {
  const endpoints = [
    pushEndpoint(lab),
    tiqrEndpoint(lab),
    dskppEndpoint(lab),
    validationEndpoint(lab),
    pageEndpoint(lab),
  ];
  const server = await serve(address, endpoints, (error) => {
    noteRefused(lab, "failure", { detail: asFobError(error).message });
  });
  lab.store.addAddress(server.url);
  return server;
}
