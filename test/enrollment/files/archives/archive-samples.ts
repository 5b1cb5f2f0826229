import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deflateRawSync, crc32 as zlibCrc32 } from "node:zlib";
import { SAMPLES, type Sample, STEAM } from "../samples.ts";

/** The password of all archives. */
export const PASSWORD = "correct horse";

/** Where an archive is that a stranger's program made: `7zz` (AES) or `zip` (the others). */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

/** An archive that a stranger's program made. */
export function fixture(name: string): Buffer {
  return readFileSync(fixturePath(name));
}

/** A file of an archive, and the size that the archive says it has; else the right one. */
export interface Packed {
  readonly name: string;
  readonly content: Buffer;
  readonly size?: number;
}

/** A zip archive, written after its specification (APPNOTE.TXT sections 4.3.7 to 4.3.16). */
export function zip(files: readonly Packed[]): Buffer {
  let offset = 0;
  const parts = files.map(({ name, content, size = content.length }) => {
    const data = deflateRawSync(content);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(zlibCrc32(content), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(size, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields, Buffer.from(name), data]);
    const end = Buffer.alloc(14);
    end.writeUInt32LE(offset, 10);
    const made = Buffer.from([20, 0]);
    offset += local.length;
    return {
      local,
      central: Buffer.concat([Buffer.from("PK\x01\x02"), made, fields, end, Buffer.from(name)]),
    };
  });
  const directory = Buffer.concat(parts.map(({ central }) => central));
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([
    ...parts.map(({ local }) => local),
    directory,
    Buffer.from("PK\x05\x06"),
    end,
  ]);
}

const DETAILS = { notesPlain: "", passwordHistory: [], documentAttributes: null };

function itemOf({ issuer, account, secret, credential }: Sample) {
  if (credential.kind !== "totp" && credential.kind !== "hotp") throw new Error("no app has these");
  const parameters = new URLSearchParams({
    ...{ secret, issuer, algorithm: credential.algorithm, digits: String(credential.digits) },
    ...(credential.kind === "totp"
      ? { period: String(credential.period) }
      : { counter: String(credential.counter) }),
    ...(credential.alphabet === "steam" && { encoder: "steam" }),
  });
  const totp = `otpauth://${credential.kind}/${encodeURIComponent(issuer)}:${encodeURIComponent(account)}?${parameters}`;
  return {
    ...{ uuid: issuer, favIndex: 0, trashed: false, categoryUuid: "001" },
    details: {
      loginFields: [
        { value: account, id: "", name: "user", fieldType: "T", designation: "username" },
        { value: "a password", id: "", name: "p", fieldType: "P", designation: "password" },
      ],
      sections: [
        { title: "", name: "", fields: [{ title: "note", value: { string: "tea" } }] },
        { title: "", name: "", fields: [{ title: "one-time password", value: { totp } }] },
      ],
      ...DETAILS,
    },
    overview: { title: issuer, url: "", tags: ["work"] },
  };
}

const noToken = {
  ...{ uuid: "x", trashed: false },
  details: { loginFields: [], sections: [], ...DETAILS },
  overview: { title: "A note" },
};
const thrownAway = { ...itemOf(STEAM), trashed: true };
const [first, ...others] = [...SAMPLES, STEAM].map(itemOf);

/** `export.data` of 1Password. */
export const onePassword = JSON.stringify({
  accounts: [
    {
      attrs: { accountName: "Ann", email: "ann@acme.test" },
      vaults: [
        { attrs: { name: "Private" }, items: [first, noToken, thrownAway] },
        // as early versions wrote them
        { attrs: { name: "Work" }, items: others.map((item) => ({ item })) },
      ],
    },
  ],
});
