import { beforeAll, expect, onTestFinished, test } from "vitest";
import { type Client, connectTo } from "../agent/agent.ts";
import { EMULATOR, type Emulator, startForAll } from "../platform/hardware/emulator.ts";
import { describeWith } from "../requires.ts";
import { RFC_CODES, RFC_SECRET, type TestHome, testHome } from "./fob.ts";

const HELD = ["--hold", "tpm", "--counter", "tpm"];
const APP_PIN = "94628";
const PIN = "83517";
const CHALLENGE = "12345678";

let emulator: Emulator;

/** The enrollment of an event-based token with the RFC's secret. */
function uri(name: string, kind = "hotp", more = ""): string {
  return `otpauth://${kind}/${name}:ann?secret=${RFC_SECRET}&issuer=${name}&counter=0${more}`;
}

/** An agent of a vault with an app PIN whose tokens the TPM holds, as a script speaks to it. */
async function agentOf({ fob }: TestHome): Promise<Client> {
  const env = { ...emulator.env, FOB_PIN: APP_PIN };
  await fob(["pin", "set"], { env });
  const { socket } = JSON.parse((await fob(["unlock", "--json"], { env })).stdout);
  onTestFinished(async () => void (await fob(["lock"])));
  const agent = await connectTo(socket);
  onTestFinished(() => void agent.socket.destroy());
  return agent;
}

describeWith(EMULATOR, "an agent for tokens that the TPM holds", () => {
  beforeAll(async () => {
    const started = await startForAll();
    emulator = started.emulator;
    return started.end;
  });

  test("answers lines and JSON, and takes the PIN of a token, which the chip checks", async () => {
    const home = testHome();
    const { fob } = home;
    const { env } = emulator;
    const suite = "&suite=OCRA-1%3AHOTP-SHA256-8%3AQN08";
    await fob(["enroll", ...HELD, "-"], { input: `${uri("ACME")}\n${uri("Bank")}`, env });
    await fob(["enroll", "--hold", "tpm", "-"], { input: uri("Ocra", "ocra", suite), env });
    await fob(["pin", "set", "Bank"], { env: { ...env, FOB_PIN: PIN } });
    const own = testHome();
    await own.fob(["enroll", "-"], { input: uri("Ocra", "ocra", suite) });
    const response = (await own.fob(["challenge", "Ocra", CHALLENGE])).stdout.trim();

    const agent = await agentOf(home);
    const ask = async (request: object) => JSON.parse(await agent.ask(JSON.stringify(request)));
    const code = (name: string, pin?: string) => ask({ do: "code", name, pin });
    const given = (name: string, counter: number) => ({
      ok: { name, kind: "hotp", code: RFC_CODES[counter], counter },
    });

    expect(await agent.ask("code ACME")).toBe(`ok ${RFC_CODES[0]}`);
    expect(await code("ACME")).toEqual(given("ACME", 1));
    expect(await agent.ask(`challenge Ocra ${CHALLENGE}`)).toBe(`ok ${response}`);

    expect(await agent.ask("code Bank")).toMatch(/^error locked /);
    expect(await code("Bank")).toMatchObject({ error: { code: "locked" } });
    const wrong = await code("Bank", "83511");
    expect(wrong).toMatchObject({ error: { code: "denied" } });
    expect(wrong.error.message).toContain("9 attempts left");
    expect(await code("Bank", PIN)).toEqual(given("Bank", 0));
    expect(await code("Bank", PIN)).toEqual(given("Bank", 1));
    // a PIN counts for its own request
    expect(await code("Bank")).toMatchObject({ error: { code: "locked" } });

    const atOnce = await Promise.all([2, 3, 4].map(() => agent.ask("code ACME")));
    expect(atOnce).toEqual([2, 3, 4].map((counter) => `ok ${RFC_CODES[counter]}`));
    const resynced = await fob(["resync", "ACME", ...RFC_CODES.slice(6, 8), "--json"]);
    expect(resynced).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(resynced.stdout)).toEqual({ name: "ACME", counter: 8 });
    emulator.stop();
    expect(await agent.ask("code ACME")).toMatch(/^error unavailable /);
    await emulator.start();
    expect(await agent.ask("code ACME")).toBe(`ok ${RFC_CODES[8]}`);
  });
});
