import { expect, test } from "vitest";
import { serviceUnit, socketUnit } from "#platform/service/systemd-units.ts";

const INPUT = {
  program: ["/usr/bin/node", "/opt/fob.js", "agent", "serve"],
  socketName: "0123456789abcdef.sock",
  socketUnit: "fob-agent.socket",
  nodeOptions: "",
} as const;

/** The value of the only line with this key. */
function settingOf(unit: string, key: string): string | undefined {
  const found = unit.split("\n").filter((line) => line.startsWith(`${key}=`));
  expect(found).toHaveLength(1);
  return found[0]?.slice(key.length + 1);
}

test("the socket is where shells look for the agent, and for this user alone", () => {
  const unit = socketUnit(INPUT);
  expect(settingOf(unit, "ListenStream")).toBe("%t/fob/0123456789abcdef.sock");
  expect(settingOf(unit, "SocketMode")).toBe("0600");
  expect(settingOf(unit, "DirectoryMode")).toBe("0700");
  expect(settingOf(serviceUnit(INPUT), "Environment")).toBe(
    `FOB_AGENT_SOCK=${settingOf(unit, "ListenStream")}`,
  );
});

test("the agent leaves no copy of its memory, and gets no PIN and no grant of a shell", () => {
  const unit = serviceUnit(INPUT);
  expect(settingOf(unit, "LimitCORE")).toBe("0");
  expect(settingOf(unit, "UnsetEnvironment")).toMatch(/FOB_PIN FOB_PIN_FILE FOB_GRANT/);
});

test("the agent gets no options of Node of the session, and those that are given to it", () => {
  expect(settingOf(serviceUnit(INPUT), "UnsetEnvironment")?.split(" ")).toContain("NODE_OPTIONS");
  const unit = serviceUnit({ ...INPUT, nodeOptions: "--use-openssl-ca --tls-min-v1.3" });
  expect(unit.split("\n")).toContain(`Environment="NODE_OPTIONS=--use-openssl-ca --tls-min-v1.3"`);
  // it would count for what Environment= has set as well
  expect(settingOf(unit, "UnsetEnvironment")?.split(" ")).not.toContain("NODE_OPTIONS");
});

// what systemd makes of them is seen in test/system/service.test.ts
test.each([
  ["/usr/bin/node", `"/usr/bin/node"`],
  ["a b", `"a b"`],
  ["100%", `"100%%"`],
  ["$HOME $X", `"$$HOME $$X"`],
  [`"quoted" \\n`, `"\\"quoted\\" \\\\n"`],
  ["it's; a # b", `"it's; a # b"`],
])("the word %j stands in ExecStart as %s", (word, quoted) => {
  const unit = serviceUnit({ ...INPUT, program: ["/bin/x", word] });
  expect(settingOf(unit, "ExecStart")).toBe(`"/bin/x" ${quoted}`);
});

test.each(["a\nb", "a\u0000b", "\u001b[31m"])("no unit can hold %j", (word) => {
  expect(() => serviceUnit({ ...INPUT, program: ["/bin/x", word] })).toThrow(/unit of systemd/);
});
