import {
  type CountedByDevice,
  type CountedToken,
  countedSecret,
  type SecondCounter,
} from "#sync/tokens/counted-token.ts";
import { whyOnOneDevice } from "#sync/tokens/shareable.ts";
import { ofOpenSecret } from "#vault/tokens/same-secret.ts";
import type { Vault } from "#vault/vault.ts";

/**
 * The tokens of this vault that may be on one device only, by id. What was `known` of a secret is
 * not read again: a secret never changes, and may be behind a PIN by now. Push tokens are left out:
 * each device has its own key.
 */
export function countedHere(
  vault: Vault,
  genesis: string,
  known: readonly CountedToken[] = [],
): readonly CountedToken[] {
  const secrets = new Map(known.map(({ token, secret }) => [token, secret]));
  return vault
    .entries()
    .filter((entry) => entry.credential.kind !== "push" && whyOnOneDevice(entry) !== null)
    .map(({ id, credential }) => ({
      token: id,
      secret:
        secrets.get(id) ??
        ofOpenSecret(vault, id, (secret) => countedSecret(secret, credential, genesis)),
    }))
    .sort((a, b) => (a.token < b.token ? -1 : 1));
}

/** The tokens of this vault with which another one of these devices counts, too. */
export function countedElsewhere(
  own: readonly CountedToken[],
  others: CountedByDevice,
  vault: Vault,
): readonly (SecondCounter & { readonly id: string })[] {
  const devices = new Map<string, string>();
  for (const [device, counted] of Object.entries(others)) {
    for (const { token, secret } of counted)
      for (const key of [token, secret]) if (key !== null) devices.set(key, device);
  }
  const names = new Map(vault.entries().map(({ id, name }) => [id, name]));
  return own.flatMap(({ token, secret }) => {
    const device = devices.get(token) ?? (secret === null ? undefined : devices.get(secret));
    return device === undefined ? [] : [{ id: token, name: names.get(token) ?? token, device }];
  });
}
