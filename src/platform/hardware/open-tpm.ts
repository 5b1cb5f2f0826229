import { explainRefusal } from "./explain-refusal.ts";
import { Tpm } from "./tpm.ts";
import { findTpm } from "./tpm-place.ts";
import { TpmRefusal } from "./tpm-refusal.ts";
import { connect, type TpmLimits } from "./tpm-transport.ts";

/** How long one command may take: a firmware TPM needs half a second for a primary key. */
export const TPM_LIMITS: TpmLimits = { timeoutMs: 10_000 };

/**
 * Connects to the TPM, and leaves nothing in it afterwards. The connection is short, because
 * without a resource manager other processes wait for its end. Throws FobErrors only.
 */
export async function withTpm<T>(
  env: NodeJS.ProcessEnv,
  limits: TpmLimits,
  use: (tpm: Tpm) => Promise<T>,
): Promise<T> {
  const place = findTpm(env);
  const tpm = new Tpm(await connect(place, limits), limits);
  try {
    if (!place.isShared) await tpm.flushLeftovers();
    return await use(tpm);
  } catch (error) {
    throw error instanceof TpmRefusal ? await explainRefusal(error, tpm) : error;
  } finally {
    await closeQuietly(tpm);
  }
}

/** What could not be flushed is flushed by the next process that connects. */
async function closeQuietly(tpm: Tpm): Promise<void> {
  try {
    await tpm.close();
  } catch {
    // the result or the first error counts
  }
}
