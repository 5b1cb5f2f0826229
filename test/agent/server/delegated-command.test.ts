import { describe, expect, test } from "vitest";
import { type Asking, DelegatedCommand } from "#agent/server/delegated-command.ts";
import { FobError } from "#base/fob-error.ts";

/** Like the commands of an agent, which are loaded first. */
const start = (run: (asking: Asking) => Promise<unknown>) =>
  new DelegatedCommand(async (asking) => {
    await null;
    return run(asking);
  }, false);

describe("a command that an agent carries out", () => {
  test("asks one thing after the other, and tells what came of it", async () => {
    const command = start(async (asking) => {
      const isSure = await asking.confirm("sure?", "--yes");
      const name = await asking.text("name?", "NAME");
      const choices = [
        { label: "A", value: 1n },
        { label: "B", value: 2n },
      ];
      const picked = await asking.pick("which?", choices, "ID");
      const input = await asking.readInput();
      const pin = await asking.pinPrompt.ask({
        ...{ of: "vpn", role: "current", later: 2 },
        refusal: new FobError("denied", "wrong"),
      });
      return { isSure, name, picked, input, pin: pin.toString() };
    });
    expect(await command.start()).toEqual({
      question: { ask: "confirm", question: "sure?", instead: "--yes" },
    });
    expect(await command.answer(true)).toEqual({
      question: { ask: "text", question: "name?", instead: "NAME" },
    });
    expect(await command.answer("vpn")).toEqual({
      question: { ask: "pick", question: "which?", labels: ["A", "B"], instead: "ID" },
    });
    expect(await command.answer("B")).toEqual({ question: { ask: "input" } });
    expect(await command.answer("text")).toMatchObject({
      question: {
        ...{ ask: "pin", of: "vpn", role: "current", later: 2 },
        refusal: { code: "denied", message: "wrong" },
      },
    });
    expect(await command.answer("83517")).toEqual({
      result: { isSure: true, name: "vpn", picked: { $number: "2" }, input: "text", pin: "83517" },
    });
  });

  test("takes nothing but true for a yes", async () => {
    const command = start((asking) => asking.confirm("sure?", "--yes"));
    await command.start();
    expect(await command.answer("true")).toEqual({ result: false });
  });

  test("takes no choice that it did not offer", async () => {
    const command = start((asking) => asking.pick("?", [{ label: "A", value: 1 }], ""));
    await command.start();
    await expect(command.answer("B")).rejects.toMatchObject({ code: "usage" });
  });

  test("takes no answer that it did not ask for, and each once", async () => {
    const command = start(async (asking) => {
      await asking.text("?", "");
      await new Promise(() => undefined);
    });
    await command.start();
    void command.answer("one");
    expect(() => command.answer("two")).toThrow("nothing was asked");
  });

  test("hears why the person did not answer", async () => {
    const command = start((asking) => asking.text("?", ""));
    await command.start();
    const refusal = new FobError("locked", "nobody is there");
    await expect(command.answer(refusal)).rejects.toBe(refusal);
  });

  test.each(["an interrupted answer", "a client that has gone"])(
    "is stopped by %s: it asks nothing more, and its next step is refused",
    async (by) => {
      let goOn: () => void = () => undefined;
      const asked: string[] = [];
      const command = start(async (asking) => {
        asking.refuseStopped("not yet");
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        await asking.text("?", "").catch((error) => asked.push(error.code));
        asking.refuseStopped("nothing was done");
      });
      const first = command.start();
      await new Promise(setImmediate);
      const stopped =
        by === "a client that has gone"
          ? command.stop()
          : command.answer(new FobError("interrupted", "interrupted"));
      goOn();
      const refused = { code: "interrupted", message: "nothing was done" };
      await expect(first).rejects.toMatchObject(refused);
      if (stopped) await expect(stopped).rejects.toMatchObject(refused);
      expect(asked).toEqual(["interrupted"]);
    },
  );

  test("whose client goes while it waits for an answer ends", async () => {
    const command = start((asking) => asking.text("?", ""));
    await command.start();
    command.stop();
    expect(() => command.answer(new FobError("interrupted", "x"))).not.toThrow();
    await expect(command.answer("late")).rejects.toMatchObject({ code: "interrupted" });
  });
});
