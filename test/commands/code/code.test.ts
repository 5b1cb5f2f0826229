import { describe, expect, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { UNCOLORED } from "#cli/output/style.ts";
import { code } from "#commands/code/code.ts";
import type { Notice } from "#push/notifier.ts";
import { answering, HOTP, printed, type Stage, stage, TOTP } from "../stage.ts";

/** The passcodes of RFC 4226 Appendix D. */
const RFC_CODES = ["755224", "287082", "359152", "969429", "338314"];

/** The input of `fob code` without arguments. */
const NONE: Parameters<typeof code.run>[0] = {
  names: [],
  all: false,
  tag: undefined,
  copy: false,
  once: false,
  clearAfter: undefined,
  notify: false,
  notifyCode: false,
  next: false,
  at: undefined,
  watch: false,
  withPin: false,
  minValidity: undefined,
  format: undefined,
};

/** The program's part of a context, at a time that only `sleep` moves on. */
function at(start: string) {
  const told: string[] = [];
  let now = new Date(start);
  const slice = {
    clock: () => now,
    look: async () => undefined,
    sleep: async (milliseconds: number) => {
      now = new Date(now.getTime() + milliseconds);
    },
    tell: (text: string) => void told.push(text),
    pinPrompt: answering(),
    pinPromptOn: () => answering(),
    emit: async () => false,
    complain: () => undefined,
    openScreen: async () => null,
    prompt: {
      available: false,
      confirm: nobody,
      text: nobody,
      secret: nobody,
      wait: nobody,
      draw: nobody,
      pasted: nobody,
      pick: nobody,
    },
    notifier: { describe: nobody, tell: nobody, ask: nobody },
    clipboard: { copy: nobody, copyOnce: nobody, paste: nobody, clearLater: nobody },
  };
  return { slice, told };
}

const nobody = () => Promise.reject(new Error("nobody is asked"));

async function run(on: Stage, input: Partial<typeof NONE>, start = NOW) {
  const { slice } = at(start);
  return printed(code, await code.run({ ...NONE, ...input }, { ...on, ...slice }));
}

const NOW = "2026-01-01T00:00:07Z";

async function withBoth(): Promise<Stage> {
  const on = await stage();
  on.add("ACME", HOTP, { issuer: "ACME", account: "ann" });
  on.add("Example", TOTP, { issuer: "Example", account: "bob" });
  return on;
}

describe("`fob code`", () => {
  test.each([
    ["@59", "94287082"],
    ["1970-01-01T00:00:59Z", "94287082"],
    ["2033-05-18T03:33:20Z", "69279037"],
  ])("prints what the passcode is at %s", async (time, expected) => {
    expect((await run(await withBoth(), { names: ["Example"], at: time })).text).toBe(expected);
  });

  test("tells scripts how long it is good for", async () => {
    const { json } = await run(await withBoth(), { names: ["Example"] });
    expect(json).toEqual({
      name: "Example",
      code: expect.stringMatching(/^\d{8}$/),
      kind: "totp",
      validFrom: "2026-01-01T00:00:00.000Z",
      validUntil: "2026-01-01T00:00:30.000Z",
      secondsLeft: 23,
    });
    expect((await run(await withBoth(), { names: ["Example"], next: true })).json).toMatchObject({
      validFrom: "2026-01-01T00:00:30.000Z",
      secondsLeft: 53,
    });
  });

  test("moves the counter of an event-based token on, once for each passcode", async () => {
    const on = await withBoth();
    for (const expected of RFC_CODES.slice(0, 3))
      expect((await run(on, { names: ["acme"] })).text).toBe(expected);
    expect((await run(on, { names: ["ACME"] })).json).toEqual({
      name: "ACME",
      code: RFC_CODES[3],
      kind: "hotp",
      counter: 3,
    });
    expect(on.vault.read(on.vault.findExactly("ACME")?.id ?? "").token.credential).toMatchObject({
      counter: 4n,
    });
  });

  test("prints counters beyond 2^53 as strings", async () => {
    const on = await stage();
    on.add("far", { ...HOTP, kind: "hotp", counter: 2n ** 53n } as never);
    expect((await run(on, { names: ["far"] })).json.counter).toBe(String(2n ** 53n));
  });

  test("waits for a fresh passcode when this one ends too soon, and says so", async () => {
    const on = await withBoth();
    const { slice, told } = at("2026-01-01T00:00:27.500Z");
    const input = { ...NONE, names: ["Example"], minValidity: "5" };
    const made = printed(code, await code.run(input, { ...on, ...slice }));
    expect(made.json).toMatchObject({ validFrom: "2026-01-01T00:00:30.000Z", secondsLeft: 30 });
    expect(told).toEqual(["waiting 3 s for a fresh passcode"]);
    expect((await run(on, { names: ["Example"], minValidity: "5" })).json).toMatchObject({
      validFrom: "2026-01-01T00:00:00.000Z",
    });
    await expect(run(on, { names: ["Example"], minValidity: "31" })).rejects.toMatchObject({
      code: "usage",
      message: "31 s are asked for, and a passcode of Example is good for 30 s only",
    });
  });

  test("prints several in the order asked for, aligned on a terminal, as sentences when read out", async () => {
    const on = await withBoth();
    const { slice } = at(NOW);
    const input = { ...NONE, names: ["ACME", "Example", "ACME"] };
    const made = await code.run(input, { ...on, ...slice });
    expect(code.text(made, UNCOLORED)).toMatch(/^755224\tACME\n\d{8}\tExample\n287082\tACME$/);
    expect(code.text(made, { ...UNCOLORED, columns: 80 })).toMatch(
      /^ {2}755224 {2}ACME\n\d{8} {2}Example\n {2}287082 {2}ACME$/,
    );
    expect(code.text(made, { ...UNCOLORED, isSpoken: true })).toMatch(
      /^ACME: 755224\nExample: \d{8}\nACME: 287082$/,
    );
    expect((await run(on, { names: ["Example", "ACME"] })).json).toHaveLength(2);
  });

  test("with --all leaves out what would use something up, and says so", async () => {
    const { text, notes } = await run(await withBoth(), { all: true });
    expect(text).toMatch(/^\d{8}\tExample$/);
    expect(notes).toEqual([expect.stringMatching(/^left out 1 token /)]);
  });

  test.each([
    [{ names: ["nix"] }, "not-found", 'no token is called "nix"'],
    [
      { all: true, tag: undefined, names: ["Example"] },
      "usage",
      "--all and a NAME exclude each other",
    ],
    [
      { names: ["ACME"], next: true },
      "usage",
      "--next and --at are for time-based tokens, and ACME is not one",
    ],
    [{ names: ["Example"], next: true, at: "@59" }, "usage", "--next and --at exclude each other"],
    [
      { names: ["ACME", "Example"], copy: true },
      "usage",
      "--copy takes one token: the clipboard holds one passcode",
    ],
    [
      { names: ["Example"], copy: true, format: "{code}" },
      "usage",
      "--copy and --format exclude each other",
    ],
  ])("refuses %j", async (input, errorCode, message) => {
    await expect(run(await withBoth(), input)).rejects.toMatchObject({ code: errorCode, message });
  });

  test("names the candidates of an ambiguous name", async () => {
    const on = await withBoth();
    on.add("Acorn");
    await expect(run(on, { names: ["ac"] })).rejects.toMatchObject({
      code: "ambiguous",
      message: '"ac" fits several tokens: ACME, Acorn',
    });
  });

  test("puts it on the clipboard instead of printing it, and has that cleared", async () => {
    const on = await withBoth();
    const { slice, told } = at(NOW);
    const copied: unknown[] = [];
    const clipboard = {
      copy: async (text: string) => {
        copied.push(text);
        return "desktop" as const;
      },
      copyOnce: nobody,
      clearLater: async (...how: readonly unknown[]) => void copied.push(how),
      paste: nobody,
    };
    const input = { ...NONE, names: ["ACME"], copy: true, clearAfter: "7" };
    const made = await code.run(input, { ...on, ...slice, clipboard });
    expect(printed(code, made).text).toBe("");
    expect(copied).toEqual([RFC_CODES[0], [RFC_CODES[0], 7, "desktop"]]);
    expect(told).toEqual(["copied; the clipboard is cleared in 7 seconds"]);
    const once = { ...input, once: true };
    await code.run(once, {
      ...on,
      ...slice,
      clipboard: { ...clipboard, copyOnce: async () => true },
    });
    await code.run(once, {
      ...on,
      ...slice,
      clipboard: { ...clipboard, copyOnce: async () => false },
    });
    expect(told.slice(1)).toEqual([
      "copied for one paste; the clipboard is cleared in 7 seconds without one",
      "copied, and for more than one paste: this clipboard counts none; it is cleared in 7 seconds",
    ]);
  });
});

describe("`fob code --notify`", () => {
  const clipboard = {
    copy: async () => "desktop" as const,
    copyOnce: nobody,
    clearLater: async () => undefined,
    paste: nobody,
  };

  async function notices(input: Partial<typeof NONE>, isThere = true) {
    const on = await withBoth();
    const { slice } = at(NOW);
    const shown: Notice[] = [];
    const tell = async (notice: Notice) => {
      if (!isThere) throw new FobError("unavailable", "nothing here shows notifications");
      shown.push(notice);
    };
    const made = code.run(
      { ...NONE, names: ["ACME"], ...input },
      { ...on, ...slice, clipboard, notifier: { ...slice.notifier, tell } },
    );
    return {
      shown,
      outcome: await made.then((result) => printed(code, result)).catch((error) => error),
    };
  }

  test("copies it, and says so without its digits", async () => {
    const { shown, outcome } = await notices({ notify: true });
    expect(outcome).toMatchObject({ text: "" });
    const body = "copied; the clipboard is cleared in 30 seconds";
    expect(shown).toEqual([{ title: "ACME", body, isPassing: false }]);
    expect(JSON.stringify(shown)).not.toContain(RFC_CODES[0]);
  });

  test("has the digits in it for whoever asks for them, and in no list afterwards", async () => {
    const { shown } = await notices({ notifyCode: true });
    expect(shown).toMatchObject([{ title: `ACME: ${RFC_CODES[0]}`, isPassing: true }]);
  });

  test("says why there is none", async () => {
    const { shown, outcome } = await notices({ notify: true, names: ["nix"] });
    expect(outcome).toMatchObject({ code: "not-found" });
    expect(shown).toEqual([{ title: "No passcode of nix", body: 'no token is called "nix"' }]);
  });

  test("has copied it even where nothing shows notifications", async () => {
    const { outcome } = await notices({ notify: true }, false);
    expect(outcome).toMatchObject({ text: "", failures: ["nothing here shows notifications"] });
  });

  test("shows no PIN of a server", async () => {
    const { shown, outcome } = await notices({ notifyCode: true, withPin: true });
    expect(outcome).toMatchObject({ code: "usage" });
    expect(shown).toEqual([]);
  });
});

describe("`fob code --format`", () => {
  test("puts fields into a template, and one line for each passcode", async () => {
    const on = await withBoth();
    const format = "{{{name}}}\\t{issuer}:{account} {kind} #{counter}={code}\\\\\\n-";
    expect((await run(on, { names: ["ACME", "ACME"], format })).text).toBe(
      [0, 1].map((i) => `{ACME}\tACME:ann hotp #${i}=${RFC_CODES[i]}\\\n-`).join("\n"),
    );
    const timed = "{code} {validFrom} {validUntil} [{counter}]";
    expect((await run(on, { names: ["Example"], at: "@59", format: timed })).text).toBe(
      "94287082 1970-01-01T00:00:30.000Z 1970-01-01T00:01:00.000Z []",
    );
    expect((await run(on, { names: ["Example"], format: "{secondsLeft}" })).text).toBe("23");
    expect((await run(on, { all: true, tag: undefined, format: "{name}" })).text).toBe("Example");
  });

  test.each([
    ["{cod}", "{cod}, which is no field", "{name} {code} {issuer} {account} {kind} {validFrom}"],
    ["{}", "{}, which is no field", "{secondsLeft} {counter} are fields"],
    ["{code", "{, which is neither a field nor an escape", "{{ and }} are braces"],
    ["code}", "}, which is neither", "{{ and }} are braces"],
    ["\\x", "\\x, which is neither", "\\n, \\t and \\\\ are escapes"],
    ["code\\", "\\, which is neither", "are escapes"],
  ])("refuses %j before a counter moves", async (format, message, hint) => {
    const on = await withBoth();
    await expect(run(on, { names: ["ACME"], format })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining(`--format has ${message}`),
      hint: expect.stringContaining(hint),
    });
    expect((await run(on, { names: ["ACME"] })).text).toBe(RFC_CODES[0]);
  });

  test("knows every field of --json", async () => {
    const on = await withBoth();
    for (const name of ["ACME", "Example"]) {
      const { json } = await run(on, { names: [name] });
      const format = Object.keys(json)
        .map((key) => `{${key}}`)
        .join("\\t");
      const { text } = await run(on, { names: [name], format });
      expect(text.split("\t")).toHaveLength(Object.keys(json).length);
      expect(text.split("\t")).not.toContain("");
    }
  });
});
