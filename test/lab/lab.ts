import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type AuditEntry, readEvents } from "#lab/audit-log.ts";
import type { Lab } from "#lab/lab.ts";
import { LabStore } from "#lab/lab-store.ts";
import { hashPassword } from "#lab/password.ts";
import { serveLab } from "#lab/serve-lab.ts";

/** Making a key takes longer than most tests. */
const SERVER_KEY = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;

/** A lab that serves on a port of its own, at a time that the test sets. */
export interface TestLab extends Lab {
  readonly url: string;
  readonly home: string;
  /** Lets time pass. */
  pass(seconds: number): void;
  addUser(name: string, password?: string): Promise<void>;
  get(path: string): Promise<Response>;
  post(path: string, form: Readonly<Record<string, string>>): Promise<Response>;
  /** The audit log, newest last. */
  log(): AuditEntry[];
}

/** A new lab with a user ann, whose clock stands until it is moved; it ends after the test. */
export async function testLab({ isOld = false } = {}): Promise<TestLab> {
  const home = mkdtempSync(join(tmpdir(), "fob-lab-"));
  const store = new LabStore(home);
  for (const name of ["server-key", "dskpp-key"]) {
    store.once(name, () => SERVER_KEY.export({ format: "der", type: "pkcs8" }));
  }
  let now = Date.now();
  const lab: Lab = { store, isOld, clock: () => new Date(now) };
  const server = await serveLab(lab, { host: "127.0.0.1", port: 0 });
  onTestFinished(async () => {
    await server.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  });
  const testing: TestLab = {
    ...lab,
    url: server.url,
    home,
    pass: (seconds) => {
      now += seconds * 1000;
    },
    async addUser(name, password) {
      const hash = password === undefined ? null : await hashPassword(Buffer.from(password));
      store.addUser({ name, password: hash, failures: 0, createdAt: Date.now() });
    },
    get: (path) => fetch(`${server.url}${path}`),
    post: (path, form) =>
      fetch(`${server.url}${path}`, { method: "POST", body: new URLSearchParams(form) }),
    log: () => readEvents(store.folder, 1_000),
  };
  await testing.addUser("ann");
  return testing;
}

/** What privacyIDEA's API answers, as far as tests look at it. */
export interface ApiReply {
  readonly result: {
    readonly status: boolean;
    readonly value?: unknown;
    readonly authentication?: string;
    readonly error?: { readonly message: string };
  };
  readonly detail: { readonly [name: string]: unknown } | null;
}

/** The reply's JSON. */
export async function api(response: Promise<Response>): Promise<ApiReply> {
  return (await (await response).json()) as ApiReply;
}
