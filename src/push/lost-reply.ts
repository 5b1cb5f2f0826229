import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** The codes of errors before anything was sent: no server has received it. */
const NEVER_SENT: readonly string[] = [
  ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"],
  ...["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_ABORTED", "ERR_SSL_WRONG_VERSION_NUMBER"],
];

/**
 * An error of a request that enrolls a token, with a hint where the server may have made the token
 * without its reply having arrived: then the enrollment string is used up.
 */
export function withUsedUpHint(error: unknown): unknown {
  return withHint(
    error,
    t(
      "the server may have made the token all the same: then this string is used up, ask for another one",
    ),
  );
}

/**
 * An error of a request that asks for what an enrollment is about, with a hint where the server may
 * have received it: no token was made, but the string may be used up.
 */
export function withAskedHint(error: unknown): unknown {
  return withHint(
    error,
    t(
      "no token was made, but such a string works once and not for long: if it fails again, it is used up, ask for another one",
    ),
  );
}

/**
 * An error of an answer to a login request, with a hint where the server may have received it. What
 * was sent is in the history in any case.
 */
export function withSentHint(error: unknown): unknown {
  return withHint(
    error,
    t(
      "the server may have it all the same: `fob push list` shows the request if it still waits, and `fob push history` what was sent",
    ),
  );
}

function withHint(error: unknown, hint: string): unknown {
  if (!(error instanceof FobError) || error.code !== "unavailable") return error;
  // a server that has too much to do says so, and has done nothing
  if (error.hint !== undefined) return error;
  if (codesOf(error.cause).some((code) => NEVER_SENT.includes(code))) return error;
  return new FobError("unavailable", error.message, { cause: error, hint });
}

/** The codes of an error and of those that caused it. */
function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let one = error; one instanceof Error && codes.length < 8; ) {
    codes.push(String((one as NodeJS.ErrnoException).code ?? ""));
    one = one instanceof AggregateError ? one.errors[0] : one.cause;
  }
  return codes;
}
