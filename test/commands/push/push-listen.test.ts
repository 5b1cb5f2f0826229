import { expect, test } from "vitest";
import { type PushListenContext, pushListen } from "#commands/push/push-listen.ts";
import { inboxBench, pins } from "../../push/inbox-bench.ts";

test.each([
  ["no list", 200, "<html>", "unavailable"],
  ["a list of nonsense", 200, '{"result":{"status":true,"value":[42]}}', "unavailable"],
  ["a refusal", 403, '{"result":{"status":false}}', "rejected"],
])(
  "--once says in the end that no request came because its server sends %s",
  async (_, status, body, code) => {
    const { server, inbox, services } = await inboxBench();
    server.intercept = (_, response) => response.writeHead(status).end(body).writableEnded;
    const unused = () => {
      throw new Error("nothing is asked for here");
    };
    const context: PushListenContext = {
      ...{ isJson: true, isTerminal: false, clock: services.now, pinPrompt: pins() },
      findPush: async () => inbox,
      findTokens: async () => null,
      complain: unused,
      openScreen: async () => null,
      tell: () => undefined,
      settings: { choose: (key: string) => (key === "push.notify" ? false : 0) } as never,
      notifier: { describe: unused, tell: unused, ask: unused },
      askProgram: unused,
      // nobody reads on after the first event, which ends the listening as its time does
      emit: async () => false,
    };
    const input = {
      once: true,
      timeout: "777",
      exec: undefined,
      notify: false,
      poll: undefined,
    };
    await expect(pushListen.run(input, context)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/^no login request came in 777 s: 127\.0\.0\.1:/),
    });
  },
);
