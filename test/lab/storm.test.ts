import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { HOTP, Secret } from "otpauth";
import { expect, onTestFinished, test } from "vitest";
import { issuePasscodes, issuePush, issueTiqr } from "#lab/issue.ts";
import type { Lab } from "#lab/lab.ts";
import { LabStore } from "#lab/lab-store.ts";
import { openTransaction } from "#lab/transaction.ts";
import { FOB } from "../e2e/fob.ts";
import { PUBLIC_KEY, signedByDevice } from "./push-device.ts";

const ROUNDS = 5;
const PASSCODES = 6;
const PUSH_ORDER = {
  url: "http://127.0.0.1",
  ttlMinutes: 5,
  wantsPin: false,
  isOld: false,
} as const;

/** A lab on disk, with a user who is never locked out for long. */
function newLab(): Lab & { readonly home: string } {
  const home = mkdtempSync(join(tmpdir(), "fob-storm-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
  const store = new LabStore(home);
  store.addUser({ name: "ann", password: null, failures: 0, createdAt: 0 });
  return { home, store, isOld: false, clock: () => new Date() };
}

/** A server in a process of its own, which the test may kill at any moment. */
async function startServer(home: string) {
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, [FOB, "lab", "serve", "--port", "0", "--for", "5m"], {
    env: { PATH, FOB_HOME: home },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const end = once(child, "exit");
  const kill = async () => {
    child.kill("SIGKILL");
    await end;
  };
  return { url: line, kill };
}

/** The reply to a form, or null when the server died over it. */
async function post(url: string, form: Readonly<Record<string, string>>): Promise<string | null> {
  try {
    return await (await fetch(url, { method: "POST", body: new URLSearchParams(form) })).text();
  } catch {
    return null;
  }
}

test("two servers that are killed again and again accept nothing twice and lose nothing that they accepted", async () => {
  const lab = newLab();
  const { text } = issuePasscodes(
    lab,
    { user: "ann", pin: null },
    { kind: "hotp", algorithm: "SHA1", digits: 8 },
  );
  const secret = Secret.fromBase32(new URL(text).searchParams.get("secret") ?? "");
  const device = issuePush(lab, { user: "bob", pin: null }, PUSH_ORDER);
  const { serial } = device.token;
  lab.store.decide(serial, (token) => {
    if (token.kind !== "push") throw new Error("a push token was issued");
    return [
      { ...token, device: { state: "enrolled", publicKey: Buffer.from(PUBLIC_KEY, "base64") } },
      null,
    ];
  });
  const yes = new Map<string, number>();
  const used = new Set<number>();
  for (let round = 0; round < ROUNDS; round++) {
    const servers = await Promise.all([startServer(lab.home), startServer(lab.home)]);
    const push = issuePush(lab, { user: "ann", pin: null }, PUSH_ORDER);
    const tiqr = issueTiqr(
      lab,
      { user: "ann", pin: null },
      { ...PUSH_ORDER, suite: "OCRA-1:HOTP-SHA1-6:QN10" },
    );
    const [asked] =
      openTransaction(lab, [device.token], { title: "t", question: "q", mode: "plain" })?.asked ??
      [];
    if (asked?.kind !== "push") throw new Error("the device was not asked");
    const { nonce } = asked.challenge;
    const approval = { serial, nonce, signature: signedByDevice(`${nonce}|${serial}`) };
    const credential = new URL(push.text).searchParams.get("enrollment_credential") ?? "";
    const enrollment = {
      serial: push.token.serial,
      enrollment_credential: credential,
      pubkey: PUBLIC_KEY,
      fbtoken: "none",
    };
    const registration = { secret: "00".repeat(20), operation: "register" };
    const { search } = new URL(tiqr.text.slice("tiqrenroll://".length));
    const due = hotpCounter(lab.store);
    const counters = [...used, ...Array.from({ length: PASSCODES }, (_, at) => due + at)];

    const storm = servers.map(async ({ url, kill }, i) => {
      let answers = 0;
      const ask = async (
        path: string,
        form: Readonly<Record<string, string>>,
        isYes: (reply: string) => boolean,
        what: string,
      ) => {
        const reply = await post(`${url}${path}`, form);
        if (reply !== null && isYes(reply)) yes.set(what, (yes.get(what) ?? 0) + 1);
        // the one is killed early in the storm, the other late, at another moment in every round
        if (reply !== null && ++answers === 1 + round + 5 * i) kill();
      };
      await Promise.all([
        ...counters.map((counter) => {
          used.add(counter);
          const pass = HOTP.generate({ secret, counter, digits: 8 });
          lab.store.updateUser("ann", (user) => ({ ...user, failures: 0 }));
          return ask(
            "/validate/check",
            { user: "ann", pass },
            (reply) => reply.includes("ACCEPT"),
            `counter ${counter}`,
          );
        }),
        ask("/ttype/push", enrollment, (reply) => reply.includes("public_key"), `push ${round}`),
        ask(
          "/ttype/push",
          approval,
          (reply) => reply.includes('"value":true'),
          `approval ${round}`,
        ),
        ask(
          `/ttype/tiqr${search.replace("metadata", "enrollment")}`,
          registration,
          (reply) => reply === "OK",
          `tiqr ${round}`,
        ),
      ]);
      await kill();
    });
    await Promise.all(storm);
    lab.store.updateUser("ann", (user) => ({ ...user, failures: 0 }));
  }

  expect([...yes].filter(([, times]) => times > 1)).toEqual([]);
  expect(yes.size).toBeGreaterThan(ROUNDS);
  const accepted = [...yes.keys()]
    .flatMap((what) => /^counter (\d+)$/.exec(what)?.[1] ?? [])
    .map(Number);
  const store = new LabStore(lab.home);
  expect(hotpCounter(store)).toBeGreaterThan(Math.max(...accepted));
  const devices = store
    .tokensOf("ann")
    .filter((token) => "device" in token && token.device.state === "enrolled");
  const promised = [...yes.keys()].filter((what) => /^(?:push|tiqr)/.test(what));
  expect(devices.length).toBeGreaterThanOrEqual(promised.length);
});

function hotpCounter(store: LabStore): number {
  const token = store.tokensOf("ann").find(({ kind }) => kind === "hotp");
  return token?.kind === "hotp" ? token.counter : Number.NaN;
}
