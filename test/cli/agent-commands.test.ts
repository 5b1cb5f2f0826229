import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { connectTo } from "../agent/agent.ts";
import { describeWith } from "../requires.ts";
import { HOTP_URI, RFC_CODES, RFC_SECRET, type TestHome, TOTP_URI, testHome } from "./fob.ts";
import { openTerminal } from "./terminal.ts";

const APP = { env: { FOB_PIN: "83517" } };
const TOKEN_PIN = { env: { FOB_PIN: "90210" } };

let open: TestHome | null = null;

/** A vault with an app PIN that an agent holds open; one of its tokens has a PIN besides, one is used only after a PIN. */
async function unlocked(): Promise<TestHome & { readonly socket: string }> {
  const home = testHome();
  open = home;
  const { fob } = home;
  await fob(["enroll", "-"], { input: [HOTP_URI, TOTP_URI, HOTP_URI.replaceAll("ACME", "Bank")].join("\n") });
  await fob(["pin", "set", "Bank"], TOKEN_PIN);
  await fob(["pin", "set"], APP);
  const { stdout } = await fob(["unlock", "--json"], APP);
  return { ...home, socket: JSON.parse(stdout).socket };
}

afterEach(async () => {
  await open?.fob(["lock"]);
  open = null;
});

describe("while an agent holds the vault", () => {
  test("what keeps house does not ask for the app PIN, and does what it does without an agent", {
    timeout: 240_000,
  }, async () => {
    const { fob } = await unlocked();
    const run = async (...args: string[]) => {
      const { stdout, exitCode } = await fob([...args, "--json"]);
      return { exitCode, ...(stdout === "" ? {} : { value: JSON.parse(stdout) }) };
    };
    const renamed = { name: "vpn", formerName: "ACME", id: expect.any(String) };
    expect(await run("rename", "ACME", "vpn")).toEqual({ exitCode: 0, value: renamed });
    expect(await run("favorite", "vpn")).toMatchObject({ exitCode: 0, value: { name: "vpn", favorite: true } });
    const moved = { exitCode: 0, value: { name: "vpn", counter: 2 } };
    expect(await run("resync", "vpn", RFC_CODES[0] ?? "", RFC_CODES[1] ?? "")).toEqual(moved);
    const match = { match: true, offset: 1, counter: 3 };
    expect(await run("verify", "vpn", RFC_CODES[3] ?? "")).toEqual({ exitCode: 0, value: match });
    expect(await run("verify", "vpn", "000000")).toEqual({ exitCode: 7, value: { match: false } });
    expect(await run("access", "list")).toEqual({ exitCode: 0, value: [] });
    expect(await run("pin", "status", "Bank")).toMatchObject({
      exitCode: 0,
      value: { type: "user", attemptsLeft: 10 },
    });
    expect((await run("doctor")).value).toContainEqual(expect.objectContaining({ check: "vault", status: "ok" }));
    expect(await run("remove", "vpn", "--yes")).toMatchObject({ exitCode: 0, value: [{ name: "vpn" }] });
    expect(await run("restore")).toMatchObject({ value: [{ name: "vpn", removedAt: expect.stringMatching(/Z$/) }] });
    expect(await run("restore", "vpn")).toMatchObject({ exitCode: 0, value: { name: "vpn" } });
    expect(await run("rename", "nix", "x")).toEqual({ exitCode: 3 });
    // the token's own PIN is asked for, through the client
    expect(await fob(["resync", "Bank", RFC_CODES[0] ?? ""])).toMatchObject({
      exitCode: 5,
      stderr: expect.stringMatching(/cannot ask here: PIN for Bank/),
    });
    expect(await fob(["resync", "Bank", RFC_CODES[0] ?? ""], TOKEN_PIN)).toMatchObject({ exitCode: 0 });
    const input = RFC_CODES[4] ?? "";
    expect(await fob(["resync", "vpn", "-"], { input })).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("5"),
    });
  });

  test.each([
    [["pin", "change"]],
    [["pin", "remove"]],
    [["keychain", "move", "none"]],
    [["access", "grant", "ci", "--token", "ACME"]],
    [["access", "domain", "ACME", "FF"]],
    [["export", "ACME"]],
    [["backup", "-"]],
  ])("%j asks for the app PIN all the same", async (args) => {
    const { fob } = await unlocked();
    const { stdout, stderr, exitCode } = await fob(args);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 5 });
    expect(stderr).toContain("app PIN");
  });

  test("a token that is used only after a PIN is verified only after the app PIN", async () => {
    const { fob } = await unlocked();
    await fob(["access", "domain", "ACME", "02"], APP);
    expect(await fob(["verify", "ACME", RFC_CODES[0] ?? ""])).toMatchObject({ exitCode: 5, stdout: "" });
    expect(await fob(["verify", "ACME", RFC_CODES[0] ?? ""], APP)).toMatchObject({ exitCode: 0 });
    expect(await fob(["rename", "ACME", "vpn"])).toMatchObject({ exitCode: 0 });
  });

  test("its socket carries out nothing else, and never gives a secret", async () => {
    const { socket } = await unlocked();
    const client = await connectTo(socket);
    const ask = async (request: unknown) => JSON.parse(await client.ask(JSON.stringify(request)));
    const command = (name: string, input: object) => ask({ do: "command", name, input, interactive: false });
    for (const name of ["export", "backup", "pin set", "keychain move", "access grant", "constructor", "__proto__", ""])
      expect(await command(name, {}), name).toMatchObject({ error: { code: "usage" } });
    for (const input of [{}, { name: true }, { name: ["ACME"], newName: "x" }, { name: 1 }])
      expect(await command("rename", input)).toMatchObject({ error: { code: "usage" } });
    expect(await ask({ do: "answer", value: "x" })).toMatchObject({ error: { code: "usage" } });
    // a path that a client names is no file of the agent's
    expect(await command("restore", { name: "/etc/passwd", replace: false, keepBoth: false })).toMatchObject({
      error: { code: "not-found" },
    });
    const asked = await command("remove", { names: ["ACME"], yes: false });
    expect(asked).toMatchObject({ ok: { question: { ask: "confirm" } } });
    expect(await ask({ do: "answer", value: false })).toMatchObject({ error: { code: "interrupted" } });
    const said = JSON.stringify([
      await command("verify", { subject: "ACME", passcode: RFC_CODES[0] }),
      await command("pin status", { name: "ACME" }),
      await command("doctor", { repair: false }),
    ]);
    expect(said).not.toContain(RFC_SECRET);
    expect(said).not.toContain(Buffer.from("12345678901234567890").toString("base64"));
    client.socket.destroy();
  });

  test("what fails with one of several tokens is told", { timeout: 120_000 }, async () => {
    const { fob, home } = await unlocked();
    const { stdout } = await fob(["list", "--json"]);
    const [{ id }, { id: other }] = JSON.parse(stdout);
    writeFileSync(join(home, "vault", "removed"), "a file where a folder must be");
    const { exitCode, stderr } = await fob(["remove", id, other, "--yes"]);
    expect({ exitCode, isThere: existsSync(join(home, "vault", "tokens", id)) }).toEqual({
      exitCode: 8,
      isThere: true,
    });
    expect(stderr.match(/^fob: (ACME|Bank|GitHub).*: .*cannot /gm)).toHaveLength(2);
    expect(stderr).not.toContain("undefined");
  });
});

describeWith({ tmux: "tmux" }, "at a terminal, while an agent holds the vault", () => {
  test("what it asks is asked there", { timeout: 120_000 }, async () => {
    const { home, fob } = await unlocked();
    const terminal = openTerminal(home);
    try {
      terminal.type("fob remove ACME", "Enter");
      expect(await terminal.see("Remove ACME?")).not.toContain("PIN");
      terminal.type("n", "Enter");
      await terminal.see("nothing was removed");
      terminal.type("clear; fob remove ACME", "Enter");
      await terminal.see("Remove ACME?");
      terminal.type("y", "Enter");
      await terminal.see("removed ACME");
      expect((await fob(["list"])).stdout).not.toContain("ACME");
    } finally {
      terminal.close();
    }
  });
});
