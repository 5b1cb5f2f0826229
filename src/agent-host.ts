import { join, resolve } from "node:path";
import { AgentControl } from "./agent/control.ts";
import { encodeOrder } from "./agent/order.ts";
import { agentSocket, isOurSocket, makeSocketFolder } from "./platform/agent-socket.ts";
import { isRunning } from "./platform/processes.ts";
import { readHeader } from "./vault/header.ts";

/** The agent of the vault below `home` on this machine; `folder` has the built program that it runs. */
export function agentControl(folder: string, home: string): AgentControl {
  return new AgentControl(resolve(home), {
    socket: agentSocket(home, process.env, () => readHeader(home)?.id),
    isOurs: isOurSocket,
    makeFolder: makeSocketFolder,
    async startProcess(order, vaultKey) {
      const { startAgentProcess } = await import("./platform/agent-process.ts");
      return startAgentProcess(join(folder, "serve-agent.cjs"), encodeOrder(order, vaultKey));
    },
    isRunning,
    kill: ({ pid }) => process.kill(pid, "SIGKILL"),
  });
}
