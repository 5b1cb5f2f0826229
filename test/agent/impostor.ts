import { createServer } from "node:net";
import { onTestFinished } from "vitest";

/** A stranger's program at an agent's address. */
export interface Impostor {
  /** All lines that it was sent. */
  readonly heard: string[];
}

/**
 * Listens at `path` until the test ends, and answers each line by `reply`; with null it says
 * nothing.
 */
export async function impersonate(
  path: string,
  reply: (line: string) => string | null,
): Promise<Impostor> {
  const heard: string[] = [];
  const server = createServer((client) => {
    let pending = "";
    client.on("error", () => client.destroy());
    client.on("data", (bytes) => {
      const lines = (pending + bytes).split("\n");
      pending = lines.pop() ?? "";
      for (const line of lines) {
        heard.push(line);
        // a tag comes back in front of the answer
        const tag = line.startsWith("#") ? line.slice(0, line.indexOf(" ") + 1) : "";
        const answer = reply(line.slice(tag.length));
        if (answer !== null) client.write(`${tag}${answer}\n`);
      }
    });
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
  onTestFinished(() => void server.close());
  return { heard };
}
