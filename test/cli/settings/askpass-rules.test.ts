import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hostOf, parseAskpassRules, ruleFor } from "#cli/settings/askpass-rules.ts";

describe("rules", () => {
  test("have a pattern, perhaps a host, and a token", () => {
    expect(
      parseAskpassRules("*code* @bastion.* => my vpn;\n Passcode =>  a b \n*mail@x => c;;"),
    ).toEqual([
      { pattern: "*code*", host: "bastion.*", token: "my vpn" },
      { pattern: "Passcode", host: null, token: "a b" },
      { pattern: "*mail@x", host: null, token: "c" },
    ]);
    expect(parseAskpassRules("")).toEqual([]);
  });

  test.each([
    "vpn",
    "=> vpn",
    "*code* =>",
    "*code*=>vpn",
    "@host => vpn; x",
    "@host => vpn",
    "* @ => vpn",
    "* @bad!host => vpn",
    "a => b => vpn",
    "a => => vpn",
    "a => b\n".repeat(65),
  ])("%j is refused", (setting) => {
    expect(parseAskpassRules(setting)).toBeNull();
  });
});

describe("a prompt is answered", () => {
  const answered = (prompt: string, setting: string) =>
    ruleFor(prompt, parseAskpassRules(setting) ?? [])?.token ?? null;

  test.each([
    ["Verification code: ", "Verification => a; *code* => b; * => c", "b"],
    ["Verification code: ", "verification code:* => a", "a"],
    ["Verification code: ", "*code => a", null],
    ["Verification code: ", "code* => a", null],
    ["aXbXc", "a*b*c => a", "a"],
    ["aXcXb", "a*b*c => a", null],
    ["ab", "ab*b => a", null],
    ["(ann@bastion) Code: ", "*Code* @bastion => a", "a"],
    ["(ann@evil) (ann@bastion) Code: ", "*Code* @bastion => a", null],
    ["Code (ann@bastion): ", "*Code* @bastion => a", null],
    ["Code: ", "*Code* @* => a", null],
    ["Password for 'https://ann@git.test:8443': ", "* @git.test:8443 => a", "a"],
    ["Password for 'https://ann@evil.test/git.test': ", "* @git.test => a", null],
  ])("%j by %j: %j", (prompt, setting, token) => {
    expect(answered(prompt, setting)).toBe(token);
  });

  test("as a regular expression of the same meaning would", () => {
    const piece = fc.constantFrom("a", "b", "*");
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.string({ unit: fc.constantFrom("a", "b") }),
        (parts, text) => {
          const pattern = parts.join("");
          fc.pre(pattern !== "" && text !== "");
          const isLike = new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(text);
          expect(answered(text, `${pattern} => t`)).toBe(isLike ? "t" : null);
        },
      ),
    );
  });
});

test("the host is the one that ssh or git wrote, and never one out of a server's text", () => {
  expect(hostOf("(root@127.0.0.1) One-time password: ")).toBe("127.0.0.1");
  expect(hostOf("Username for 'https://git.test': ")).toBe("git.test");
  for (const prompt of [
    "Password: ",
    " (ann@bastion) Code: ",
    "(ann@bas tion) Code: ",
    "(@bastion) Code: ",
    "Password for 'https://ann@git.test' and more': ",
    "Password for 'file:///git.test': ",
  ])
    expect(hostOf(prompt)).toBeNull();
});
