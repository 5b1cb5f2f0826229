import { expect, test } from "vitest";
import type { ClientHandler } from "#agent/server/conversation.ts";
import { type WaitingServices, waitingClient } from "#agent/server/waiting-answers.ts";
import { FobError } from "#base/fob-error.ts";
import { until } from "../../waiting.ts";

/** A service whose vault a person opens, unless they refuse; and what its agent was asked. */
function service({ needsPerson = true, refuses = false } = {}) {
  const asked: string[] = [];
  let isOpen = false;
  let opened = 0;
  const agent: ClientHandler = {
    answer: (line) => {
      asked.push(line);
      return `agent: ${line}`;
    },
    leave: () => void asked.push("left"),
  };
  const services: WaitingServices = {
    vault: () => "0123",
    needsPerson: () => needsPerson,
    async open() {
      opened++;
      if (refuses) throw new FobError("denied", "the question was cancelled");
      isOpen = true;
    },
    async hold(sealed) {
      if (sealed !== "sealed") throw new FobError("denied", "no");
      isOpen = true;
      return '{"pid":1}';
    },
    newAgentClient: () => (isOpen ? agent : null),
  };
  return { services, asked, opened: () => opened };
}

test("what needs no vault is answered without it", async () => {
  const { services, opened } = service();
  const { answer } = waitingClient(services);
  expect(await answer("waiting")).toBe("ok waiting");
  expect(await answer("#a lock")).toBe("#a ok locked");
  expect(await answer("status")).toBe("error locked the vault is locked");
  expect(await answer("prove x")).toBe("error locked the vault is locked");
  expect(opened()).toBe(0);
});

test.each(["code vpn", "#7 list", '{"do":"list"}'])(
  "%s opens it, and the agent answers",
  async (line) => {
    const { services, asked, opened } = service();
    const { answer, leave } = waitingClient(services);
    expect(await answer(line)).toBe(`agent: ${line}`);
    expect(await answer("status")).toBe("agent: status");
    leave();
    expect(asked).toEqual([line, "status", "left"]);
    expect(opened()).toBe(1);
  },
);

test("a refusal is said in the form of the request, and the next one asks again", async () => {
  const { services, opened } = service({ refuses: true });
  const { answer } = waitingClient(services);
  expect(await answer("#7 code vpn")).toBe("#7 error denied the question was cancelled");
  expect(JSON.parse(await answer('{"do":"list"}'))).toMatchObject({ error: { code: "denied" } });
  expect(opened()).toBe(2);
});

test("what opens it is told that its client has gone, and not that it has ended its side", async () => {
  const { services } = service();
  const gone: AbortSignal[] = [];
  const open = (signal: AbortSignal) =>
    new Promise<void>((_, reject) => {
      gone.push(signal);
      signal.addEventListener("abort", () => reject(new FobError("interrupted", "gone")));
    });
  const client = waitingClient({ ...services, open });
  const answer = client.answer("code vpn");
  client.leave();
  await until("the opening", () => gone.length > 0);
  expect(gone.map(({ aborted }) => aborted)).toEqual([false]);
  client.disconnect?.();
  expect(await answer).toBe("error interrupted gone");
});

test("a client that asks its person itself is told that the vault is locked", async () => {
  const { services, asked, opened } = service();
  const { answer } = waitingClient(services);
  expect(await answer("vault 0123")).toBe("ok 0123");
  expect(await answer("code vpn")).toBe("error locked the vault is locked");
  expect(opened()).toBe(0);
  // the agent has to know that, too
  expect(await waitingClient(services).answer("hold sealed")).toBe('ok {"pid":1}');
  expect(await answer("code vpn")).toBe("agent: code vpn");
  expect(asked).toEqual(["vault 0123", "code vpn"]);
  const free = service({ needsPerson: false });
  const client = waitingClient(free.services);
  await client.answer("vault 0123");
  expect(await client.answer("code vpn")).toBe("agent: code vpn");
});

test("a client that means another vault gets nothing, and cannot mean the right one afterwards", async () => {
  const { services, opened } = service();
  const { answer } = waitingClient(services);
  const refusal = "error unavailable this agent holds another vault";
  expect(await answer("vault 4567")).toBe(refusal);
  for (const line of ["code vpn", "hold sealed", "vault 0123", "code vpn"])
    expect(await answer(line)).toBe(refusal);
  expect(opened()).toBe(0);
});

test("what was sealed for another service opens nothing", async () => {
  const { services } = service();
  expect(await waitingClient(services).answer("hold else")).toBe("error denied no");
});
