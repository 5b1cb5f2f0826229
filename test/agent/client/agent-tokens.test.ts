import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { agentTokens } from "#agent/client/agent-tokens.ts";
import { MOTP } from "#otp/motp.ts";
import { ocra } from "#otp/ocra.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import { totp } from "#otp/totp.ts";
import type { OtpCredential } from "#token/credential.ts";
import { USER_PIN_POLICY } from "#token/pin-policy.ts";
import { pinBytes } from "#token/secret.ts";
import { newVaultId } from "#vault/keys/header.ts";
import { newKey } from "#vault/keys/keys.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { setTokenPin } from "#vault/pins/token-pin.ts";
import { directAuthenticator } from "#vault/tokens/authenticator.ts";
import { unguardedSecretKey } from "#vault/tokens/token-record.ts";
import { Vault } from "#vault/vault.ts";
import { addAtOnce } from "../../vault/add-at-once.ts";
import { served } from "../served.ts";

/** Another time than that of the agent's clock. */
const NOW = new Date("2026-01-01T00:00:00Z");
const AT = new Date("2026-03-01T12:00:00Z");
const SECRET = Buffer.from("12345678901234567890");
const TOTP = {
  kind: "totp",
  algorithm: "SHA1",
  digits: 6,
  alphabet: "decimal",
  period: 30,
  t0: 0,
} as const;

/** A person with a PIN for each role, what was asked, and the PINs that were handed over. */
function person(pins: Readonly<Record<string, string>> = {}) {
  const asked: string[] = [];
  const prompt: PinPrompt = {
    interactive: true,
    release: async () => null,
    ask: async ({ of, role, later, refusal }) => {
      if (refusal) throw refusal;
      asked.push(`${role} of ${of}, ${later ?? "?"} more`);
      return pinBytes(pins[role] ?? "");
    },
  };
  return { asked, prompt };
}

/** A vault with one token, its agent, and the authenticator of a client. */
async function held(credential: OtpCredential) {
  const home = mkdtempSync(join(tmpdir(), "fob-agent-tokens-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const vault = new Vault({ home, vaultId: newVaultId() }, newKey(), false);
  const names = { name: "vpn", issuer: null, account: null, serial: null, format: "test" } as const;
  const [token] = addAtOnce(vault, [{ ...names, pin: "none", credential, secret: SECRET }], NOW);
  const id = token?.id ?? "";
  const { connection, heard } = await served(vault, { clock: () => NOW });
  const opened: string[] = [];
  const tokens = agentTokens(connection, vault.layout, async () => {
    opened.push("here");
    return directAuthenticator(vault, () => NOW);
  });
  const guard = async (pin: string) => {
    const record = vault.read(id);
    const given = { pin: pinBytes(pin), policy: USER_PIN_POLICY, setAt: NOW, isOwn: true };
    await setTokenPin(vault, record, unguardedSecretKey(record, vault.vaultKey), given);
  };
  const domain = (accessDomain: "00" | "02" | "FF") =>
    vault.amend(id, (before) => ({ ...before, accessDomain }));
  return { vault, id, tokens, heard, opened, guard, domain, connection };
}

describe("the tokens of an agent", () => {
  test("are listed, found and looked at as they are", async () => {
    const { vault, id, tokens, guard, connection } = await held(TOTP);
    const listed = (await connection.ask("list")).replace(/^ok /, "");
    expect(JSON.parse(listed)).toMatchObject([{ id, name: "vpn" }]);
    expect(await connection.ask('{"do":"names"}')).toBe('{"ok":["vpn"]}');
    expect([tokens.layout, tokens.grantLabel]).toEqual([vault.layout, null]);
    expect(await tokens.entries()).toEqual(vault.entries());
    expect(await tokens.findExactly("vpn")).toMatchObject({ id });
    expect(await tokens.findExactly("vp")).toBeNull();
    const state = { isGuarded: false, isBiometric: false, isWiped: false };
    expect(await tokens.look(id)).toMatchObject({ token: { id, name: "vpn" }, ...state });
    await guard("83517");
    expect(await tokens.look(id)).toMatchObject({ ...state, isGuarded: true });
    await expect(tokens.look("0".repeat(32))).rejects.toMatchObject({ code: "not-found" });
  });

  test("give passcodes of the time that is asked for", async () => {
    const { id, tokens } = await held(TOTP);
    const { asked, prompt } = person();
    const unixSeconds = AT.getTime() / 1000;
    const { code } = totp({ ...TOTP, secret: SECRET, unixSeconds });
    expect(await tokens.passcode(id, async () => AT, prompt)).toMatchObject({
      ...{ kind: "totp", code },
      validFrom: AT,
      validUntil: new Date(AT.getTime() + 30_000),
    });
    expect(asked).toEqual([]);
  });

  test("give a counter's passcodes once", async () => {
    const credential = { ...TOTP, kind: "hotp", counter: 5n } as const;
    const { id, tokens } = await held(credential);
    const counters = [];
    for (let i = 0; i < 3; i++)
      counters.push(await tokens.passcode(id, async () => AT, person().prompt));
    expect(counters).toMatchObject([{ counter: 5n }, { counter: 6n }, { counter: 7n }]);
  });

  test("give a passcode after their PIN, and none without it", async () => {
    const { id, tokens, guard } = await held(TOTP);
    await guard("83517");
    const right = person({ current: "83517" });
    expect(await tokens.passcode(id, async () => AT, right.prompt)).toMatchObject({ kind: "totp" });
    expect(right.asked).toEqual(["current of vpn, 0 more"]);
    const wrong = person({ current: "83518" });
    await expect(tokens.passcode(id, async () => AT, wrong.prompt)).rejects.toMatchObject({
      code: "denied",
    });
  });

  test("whose passcodes have a PIN in them ask for that one as well, the second one last", async () => {
    const { id, tokens, guard } = await held({ kind: "motp" });
    await guard("83517");
    const { asked, prompt } = person({ current: "83517", passcode: "4711" });
    const step = BigInt(AT.getTime() / 10_000);
    const made = await tokens.passcode(id, async () => AT, prompt);
    expect(made.code).toBe(MOTP.passcode({ secret: SECRET, pin: Buffer.from("4711"), step }));
    expect(asked).toEqual(["current of vpn, 1 more", "passcode of vpn, ? more"]);
  });

  test("answer a challenge with everything that is asked with it", async () => {
    const suite = "OCRA-1:HOTP-SHA1-6:C-QN08-PSHA1-S064-T1M";
    const { id, tokens, guard } = await held({ kind: "ocra", suite, counter: 3n });
    await guard("83517");
    const { asked, prompt } = person({ current: "83517", challenge: "1234" });
    const session = Buffer.alloc(64, 0xab);
    const unixSeconds = AT.getTime() / 1000;
    const input = { challenge: "12345678", serverChallenge: null, serverResponse: null };
    const answer = await tokens.respond(id, { ...input, session, unixSeconds }, prompt);
    const expected = ocra({
      suite: parseOcraSuite(suite),
      ...{ secret: SECRET, counter: 3n, pin: Buffer.from("1234"), session, unixSeconds },
      challenge: ["12345678"],
    });
    expect(answer).toEqual({ response: expected, counter: 3n });
    expect(asked).toEqual(["current of vpn, 1 more", "challenge of vpn, ? more"]);
  });

  test("answer a challenge without any PIN where none is in their suite", async () => {
    const { id, tokens } = await held({
      kind: "ocra",
      suite: "OCRA-1:HOTP-SHA1-6:QN08",
      counter: null,
    });
    const { asked, prompt } = person();
    const input = { challenge: "12345678", serverChallenge: null, serverResponse: null };
    const asking = { ...input, session: null, unixSeconds: AT.getTime() / 1000 };
    expect(await tokens.respond(id, asking, prompt)).toMatchObject({ counter: null });
    expect(asked).toEqual([]);
  });

  test("answer a challenge in words, which are told apart at the last space", async () => {
    const suite = "OCRA-1:HOTP-SHA1-6:QN08";
    const { vault, id, connection } = await held({ kind: "ocra", suite, counter: null });
    vault.amend(id, (before) => ({ ...before, name: "my bank" }));
    const input = { suite: parseOcraSuite(suite), secret: SECRET };
    const response = ocra({
      ...input,
      ...{ counter: null, pin: null, session: null, unixSeconds: NOW.getTime() / 1000 },
      challenge: ["12345678"],
    });
    for (const line of ["challenge my bank 12345678", "challenge  my bank \t 12345678  "])
      expect(await connection.ask(line)).toBe(`ok ${response}`);
    expect(await connection.ask("challenge 12345678")).toMatch(/^error not-found /);
  });

  test("whose access domain wants a PIN answer a challenge after their own, at the agent", async () => {
    const suite = "OCRA-1:HOTP-SHA1-6:QN08";
    const { id, tokens, opened, guard, domain } = await held({
      kind: "ocra",
      suite,
      counter: null,
    });
    await guard("83517");
    domain("02");
    const input = { challenge: "12345678", serverChallenge: null, serverResponse: null };
    const asking = { ...input, session: null, unixSeconds: AT.getTime() / 1000 };
    const { prompt } = person({ current: "83517" });
    expect(await tokens.respond(id, asking, prompt)).toMatchObject({ counter: null });
    expect(opened).toEqual([]);
  });

  test("that need a PIN in the very call are used by the vault that is opened here", async () => {
    const { id, tokens, heard, opened, domain } = await held(TOTP);
    domain("02");
    await expect(tokens.passcode(id, async () => AT, person().prompt)).rejects.toMatchObject({
      code: "locked",
      message: expect.stringContaining("only after a PIN"),
    });
    expect(opened).toEqual(["here"]);
    const input = { challenge: "1", serverChallenge: null, serverResponse: null, session: null };
    await expect(
      tokens.respond(id, { ...input, unixSeconds: 0 }, person().prompt),
    ).rejects.toMatchObject({ code: "locked" });
    expect(opened).toEqual(["here", "here"]);
    expect(heard.every((line) => line.includes('"look"'))).toBe(true);
  });

  test("that answer nobody are not asked, whatever PIN they have", async () => {
    const { id, tokens, heard, opened, guard, domain } = await held(TOTP);
    await guard("83517");
    domain("FF");
    const { asked, prompt } = person({ current: "83517" });
    await expect(tokens.passcode(id, async () => AT, prompt)).rejects.toMatchObject({
      code: "denied",
    });
    expect([asked, opened, heard.length]).toEqual([[], [], 1]);
  });
});
