/** The attribute type at the start of a part: a word, or numbers with dots (RFC 4514 section 3). */
const TYPE = /^\s*([A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*)\s*=(.*)$/s;

/**
 * The name in a distinguished name (`CN=Ann,O=ACME`, RFC 4514), or else its user id; any other text
 * as it is.
 */
export function commonName(user: string): string {
  const values = new Map<string, string>();
  let last = "";
  for (const { separator, part } of splitParts(user)) {
    const [, type, value = ""] = TYPE.exec(part) ?? [];
    if (type === undefined && separator === "") return user;
    // an unescaped comma belongs to the value before it
    if (type === undefined) values.set(last, `${values.get(last)}${separator}${part}`);
    else {
      last = values.has(type.toUpperCase()) ? `${values.size}` : type.toUpperCase();
      values.set(last, value);
    }
  }
  const name = values.get("CN")?.trim() || values.get("UID")?.trim() || "";
  return unescaped(name) || user;
}

/**
 * A text from which {@link commonName} reads this name: the name itself, unless it looks like a
 * distinguished name.
 */
export function nameAsUser(name: string): string {
  return commonName(name) === name ? name : `CN=${name.replace(/[\\",+;<=>#]/g, "\\$&")}`;
}

/** The parts between commas and pluses that are not escaped, each with what stands before it. */
function splitParts(text: string) {
  const parts: { readonly separator: string; readonly part: string }[] = [];
  let [start, separator] = [0, ""];
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? "";
    if (character === "\\") i++;
    else if (character === "," || character === "+") {
      parts.push({ separator, part: text.slice(start, i) });
      [start, separator] = [i + 1, character];
    }
  }
  return [...parts, { separator, part: text.slice(start) }];
}

/** Escapes are a character, or the two hexadecimal digits of a byte (RFC 4514 section 2.4). */
function unescaped(value: string): string {
  const bytes: Buffer[] = [];
  for (let i = 0; i < value.length; i++) {
    const hex = value.slice(i + 1, i + 3);
    if (value[i] !== "\\") {
      const end = value.indexOf("\\", i);
      const plain = value.slice(i, end < 0 ? value.length : end);
      bytes.push(Buffer.from(plain));
      i += plain.length - 1;
    } else if (/^[0-9A-Fa-f]{2}$/.test(hex)) {
      bytes.push(Buffer.from(hex, "hex"));
      i += 2;
    } else {
      const character = [...value.slice(i + 1, i + 3)][0] ?? "";
      bytes.push(Buffer.from(character));
      i += character.length;
    }
  }
  return Buffer.concat(bytes).toString("utf8");
}
