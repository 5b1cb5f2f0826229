import { asFobError } from "../file-error.ts";
import { dskppEndpoint } from "./dskpp/endpoint.ts";
import { type ListenAddress, type ListeningServer, serve } from "./http/server.ts";
import { type Lab, noteRefused } from "./lab.ts";
import { pageEndpoint } from "./page/endpoint.ts";
import { pushEndpoint } from "./push/endpoint.ts";
import { tiqrEndpoint } from "./tiqr/endpoint.ts";
import { validationEndpoint } from "./validation-endpoint.ts";

/** Starts the lab's server, and notes where it listens for the commands that make enrollment strings. */
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
  lab.store.setAddress(server.url);
  return server;
}
