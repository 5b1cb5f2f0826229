import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { type FileContent, readAppFile } from "#enrollment/files/read-file.ts";
import type { OtpCredential } from "#token/credential.ts";

/** The secret of RFC 4226 and RFC 6238 in each form that apps write. */
export const RFC = {
  bytes: Buffer.from("12345678901234567890"),
  base32: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
  hex: "3132333435363738393031323334353637383930",
  base64: "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=",
} as const;

/** How a file is read: with null for the password, asking for it is the outcome. */
interface Reading {
  readonly name?: string;
  readonly password?: string | null;
  readonly keyFile?: Buffer | undefined;
}

/**
 * What is in a file, which is read as `fob import` reads it. Holds that no password is left in
 * memory, whatever comes of the reading.
 */
export async function readText(
  content: string | Buffer,
  { name = "export.file", password = "correct horse", keyFile }: Reading = {},
): Promise<FileContent> {
  const typed: Buffer[] = [];
  try {
    return await readAppFile(Buffer.from(content), name, {
      askSecret: async () => {
        if (password === null) throw new Error("asked for the password");
        typed.push(Buffer.from(password));
        return typed.at(-1) ?? Buffer.of();
      },
      ...(keyFile && { keyFile }),
      readQrCodes: async () => [],
    });
  } finally {
    expect(typed.every((secret) => secret.every((byte) => byte === 0))).toBe(true);
  }
}

/** A file of test/cases, which some program wrote. */
export function caseFile(name: string): Buffer {
  return readFileSync(new URL(`../../cases/files/${name}`, import.meta.url));
}

/** A time-based token, with whatever is not usual about it. */
export function timeBased(parts: Partial<Extract<OtpCredential, { kind: "totp" }>> = {}) {
  const usual = { algorithm: "SHA1", digits: 6, alphabet: "decimal", period: 30, t0: 0 } as const;
  return { kind: "totp", ...usual, ...parts } as const;
}

/** An event-based token, with whatever is not usual about it. */
export function eventBased(parts: Partial<Extract<OtpCredential, { kind: "hotp" }>> = {}) {
  const usual = { algorithm: "SHA1", digits: 6, alphabet: "decimal", counter: 0n } as const;
  return { kind: "hotp", ...usual, ...parts } as const;
}

export const STEAM = timeBased({ digits: 5, alphabet: "steam" });

/** A token of the file; without another secret it has that of the RFCs. */
export interface Wanted {
  readonly issuer: string | null;
  readonly account: string | null;
  readonly serial?: string | null;
  readonly credential: OtpCredential;
  readonly secret?: Buffer;
}

/** Holds that a file gives these tokens and nothing else. */
export async function expectTokens(
  text: string,
  format: string,
  wanted: readonly Wanted[],
): Promise<FileContent> {
  const content = await readText(text);
  expect(content.refusals).toEqual([]);
  expect(
    content.drafts.map(({ issuer, account, serial, credential, secret, format: id }) => ({
      ...{ issuer, account, serial, credential, format: id },
      secret: Buffer.from(secret).toString("hex"),
    })),
  ).toEqual(
    wanted.map(({ secret = RFC.bytes, serial = null, ...token }) => ({
      ...{ ...token, serial, format },
      secret: secret.toString("hex"),
    })),
  );
  return content;
}
