import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { delegate, type Means, NEEDS_APP_PIN } from "#agent/client/delegation.ts";
import { MAX_LINE } from "#agent/protocol/protocol.ts";
import { type Asking, DelegatedCommand } from "#agent/server/delegated-command.ts";
import { FobError } from "#base/fob-error.ts";
import { newVaultId } from "#vault/keys/header.ts";
import { newKey } from "#vault/keys/keys.ts";
import type { PinRequest } from "#vault/pins/pin-prompt.ts";
import { Vault } from "#vault/vault.ts";
import { served } from "../served.ts";

/** A person who answers, what was asked, and the signal that ends the process. */
function person({ sure = true, pin = "83517" } = {}) {
  const asked: unknown[] = [];
  const pins: Buffer[] = [];
  const signal: { act: (() => Promise<void>) | null } = { act: null };
  const means: Means = {
    prompt: {
      available: false,
      confirm: async (...question) => {
        asked.push(question);
        return sure;
      },
      text: async (...question) => {
        asked.push(question);
        return "a name";
      },
      pick: async (question, choices, instead) => {
        asked.push([question, choices.map(({ label }) => label), instead]);
        const last = choices.at(-1);
        if (!last) throw new Error("there is nothing to choose from");
        return last.value;
      },
    },
    pinPrompt: {
      interactive: true,
      release: async () => null,
      ask: async (request: PinRequest) => {
        asked.push(request);
        const bytes = Buffer.from(pin);
        pins.push(bytes);
        return bytes;
      },
    },
    readInput: async () => "input",
    whenEnding: (act) => {
      signal.act = act;
      return () => {
        signal.act = null;
      };
    },
  };
  return { means, asked, pins, signal };
}

/** An agent that carries one command out, `run`, for a client with these means. */
async function agent(run: (asking: Asking) => Promise<unknown>) {
  const home = mkdtempSync(join(tmpdir(), "fob-delegation-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const vault = new Vault({ home, vaultId: newVaultId() }, newKey(), false);
  const requests: object[] = [];
  const { connection, heard } = await served(vault, {
    clock: () => new Date(),
    carryOut: (request) => {
      requests.push(request);
      return new DelegatedCommand(async (asking) => {
        await null;
        return run(asking);
      }, request.interactive);
    },
  });
  return { connection, heard, requests };
}

describe("a command that is handed to an agent", () => {
  test("asks the person here whatever it asks, and brings its result", async () => {
    const { connection, requests } = await agent(async (asking) => ({
      isSure: await asking.confirm("sure?", "--yes"),
      name: await asking.text("name?", "NAME"),
      picked: await asking.pick(
        "which?",
        [
          { label: "A", value: 1n },
          { label: "B", value: 2n },
        ],
        "ID",
      ),
      input: await asking.readInput(),
      isInteractive: asking.pinPrompt.interactive,
      pin: String(await asking.pinPrompt.ask({ of: "vpn", role: "new", later: 2, refusal: null })),
      again: String(
        await asking.pinPrompt.ask({
          ...{ of: null, role: "current" },
          refusal: new FobError("denied", "wrong"),
        }),
      ),
    }));
    const { means, asked, pins } = person();
    expect(await delegate(connection, "remove", { name: "vpn" }, means)).toEqual({
      result: {
        ...{ isSure: true, name: "a name", picked: 2n, input: "input", isInteractive: true },
        ...{ pin: "83517", again: "83517" },
      },
    });
    expect(requests).toMatchObject([
      { name: "remove", input: { name: "vpn" }, interactive: true, canAsk: false },
    ]);
    expect(asked).toEqual([
      ["sure?", "--yes"],
      ["name?", "NAME"],
      ["which?", ["A", "B"], "ID"],
      { of: "vpn", role: "new", later: 2, refusal: null },
      expect.objectContaining({
        ...{ of: null, role: "current" },
        refusal: expect.objectContaining({ code: "denied", message: "wrong" }),
      }),
    ]);
    expect(pins.map((bytes) => bytes.every((byte) => byte === 0))).toEqual([true, true]);
  });

  test("is told of a no", async () => {
    const { connection } = await agent((asking) => asking.confirm("sure?", "--yes"));
    const { means } = person({ sure: false });
    expect(await delegate(connection, "remove", {}, means)).toEqual({ result: false });
  });

  test("hears why the person did not answer, and fails as it likes", async () => {
    const hints: unknown[] = [];
    const { connection } = await agent(async (asking) => {
      await asking.text("name?", "NAME").catch(({ code, message, hint, isSilent }: FobError) => {
        hints.push({ code, message, hint, isSilent });
      });
      throw new FobError("usage", "nothing was done", { hint: "try again" });
    });
    const { means } = person();
    const refusal = new FobError("locked", "nobody is there", { hint: "come" });
    const silent = { ...means, prompt: { ...means.prompt, text: () => Promise.reject(refusal) } };
    await expect(delegate(connection, "rename", {}, silent)).rejects.toMatchObject({
      ...{ code: "usage", message: "nothing was done", hint: "try again" },
    });
    expect(hints).toEqual([
      { code: "locked", message: "nobody is there", hint: "come", isSilent: false },
    ]);
  });

  test.each([
    ["the request is too long", { text: "x".repeat(MAX_LINE) }],
    // a key and quotes are part of the line
    ["the request is too long by its frame", { text: "x".repeat(MAX_LINE - 20) }],
  ])("is not the agent's where %s", async (_, { text }) => {
    const { connection, heard } = await agent(async () => "done");
    const input = { texts: text.match(/.{1,4096}/g) ?? [] };
    expect(await delegate(connection, "import", input, person().means)).toBeNull();
    expect(heard).toEqual([]);
  });

  test("of as many words as fit is the agent's", async () => {
    const { connection } = await agent(async () => "done");
    const texts = "x".repeat(MAX_LINE - 1_000).match(/.{1,4096}/g) ?? [];
    expect(await delegate(connection, "import", { texts }, person().means)).toEqual({
      result: "done",
    });
  });

  test.each([
    ["an agent does not carry out it", 'an agent does not carry out "later"'],
    ["an agent knows no commands", 'the request has a wrong "do"'],
  ])("is not the agent's where %s", async (_, message) => {
    const { connection } = await agent(async () => {
      throw new FobError("usage", message);
    });
    expect(await delegate(connection, "later", {}, person().means)).toBeNull();
  });

  test.each([
    ["another command", "usage", 'an agent does not carry out "other"'],
    ["another code", "invalid", 'the request has a wrong "do"'],
    ["another field", "usage", 'the request has a wrong "name"'],
  ] as const)("fails as the agent says where that is about %s", async (_, code, message) => {
    const { connection } = await agent(async () => {
      throw new FobError(code, message);
    });
    const delegated = delegate(connection, "later", {}, person().means);
    await expect(delegated).rejects.toMatchObject({ code, message });
  });

  test("is not the agent's where the app PIN must be given in the very call", async () => {
    const { connection } = await agent(async () => NEEDS_APP_PIN);
    expect(await delegate(connection, "show", {}, person().means)).toBeNull();
  });

  test.each([null, "needsAppPin", 7])("may bring %j", async (result) => {
    const { connection } = await agent(async () => result);
    expect(await delegate(connection, "show", {}, person().means)).toEqual({ result });
  });
});

describe("a signal while an agent works", () => {
  test("stops the command, and ends the process once it is known what came of it", async () => {
    let goOn: () => void = () => undefined;
    const { connection, heard } = await agent(async (asking) => {
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      asking.refuseStopped("nothing was done");
      return "done";
    });
    const { means, signal } = person();
    const delegated = delegate(connection, "enroll", {}, means);
    delegated.catch(() => undefined);
    await expect.poll(() => heard.length).toBe(1);
    let hasEnded = false;
    const ending = signal.act?.().then(() => {
      hasEnded = true;
    });
    await expect.poll(() => heard.length).toBe(2);
    expect(JSON.parse(heard[1] ?? "")).toEqual({
      ...{ do: "answer-refused", code: "interrupted", message: "interrupted" },
      ...{ hint: null, isSilent: true },
    });
    expect(hasEnded).toBe(false);
    goOn();
    await expect(delegated).rejects.toMatchObject({
      code: "interrupted",
      message: "nothing was done",
    });
    await ending;
    expect([hasEnded, signal.act]).toEqual([true, null]);
  });

  test("does not undo what was done before the agent heard of it", async () => {
    let goOn: () => void = () => undefined;
    const { connection, heard } = await agent(async () => {
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      return "done";
    });
    const { means, signal } = person();
    const delegated = delegate(connection, "enroll", {}, means);
    await expect.poll(() => heard.length).toBe(1);
    void signal.act?.();
    await expect.poll(() => heard.length).toBe(2);
    goOn();
    expect(await delegated).toEqual({ result: "done" });
  });

  test("that comes as the agent asks something is answered for the person, who is not asked", async () => {
    let goOn: () => void = () => undefined;
    const { connection, heard } = await agent(async (asking) => {
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      return asking.text("name?", "NAME");
    });
    const { means, asked, signal } = person();
    const delegated = delegate(connection, "enroll", {}, means);
    delegated.catch(() => undefined);
    await expect.poll(() => heard.length).toBe(1);
    // both are on their way: the question, and the signal
    goOn();
    void signal.act?.();
    await expect(delegated).rejects.toMatchObject({ code: "interrupted" });
    expect(asked).toEqual([]);
  });

  test("means nothing while the person is asked", async () => {
    const { connection } = await agent((asking) => asking.confirm("sure?", "--yes"));
    const { means, signal } = person();
    const acts: unknown[] = [];
    const looking = {
      ...means,
      prompt: {
        ...means.prompt,
        confirm: async () => {
          acts.push(signal.act);
          return true;
        },
      },
    };
    await delegate(connection, "remove", {}, looking);
    expect(acts).toEqual([null]);
  });
});
