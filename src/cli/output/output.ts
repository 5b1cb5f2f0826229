import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/**
 * Writes to standard output; false when the reader has closed the pipe, which is not an error (`fob
 * list | head -1`). Throws FobError `unavailable` when writing fails.
 */
export function write(stream: NodeJS.WriteStream, text: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (!error) resolve(true);
      else if (isReaderGone(error)) resolve(false);
      else reject(outputFailure(error));
    });
  });
}

/** Describes a failure of writing to standard output as FobError `unavailable`. */
export function outputFailure({ message }: Error): FobError {
  return new FobError("unavailable", t`cannot write to standard output: ${message}`);
}

function isReaderGone(error: NodeJS.ErrnoException): boolean {
  return error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED";
}
