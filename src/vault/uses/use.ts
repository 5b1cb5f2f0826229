/** A use of a token that the log keeps; the same one may have happened several times. */
export interface LoggedUse {
  /** The id and the name that the token had. */
  readonly token: { readonly id: string; readonly name: string };
  /** What the token was used for. */
  readonly purpose: "code" | "challenge";
  /** The program with its parents, as the question names them; null where it is not known. */
  readonly program: string | null;
  /** The label of the grant; null without one. */
  readonly grant: string | null;
  readonly isAllowed: boolean;
  /** Whether a person was asked. */
  readonly isAsked: boolean;
  /** How often, from the first to the last time. */
  readonly times: number;
  readonly first: Date;
  readonly last: Date;
}

const VERSION = 1;

/** A use as text of at most `limit` bytes: long names are cut. */
export function encodeUse(use: LoggedUse, limit: number): Buffer {
  const { token, purpose, program, grant, isAllowed, isAsked, times, first, last } = use;
  const encode = (longest: number) => {
    const cut = (text: string) =>
      text.length > longest ? `${[...text].slice(0, longest).join("")}…` : text;
    return Buffer.from(
      JSON.stringify({
        version: VERSION,
        ...{ id: token.id, name: cut(token.name), purpose },
        program: program === null ? null : cut(program),
        grant: grant === null ? null : cut(grant),
        ...{ allowed: isAllowed, asked: isAsked, times },
        ...{ first: first.getTime(), last: last.getTime() },
      }),
    );
  };
  for (let longest = limit; ; longest = Math.floor(longest / 2)) {
    const bytes = encode(longest);
    if (bytes.length <= limit || longest === 0) return bytes.subarray(0, limit);
  }
}

/** Reverses {@link encodeUse}; null for a use that a newer fob wrote. */
export function decodeUse(bytes: Buffer): LoggedUse | null {
  const json = JSON.parse(bytes.toString());
  if (json.version !== VERSION) return null;
  const { id, name, purpose, program, grant, allowed, asked, times, first, last } = json;
  return {
    token: { id, name },
    ...{ purpose, program, grant, times },
    isAllowed: allowed,
    isAsked: asked,
    first: new Date(first),
    last: new Date(last),
  };
}
