import { spawn } from "node:child_process";

/** An X server without a screen of its own. */
export interface XDisplay {
  /** For DISPLAY. */
  readonly name: string;
  stop(): void;
}

/** Starts one, which picks a free number by itself and says it when it is ready. */
export async function startDisplay(): Promise<XDisplay> {
  const server = spawn(
    "Xvfb",
    ["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"],
    {
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  const number = await new Promise<string>((resolve, reject) => {
    server.once("error", reject);
    server.once("exit", () => reject(new Error("Xvfb ended")));
    server.stdout.once("data", (output: Buffer) => resolve(output.toString().trim()));
  });
  return { name: `:${number}`, stop: () => void server.kill() };
}
