import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { AgentInbox } from "#agent/client/agent-inbox.ts";
import { connect } from "#agent/client/connection.ts";
import { LocalInbox } from "#push/inbox/local-inbox.ts";
import { Vault } from "#vault/vault.ts";
import { inboxBench, pins } from "../../push/inbox-bench.ts";
import { impersonate } from "../impostor.ts";
import { served } from "../served.ts";

const NOBODY = pins();
const APPROVE = { kind: "approve", choice: null } as const;
const DENY = { kind: "deny", isReport: false } as const;
const REPORT = { kind: "deny", isReport: true } as const;

/** An inbox of an agent whose vault has a token of a server of login requests. */
async function held() {
  const bench = await inboxBench();
  const { vault, services, newInbox, token } = bench;
  const {
    connection,
    server: agent,
    heard,
  } = await served(vault, {
    clock: services.now,
    newInbox: () => new LocalInbox(vault, services),
  });
  const opened: string[] = [];
  const inbox = new AgentInbox(connection, async () => {
    opened.push("here");
    const own = newInbox();
    const close = own.close.bind(own);
    own.close = () => {
      opened.push("closed");
      close();
    };
    return own;
  });
  const domain = (accessDomain: "00" | "02" | "FF") =>
    vault.amend(token.id, (before) => ({ ...before, accessDomain }));
  return { ...bench, inbox, connection, agent, heard, opened, domain };
}

describe("login requests of an agent's tokens", () => {
  test("are those of its tokens that a server can be asked for", async () => {
    const { inbox, token, guard } = await held();
    expect(await inbox.tokens()).toMatchObject([{ token: { id: token.id }, isGuarded: false }]);
    await guard("83517");
    expect(await inbox.tokens()).toMatchObject([{ isGuarded: true }]);
    expect(inbox.grantLabel).toBeNull();
  });

  test("are polled and answered, and remembered with their answer", async () => {
    const { inbox, server, token, heard } = await held();
    await inbox.open(token.id, NOBODY);
    for (const question of ["one", "two", "three"]) server.challenge({ question });
    const { requests } = await inbox.poll(token.id);
    expect(requests.map(({ question }) => question).sort()).toEqual(["one", "three", "two"]);
    const id = (question: string) => requests.find((one) => one.question === question)?.id ?? "";
    expect(await inbox.answer(id("one"), APPROVE, NOBODY)).toEqual({ isAccepted: true });
    expect(await inbox.answer(id("two"), DENY, NOBODY)).toEqual({ isAccepted: true });
    expect(await inbox.answer(id("three"), REPORT, NOBODY)).toEqual({
      isAccepted: true,
      message: "this server takes no reports: tell its administrator",
    });
    const remembered = await inbox.history(token.id);
    const answers = remembered.map(({ question, answer }) => [question, answer]);
    expect(new Map(answers as [string, object][])).toEqual(
      new Map<string, object>([
        ["one", APPROVE],
        ["two", DENY],
        ["three", REPORT],
      ]),
    );
    // nothing is opened for a token without a PIN
    expect(heard.filter((line) => line.includes('"push-list"'))).toHaveLength(1);
  });

  test("are approved with the choice that the person made", async () => {
    const { inbox, server, token } = await held();
    server.challenge({ options: "A,B,C" });
    const [request] = (await inbox.poll(token.id)).requests;
    expect(request?.options).toEqual(["A", "B", "C"]);
    await inbox.answer(request?.id ?? "", { kind: "approve", choice: "B" }, NOBODY);
    expect(server.answers).toMatchObject([{ presence_answer: "B" }]);
  });

  test("of a token with a PIN ask for it to be opened and for an approval, not for a denial", async () => {
    const { inbox, server, token, guard } = await held();
    await guard("83517");
    server.challenge();
    server.challenge();
    await expect(inbox.poll(token.id)).rejects.toMatchObject({ code: "locked" });
    const person = pins("83517");
    await inbox.open(token.id, person);
    const [first, second] = (await inbox.poll(token.id)).requests;
    expect(person.asked).toEqual(["current"]);
    await inbox.answer(first?.id ?? "", DENY, person);
    expect(person.asked).toHaveLength(1);
    await inbox.answer(second?.id ?? "", APPROVE, person);
    expect(person.asked).toHaveLength(2);
  });

  test("are denied all at once, those that it knows", async () => {
    const { inbox, server, token, heard } = await held();
    for (let i = 0; i < 101; i++) server.challenge({ question: String(i) });
    const ids = (await inbox.poll(token.id)).requests.map(({ id }) => id);
    const { denied, failures } = await inbox.denyAll([...ids, "unknown"], true);
    expect([[...denied].sort(), failures]).toEqual([ids.sort(), []]);
    const sent = heard
      .filter((line) => line.includes('"push-deny"'))
      .map((line) => JSON.parse(line));
    expect(sent.map(({ ids: some, report }) => [some.length, report])).toEqual([
      [50, true],
      [50, true],
      [1, true],
    ]);
    expect(sent.flatMap(({ ids: some }) => some)).not.toContain("unknown");
  });

  test("that have gone at the next poll are not the agent's any more", async () => {
    const { inbox, server, token, heard } = await held();
    server.challenge();
    const [gone] = (await inbox.poll(token.id)).requests;
    server.challenges = [];
    await inbox.poll(token.id);
    expect(await inbox.denyAll([gone?.id ?? ""], false)).toEqual({ denied: [], failures: [] });
    expect(heard.filter((line) => line.includes('"push-deny"'))).toEqual([]);
    await expect(inbox.answer(gone?.id ?? "", APPROVE, NOBODY)).rejects.toMatchObject({
      code: "not-found",
    });
  });

  test("of a token that needs a PIN in the very call come to the inbox that is opened here", async () => {
    const { inbox, token, opened, domain, heard } = await held();
    domain("02");
    for (let i = 0; i < 2; i++)
      await expect(inbox.open(token.id, NOBODY)).rejects.toMatchObject({ code: "locked" });
    expect(opened).toEqual(["here"]);
    await expect(inbox.poll(token.id)).rejects.toMatchObject({ code: "locked" });
    await expect(inbox.answer("unknown", APPROVE, NOBODY)).rejects.toThrow();
    expect(await inbox.denyAll(["unknown"], false)).toEqual({ denied: [], failures: [] });
    expect(heard.every((line) => line.includes('"look"'))).toBe(true);
    inbox.close();
    expect(opened).toEqual(["here", "closed"]);
  });

  test("of a token that needs a PIN in the very call are answered here, once that was given", async () => {
    const { vault, services, server, token, connection, domain, heard } = await held();
    domain("02");
    const given = new Vault(vault.layout, vault.vaultKey, true);
    const inbox = new AgentInbox(connection, async () => new LocalInbox(given, services));
    server.challenge();
    server.challenge();
    await inbox.open(token.id, NOBODY);
    const [first, second] = (await inbox.poll(token.id)).requests;
    expect(await inbox.answer(first?.id ?? "", APPROVE, NOBODY)).toEqual({ isAccepted: true });
    const { denied } = await inbox.denyAll([second?.id ?? ""], false);
    expect(denied).toEqual([second?.id]);
    expect(heard.every((line) => line.includes('"look"'))).toBe(true);
  });

  test("of a token that answers nobody are not opened", async () => {
    const { inbox, token, opened, domain } = await held();
    domain("FF");
    await expect(inbox.open(token.id, NOBODY)).rejects.toMatchObject({ code: "denied" });
    expect(opened).toEqual([]);
  });

  test("of all tokens without a PIN come at once, and one that fails is told with its name", async () => {
    const { server, store, connection } = await held();
    const ask = async (request: object) =>
      JSON.parse(await connection.ask(JSON.stringify(request)));
    store({ url: new URL("http://127.0.0.1:1/ttype/push") }, "Gone", "PIPU0009ABCD");
    server.challenge({ question: "one" });
    const { ok } = await ask({ do: "push-list" });
    expect(ok).toMatchObject({
      requests: [{ token: "ACME", question: "one", quick: true }],
      refusals: [expect.stringMatching(/^Gone: /)],
      clockOffsetSeconds: null,
    });
    expect(await ask({ do: "push-history", name: "nobody" })).toMatchObject({
      error: { code: "not-found" },
    });
  });

  test("of a token with a PIN come with its PIN, and not among those of all", async () => {
    const { server, connection, guard } = await held();
    const ask = async (request: object) =>
      JSON.parse(await connection.ask(JSON.stringify(request)));
    await guard("83517");
    server.challenge();
    expect(await ask({ do: "push-list" })).toMatchObject({ ok: { requests: [], refusals: [] } });
    const named = { do: "push-list", name: "ACME" };
    expect(await ask(named)).toMatchObject({ error: { code: "locked" } });
    expect(await ask({ ...named, pin: "83518" })).toMatchObject({ error: { code: "denied" } });
    expect((await ask({ ...named, pin: "83517" })).ok.requests).toHaveLength(1);
  });

  test("cannot be had from an agent that has gone: the vault is locked", async () => {
    const { inbox, connection, token } = await held();
    inbox.close();
    expect(connection.isOpen).toBe(false);
    await expect(inbox.poll(token.id)).rejects.toMatchObject({
      code: "locked",
      message: "the agent has gone, and the vault is locked",
      hint: "`fob unlock`",
    });
  });
});

test("a token whose requests two lines could not deny is told of once", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fob-agent-inbox-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const times = { receivedAt: "2026-01-01T00:00:00Z", expiresAt: "2026-01-01T00:02:00Z" };
  const requests = Array.from({ length: 60 }, (_, i) => ({ id: `r${i}`, options: [], ...times }));
  const failure = { token: "vpn", code: "unavailable", message: "no answer", hint: null };
  await impersonate(join(folder, "s"), (line) => {
    const { do: what, ids } = JSON.parse(line);
    const ok =
      what === "push-list"
        ? { requests, refusals: [], clockOffsetSeconds: null }
        : { denied: ids.slice(1), failures: [failure] };
    return JSON.stringify({ ok });
  });
  const connection = await connect(join(folder, "s"));
  if (!connection) throw new Error("nobody listens");
  const inbox = new AgentInbox(connection, async () => null);
  onTestFinished(() => inbox.close());
  const ids = (await inbox.poll("t")).requests.map(({ id }) => id);
  const { denied, failures } = await inbox.denyAll(ids, false);
  expect(denied).toEqual(ids.filter((id) => id !== "r0" && id !== "r50"));
  expect(failures).toMatchObject([{ token: "vpn", error: { message: "no answer" } }]);
});
