import { FobError } from "../fob-error.ts";
import { stripControls } from "../token/printable.ts";
import type { Parameters } from "./parameters.ts";

const MAX_LENGTH = 256;

/** Who issued a token and for whom, and what to call it: the issuer, else the account, else null. */
export interface Label {
  readonly issuer: string | null;
  readonly account: string | null;
  readonly name: string | null;
}

/**
 * Reads the label `ISSUER:ACCOUNT`, either part of which may be missing, and the parameter `issuer`, which wins where the two
 * differ. Throws FobError `invalid` for a text that is too long.
 */
export function readLabel(encoded: string, parameters: Parameters): Label {
  const [before, after] = splitLabel(parameters.decode(encoded));
  const account = clean("account", after, parameters);
  const fromLabel = clean("issuer", before ?? "", parameters);
  // only here a plus is a space for sure: issuers build this value with their form encoders
  const fromParameter = clean("issuer", parameters.read("issuer")?.replaceAll("+", " ") ?? "", parameters);
  if (fromLabel && fromParameter && fromLabel.toLowerCase() !== fromParameter.toLowerCase()) {
    parameters.find("warning", "issuer-mismatch", `the label says ${fromLabel}, the issuer parameter ${fromParameter}`);
  }
  const issuer = fromParameter ?? fromLabel;
  if (issuer !== null) parameters.note("issuer", issuer, "given");
  if (account !== null) parameters.note("account", account, "given");
  return { issuer, account, name: issuer ?? account };
}

/** Only the first colon divides: an account may hold one itself. */
function splitLabel(label: string): [string | null, string] {
  const at = label.indexOf(":");
  return at < 0 ? [null, label] : [label.slice(0, at), label.slice(at + 1)];
}

function clean(part: string, text: string, parameters: Parameters): string | null {
  const stripped = stripControls(text);
  if (stripped !== text) {
    parameters.find("warning", "control-characters", `control characters were taken out of the ${part}`);
  }
  const trimmed = stripped.replace(/^[\s/]+|\s+$/g, "");
  if (trimmed.length > MAX_LENGTH) throw new FobError("invalid", `${part} is longer than ${MAX_LENGTH} characters`);
  return trimmed === "" ? null : trimmed;
}
